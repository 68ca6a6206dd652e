export interface Deadline {
  readonly milliseconds: number;
  /** @returns what is thrown when the time is over. */
  readonly tooLate: () => Error;
  /** Ends the wait earlier. */
  readonly stop?: {
    readonly signal: AbortSignal;
    /** @returns what is thrown then. */
    readonly stopped: () => Error;
  };
}

/**
 * Waits for work until a deadline, and no longer whether the work takes notice of it or not.
 *
 * @param work is not begun when the wait has been stopped before. Its signal aborts, with the
 *   error that is thrown, when nobody waits for it any longer; how it ends then is of no interest.
 * @throws what `tooLate` or `stopped` make; otherwise what the work throws.
 */
export async function withDeadline<T>(
  { milliseconds, tooLate, stop }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (stop?.signal.aborted === true) throw stop.stopped();
  const controller = new AbortController();
  const over = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
  });
  const onStop = (): void => controller.abort(stop?.stopped());
  const timer = setTimeout(() => controller.abort(tooLate()), milliseconds);
  stop?.signal.addEventListener('abort', onStop, { once: true });
  try {
    // A race listens to both sides, so that the loser's rejection counts as handled.
    return await Promise.race([over, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    stop?.signal.removeEventListener('abort', onStop);
  }
}
