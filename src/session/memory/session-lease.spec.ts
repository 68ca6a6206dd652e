import { type ClockReading, SessionLease } from './session-lease';

const QUERIED_AT: ClockReading = { monotonic: 5_000, wall: 1_700_000_000_000 };
const DATABASE_TIME = 1_600_000_000_000;

const lease = new SessionLease(QUERIED_AT, DATABASE_TIME);

const after = (milliseconds: number, wallMilliseconds = milliseconds): ClockReading => ({
  monotonic: QUERIED_AT.monotonic + milliseconds,
  wall: QUERIED_AT.wall + wallMilliseconds,
});

describe('A lease', () => {
  it.each([
    ['is held right after the query was sent', after(0), true],
    ['is held until a second has passed', after(999), true],
    ['is not held once a second has passed', after(1_000), false],
    [
      'is not held after the machine slept, which only the wall clock shows',
      after(1, 1_000),
      false,
    ],
    ['is not held longer because the wall clock was set back', after(1_000, -60_000), false],
    ['is held within the second even if the wall clock was set back', after(500, -60_000), true],
  ])('%s', (_, reading, isHeld) => {
    expect(lease.isHeld(reading)).toBe(isHeld);
  });

  it("advances the database's time by the monotonic clock", () => {
    expect(lease.databaseTimeAt(after(750, -60_000).monotonic)).toBe(DATABASE_TIME + 750);
  });
});
