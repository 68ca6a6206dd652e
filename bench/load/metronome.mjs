/** A thread that tells its parent when requests are due, true to some 50 microseconds. */
import { parentPort, workerData } from 'node:worker_threads';

const { startedAt, intervalMicroseconds, total } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));

for (let beat = 0; beat < total;) {
  const now = Number(process.hrtime.bigint()) / 1_000;
  const wait = startedAt + beat * intervalMicroseconds - now;
  if (wait > 0) Atomics.wait(never, 0, 0, wait / 1_000);
  // Those that have become due together are told together.
  const passed = Number(process.hrtime.bigint()) / 1_000 - startedAt;
  beat = Math.max(beat, Math.floor(passed / intervalMicroseconds)) + 1;
  parentPort?.postMessage(null);
}
