import fc from 'fast-check';

import { DEFAULT_MAIL_WORKER_SETTINGS, retryDelay } from './mail-worker-settings';

const withRandom = (value: number) => ({ ...DEFAULT_MAIL_WORKER_SETTINGS, random: () => value });

describe('retryDelay', () => {
  it('doubles up to the longest delay', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((attempts) => retryDelay(attempts, withRandom(1)));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('is spread over the upper half of each delay, for any number of attempts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const full = retryDelay(attempts, withRandom(1));
          const delay = retryDelay(attempts, withRandom(random));
          expect(delay).toBeGreaterThanOrEqual(full / 2);
          expect(delay).toBeLessThanOrEqual(full);
        },
      ),
    );
  });

  it('comes with a default lease that outlasts an attempt by at least 20 seconds', () => {
    const { leaseMilliseconds, attemptTimeoutMilliseconds } = DEFAULT_MAIL_WORKER_SETTINGS;
    expect(leaseMilliseconds).toBeGreaterThanOrEqual(attemptTimeoutMilliseconds + 20_000);
  });

  it('draws its randomness from the whole range', () => {
    const draws = Array.from({ length: 200 }, DEFAULT_MAIL_WORKER_SETTINGS.random);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(new Set(draws).size).toBeGreaterThan(190);
  });
});
