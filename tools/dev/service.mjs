import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** Changes that follow each other this closely are one: an editor saves all files, git changes many. */
const QUIET_MS = 100;

/**
 * The service in development mode, as a process that is replaced. One ends before the next begins:
 * they share a port and a database.
 */
export class Service {
  /** @type {ChildProcess | undefined} */
  #process;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  #isOver = false;
  /** @type {readonly string[]} */
  #command;

  /** @param {readonly string[]} command the arguments of Node.js */
  constructor(command) {
    this.#command = command;
  }

  /** Starts the service, or ends it and starts it anew, once the changes have come to rest. */
  restart() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#turn = this.#turn.then(() => this.#replace());
    }, QUIET_MS);
  }

  /**
   * Ends the service for good.
   *
   * @param {NodeJS.Signals} signal
   */
  async end(signal) {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#stop(signal), this.#turn]);
  }

  async #replace() {
    await this.#stop('SIGTERM');
    if (this.#isOver) return;
    const started = spawn(process.execPath, this.#command, { stdio: 'inherit' });
    this.#process = started;
    started.once('exit', (code) => {
      if (this.#process !== started) return;
      this.#process = undefined;
      if (!this.#isOver) {
        console.log(`The service ended (${code ?? 'killed'}). Waiting for a change.`);
      }
    });
  }

  /** @param {NodeJS.Signals} signal */
  async #stop(signal) {
    const running = this.#process;
    if (running === undefined) return;
    const ended = once(running, 'exit');
    // Its end is no news.
    this.#process = undefined;
    running.kill(signal);
    await ended;
  }
}
