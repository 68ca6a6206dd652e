import fc from 'fast-check';

import { constantTimeEqual, tokenHash } from './token-hash';

describe('A token hash', () => {
  it('is SHA-256 in hex (FIPS 180-4, one-block example)', () => {
    expect(tokenHash('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('changes with any change of the string, including blanks and padding', () => {
    const spellings = ['a.b.c', 'a.b.c=', 'a.b.c ', ' a.b.c', 'a.b.c\n', 'A.b.c'];
    expect(new Set(spellings.map(tokenHash)).size).toBe(spellings.length);
  });
});

describe('The comparison in constant time', () => {
  it('agrees with ===', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a', 'ä', 'a\0'));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(constantTimeEqual(a, b)).toBe(a === b);
        expect(constantTimeEqual(a, a)).toBe(true);
      }),
    );
  });

  it('returns false and does not throw for texts of different lengths', () => {
    expect(constantTimeEqual('ä', 'a')).toBe(false);
    expect(constantTimeEqual('', 'a')).toBe(false);
  });
});
