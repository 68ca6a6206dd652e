import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { inRepository } from '../repository';

const TYPESCRIPT = require.resolve('../run/typescript.cjs');

/** How a process ended. */
export interface ProcessEnd {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessSettings {
  /** Relative to the repository, such as `src/app/main.ts`. */
  readonly file: string;
  readonly args?: readonly string[];
  /** All that the process has of an environment, the search path apart. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the repository */
  readonly cwd?: string;
}

/** A program of ours as a real process. */
export class ServiceProcess {
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly end: Promise<ProcessEnd>;
  stdout = '';
  stderr = '';

  constructor({ file, args = [], env = {}, cwd = inRepository('.') }: ProcessSettings) {
    this.child = spawn(process.execPath, ['--require', TYPESCRIPT, inRepository(file), ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.end = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The port that the service says it listens on, once it does. */
  async port(): Promise<number> {
    const portOf = (): string | undefined => /Listening.*port\W+(\d+)/.exec(this.stdout)?.[1];
    while (portOf() === undefined) {
      if (this.hasEnded) throw new Error(`the service has ended: ${(await this.end).stderr}`);
      await Promise.race([once(this.child.stdout, 'data'), this.end]);
    }
    return Number(portOf());
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for the end of the process. */
  ended(): Promise<ProcessEnd> {
    return this.end;
  }

  /** For the end of a test, however it went. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL');
    await this.end;
  }
}
