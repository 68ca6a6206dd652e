import { timeOrderedUuid } from './time-ordered-uuid';

const TIME = new Date('2026-03-01T12:00:00.123Z');

describe('timeOrderedUuid', () => {
  it('is of version 7, with the time in front', () => {
    expect(timeOrderedUuid(TIME)).toMatch(
      /^019ca945-0a7b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('sorts by time', () => {
    const later = [1, 2, 255, 256, 86_400_000].map((milliseconds) =>
      timeOrderedUuid(new Date(TIME.getTime() + milliseconds)),
    );
    expect([...later].reverse().sort()).toEqual(later);
  });

  it('differs each time', () => {
    const made = Array.from({ length: 1_000 }, () => timeOrderedUuid(TIME));
    expect(new Set(made).size).toBe(1_000);
  });
});
