/** When every simulation begins: a Monday, at midnight. */
export const START = new Date('2031-03-03T00:00:00Z');

export const MINUTES_A_DAY = 24 * 60;

/** A minute of a simulation, as a time. */
export function timeOf(minute: number): Date {
  return new Date(START.getTime() + minute * 60_000);
}
