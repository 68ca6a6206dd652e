import { getEventListeners } from 'node:events';

import { withDeadline } from './with-deadline';

const LATE = new Error('too late');
const STOPPED = new Error('stopped');
const tooLate = (): Error => LATE;
const never = (): Promise<never> => new Promise(() => undefined);

describe('withDeadline', () => {
  const unhandled = jest.fn();

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    process.on('unhandledRejection', unhandled);
  });

  afterEach(async () => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  /** A wait for 100 ms that a signal stops. */
  const stoppable = () => {
    const controller = new AbortController();
    const stop = { signal: controller.signal, stopped: () => STOPPED };
    return { controller, deadline: { milliseconds: 100, tooLate, stop } };
  };

  it('returns what the work returns in time', async () => {
    const { controller, deadline } = stoppable();
    expect(await withDeadline(deadline, async () => 'done')).toBe('done');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it.each([
    ['rejects with', () => Promise.reject(STOPPED)],
    [
      'throws at once',
      () => {
        throw STOPPED;
      },
    ],
  ])('throws what the work %s', async (_how, work) => {
    await expect(withDeadline({ milliseconds: 100, tooLate }, work)).rejects.toBe(STOPPED);
  });

  it('throws when the time is over, and tells the work so', async () => {
    let signal: AbortSignal | undefined;
    const waiting = withDeadline({ milliseconds: 100, tooLate }, (given) => {
      signal = given;
      return never();
    });
    const refused = expect(waiting).rejects.toBe(LATE);
    jest.advanceTimersByTime(99);
    expect(signal?.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(signal?.reason).toBe(LATE);
    await refused;
  });

  it('throws when it is stopped, and tells the work so', async () => {
    const { controller, deadline } = stoppable();
    const work = jest.fn<Promise<never>, [AbortSignal]>(never);
    const refused = expect(withDeadline(deadline, work)).rejects.toBe(STOPPED);
    controller.abort();
    await refused;
    expect(work.mock.lastCall?.[0].reason).toBe(STOPPED);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('does not begin when it has been stopped before', async () => {
    const { controller, deadline } = stoppable();
    controller.abort();
    const work = jest.fn(never);
    await expect(withDeadline(deadline, work)).rejects.toBe(STOPPED);
    expect(work).not.toHaveBeenCalled();
  });

  it('lets work fail afterwards', async () => {
    const refused = expect(
      withDeadline({ milliseconds: 100, tooLate }, (signal) => {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => setImmediate(() => reject(STOPPED)));
        });
      }),
    ).rejects.toBe(LATE);
    jest.advanceTimersByTime(100);
    await refused;
    await new Promise((resolve) => setImmediate(resolve));
  });
});
