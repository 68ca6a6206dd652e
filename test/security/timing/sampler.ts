import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Something that can be timed again and again. */
export interface Timed {
  readonly name: string;
  /** @returns how long it took, in microseconds. */
  time(): Promise<number>;
}

/** Samples by the name of what was timed, in microseconds. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface SamplingPlan {
  /** Decides the order, so that it is the same in each run. */
  readonly seed: number;
  /** How often each is timed before, and not counted. */
  readonly warmUp: number;
  /** Samples of each. */
  readonly samples: number;
}

/** Times some things in random order, interleaved, one after the other. */
export async function sample(
  timed: readonly Timed[],
  { seed, warmUp, samples }: SamplingPlan,
): Promise<Samples> {
  const taken = new Map<string, number[]>(timed.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUp; round += 1) for (const one of timed) await one.time();

  const order = timed.flatMap((one) => Array<Timed>(samples).fill(one));
  for (const one of shuffled(order, generator(seed))) taken.get(one.name)?.push(await one.time());
  return taken;
}

/** Runs something and times it. */
export async function microsecondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) * 1_000;
}

/** Works for so long, without giving the processor to anybody. */
export function busyWait(microseconds: number): void {
  const end = performance.now() + microseconds / 1_000;
  while (performance.now() < end);
}

/** One connection that is kept, on which one request at a time is timed. */
export class TimedConnection {
  private constructor(private readonly socket: Socket) {}

  static async open(url: string): Promise<TimedConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new TimedConnection(socket);
  }

  /** @returns microseconds from the first byte sent to the last byte of the answer. */
  time(request: Buffer, status: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const onData = (chunk: Buffer): void => {
        const ended = performance.now();
        answer += chunk.toString('latin1');
        if (!isWhole(answer)) return;
        this.socket.off('data', onData);
        if (answer.startsWith(`HTTP/1.1 ${status.toString()} `)) resolve((ended - started) * 1_000);
        else reject(new Error(`unexpected answer: ${answer.slice(0, 200)}`));
      };
      this.socket.on('data', onData);
      const started = performance.now();
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Whether an answer has come to the end that its `Content-Length` announces. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return end !== -1 && length !== undefined && answer.length >= end + 4 + Number(length);
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** A small generator with a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
