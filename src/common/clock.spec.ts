import { SystemClock } from './clock';

describe('The system clock', () => {
  const clock = new SystemClock();
  afterEach(() => jest.restoreAllMocks());

  it('tells the time of this machine', () => {
    const before = Date.now();
    const now = clock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('measures durations that a change of the time of day does not touch', () => {
    const started = clock.monotonicMilliseconds();
    jest.spyOn(Date, 'now').mockReturnValue(0);
    const elapsed = clock.monotonicMilliseconds() - started;
    expect(elapsed).toBeGreaterThanOrEqual(0);
    expect(elapsed).toBeLessThan(60_000);
  });
});
