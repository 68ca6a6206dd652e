import fc from 'fast-check';

import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { type KeyPurpose, KeySet } from './key-ring.service';

const exported = (keys: KeySet, purpose: KeyPurpose): string =>
  keys.key(purpose).export().toString('hex');

describe('The keys derived from one master key', () => {
  // Computed with Python's `cryptography` (HKDF-SHA-256, no salt, info `mira-auth/v1/<purpose>`).
  it.each<[KeyPurpose, string]>([
    ['magic-link-token', 'bc3f859b0eb3bdb92598f705e7e1af5d76523bee4107d535d7478c557d00820f'],
    ['session-token', '137cb35784b4e2eff39e3916bfefbb54187ec0260ab834bc5a7ea6b1b0ef945b'],
    ['context-digest', 'baa2cfd7cc176b449de6d09b1314edad8ebb19b73eb90befc463536b508a4f2c'],
    ['pseudonym', '18539a53ff9506288679df1d6090efda3eed078cd03246619a83f19496a7e9b2'],
    ['report-token', '0584b9d01d6139c836910776e7e557d0b00a81597280d205ca6deb723ae0c02d'],
    ['code', '167a47e2a252cc522583cc282576919e524acbe3aa4a6504201d3e8ca8d07f72'],
    ['limiter-key', 'd651b6bf813a837da67d2832069a157e4ae2c406f5ac796a0e201da6f2992f0d'],
  ])('match another HKDF implementation for %s', (purpose, hex) => {
    expect(exported(new KeySet(FIRST_KEY.bytes), purpose)).toBe(hex);
  });

  it('have an id that depends only on the master key', () => {
    expect(new KeySet(FIRST_KEY.bytes).id).toBe(FIRST_KEY.id);
    expect(new KeySet(SECOND_KEY.bytes).id).toBe(SECOND_KEY.id);
  });

  it('differ for any two purposes and any two master keys', () => {
    const purposes: KeyPurpose[] = [
      'magic-link-token',
      'session-token',
      'report-token',
      'code',
      'context-digest',
      'pseudonym',
      'limiter-key',
    ];
    const master = fc.uint8Array({ minLength: 32, maxLength: 64 });
    fc.assert(
      fc.property(master, master, (one, other) => {
        fc.pre(Buffer.compare(one, other) !== 0);
        const sets = [new KeySet(Buffer.from(one)), new KeySet(Buffer.from(other))];
        const keys = sets.flatMap((set) => purposes.map((purpose) => exported(set, purpose)));
        expect(new Set(keys).size).toBe(2 * purposes.length);
      }),
    );
  });
});

describe('The key ring', () => {
  it('signs with the current key and finds every accepted key by its id', () => {
    const ring = keyRingOf(FIRST_KEY, SECOND_KEY);
    expect(ring.current.id).toBe(FIRST_KEY.id);
    expect(ring.all.map(({ id }) => id)).toEqual([FIRST_KEY.id, SECOND_KEY.id]);
    expect(ring.find(FIRST_KEY.id)).toBe(ring.current);
    expect(ring.find(SECOND_KEY.id)?.id).toBe(SECOND_KEY.id);
  });

  it('lists a key once even if it is both current and accepted', () => {
    const ring = keyRingOf(FIRST_KEY, SECOND_KEY, FIRST_KEY, SECOND_KEY);
    expect(ring.all.map(({ id }) => id)).toEqual([FIRST_KEY.id, SECOND_KEY.id]);
    expect(ring.find(FIRST_KEY.id)).toBe(ring.current);
  });

  it.each(['', '0', FIRST_KEY.id.slice(1), FIRST_KEY.id.toUpperCase(), '__proto__', 'constructor'])(
    'finds no key under the unknown id %j',
    (id) => {
      expect(keyRingOf(FIRST_KEY).find(id)).toBeUndefined();
    },
  );
});
