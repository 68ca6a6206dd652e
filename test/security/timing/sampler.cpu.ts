import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Requests of one kind, whose times shall not tell them from those of another kind. */
export interface TimingClass {
  readonly name: string;
  /** The next request's bytes, made before the clock starts. */
  next(): Buffer;
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
      let received = '';
      const onData = (chunk: Buffer): void => {
        const now = process.cpuUsage(started); 
        received += chunk.toString('latin1');
        if (!isWhole(received)) return;
        this.socket.off('data', onData);
        if (received.startsWith(`HTTP/1.1 ${status.toString()} `)) {
          resolve(now.user + now.system);
        } else {
          reject(new Error(`unexpected answer: ${received.slice(0, 200)}`));
        }
      };
      this.socket.on('data', onData);
      const started = process.cpuUsage();
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

/** Samples by the name of their class, in microseconds. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface SamplingPlan {
  readonly url: string;
  readonly classes: readonly TimingClass[];
  /** The status that every answer must have. */
  readonly status: number;
  readonly seed: number;
  /** Requests that are sent before, and not counted. */
  readonly warmUp: number;
  /** Most samples of each class. */
  readonly samples: number;
  /** Ends sampling early, after a whole round. @default never */
  isEnough?(samples: Samples): boolean;
}

/** Requests between two questions whether it is enough. */
const ROUND = 50;

/** Times the classes in random order, interleaved, one request at a time. */
export async function sample(plan: SamplingPlan): Promise<Samples> {
  const random = generator(plan.seed);
  const connection = await TimedConnection.open(plan.url);
  const samples = new Map<string, number[]>(plan.classes.map(({ name }) => [name, []]));
  const warmUps = Array.from({ length: plan.warmUp }, (_, index) => index);
  for (const index of warmUps) {
    const { next } = plan.classes[index % plan.classes.length]!;
    await connection.time(next(), plan.status);
  }
  for (let taken = 0; taken < plan.samples; taken += ROUND) {
    const size = Math.min(ROUND, plan.samples - taken);
    const order = shuffled(
      plan.classes.flatMap((timingClass) => Array<TimingClass>(size).fill(timingClass)),
      random,
    );
    for (const { name, next } of order) {
      samples.get(name)!.push(await connection.time(next(), plan.status));
    }
    if (plan.isEnough?.(samples)) break;
  }
  connection.close();
  return samples;
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** A small generator with a seed (mulberry32): the order must be the same in each run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
