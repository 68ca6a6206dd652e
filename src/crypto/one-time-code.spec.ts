import fc from 'fast-check';

import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { oneTimeCode } from './one-time-code';

const FIRST = keyRingOf(FIRST_KEY).current;
const SECOND = keyRingOf(SECOND_KEY).current;

/** Computed with Python's `hmac`, HKDF included. A changed digit breaks codes that were mailed. */
const GOLDEN_VECTORS = [
  [FIRST, '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e6f', '813878'],
  [FIRST, '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e70', '393532'],
  [FIRST, '00000000-0000-4000-8000-0000000000d7', '007775'],
  [SECOND, '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e6f', '741138'],
  [SECOND, '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e70', '130135'],
] as const;

/** Fixed ids, so that every run tests the same links. */
const linkId = (index: number): string =>
  `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

const codes = Array.from({ length: 20_000 }, (_, index) => oneTimeCode(FIRST, linkId(index)));

describe('The code mailed with a link', () => {
  it.each(GOLDEN_VECTORS)('is always the same for a key and a link (%#)', (keys, id, code) => {
    expect(oneTimeCode(keys, id)).toBe(code);
  });

  it('is six digits for every link', () => {
    fc.assert(fc.property(fc.uuid(), (id) => /^[0-9]{6}$/.test(oneTimeCode(FIRST, id))));
  });

  it('has uniformly distributed digits in each place', () => {
    for (let place = 0; place < 6; place += 1) {
      const counts = Array.from({ length: 10 }, () => 0);
      for (const code of codes) counts[Number(code[place])]! += 1;
      const expected = codes.length / 10;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // Nine degrees of freedom: a fair code exceeds this once in a thousand times.
      expect(chiSquare).toBeLessThan(27.88);
    }
  });

  it('repeats no more often than chance predicts', () => {
    // 20,000 draws from a million codes: 198 repeats expected, six standard deviations are 85.
    const repeated = codes.length - new Set(codes).size;
    expect(Math.abs(repeated - 198)).toBeLessThan(85);
  });

  it('is unrelated to the code of another link or under another key', () => {
    const ofNeighbours = codes.filter((code, index) => code === codes[index + 1]).length;
    const ofOtherKey = codes.filter((code, index) => code === oneTimeCode(SECOND, linkId(index)));
    // By chance, one pair in a million agrees.
    expect(ofNeighbours).toBeLessThan(3);
    expect(ofOtherKey.length).toBeLessThan(3);
  });
});
