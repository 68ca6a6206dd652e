import fc from 'fast-check';

import { FIRST_KEY, SECOND_KEY } from '../../test/support/tokens/keys';
import { KeySet } from './key-ring.service';
import { keyedDigest } from './keyed-digest';

const keys = new KeySet(FIRST_KEY.bytes);

describe('A keyed digest', () => {
  // Computed with Python's `hmac`.
  it('is the HMAC-SHA-256 that another implementation computes', () => {
    expect(keyedDigest(keys, 'limiter-key', [])).toBe(
      'vFafT2QnLLfnrK1zhe6rHZgu13yYdiW3sixKulRxAiM',
    );
    expect(keyedDigest(keys, 'limiter-key', ['request', 'ada@example.com', '192.0.2.0/24'])).toBe(
      'YFY69THyrv05xQTwEWoSRlWfRy8YZ7wEWNDTazLgJqA',
    );
  });

  it('differs for any two lists of parts, even if they concatenate to the same text', () => {
    const part = fc.option(
      fc.oneof(fc.string(), fc.constantFrom('', '-', ';', '1:a;', '-;', '0:;')),
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (some, others) => {
        const same = JSON.stringify(some) === JSON.stringify(others);
        const digests = [some, others].map((parts) => keyedDigest(keys, 'pseudonym', parts));
        expect(digests[0] === digests[1]).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [['a', ''], ['a']],
    [[null], ['']],
    [[null], ['-;']],
    [['a;1:b'], ['a', 'b']],
  ])('keeps %j and %j apart', (some, others) => {
    expect(keyedDigest(keys, 'pseudonym', some)).not.toBe(keyedDigest(keys, 'pseudonym', others));
  });

  it('differs for the same parts under another purpose or another master key', () => {
    const digests = [
      keyedDigest(keys, 'pseudonym', ['a']),
      keyedDigest(keys, 'context-digest', ['a']),
      keyedDigest(new KeySet(SECOND_KEY.bytes), 'pseudonym', ['a']),
    ];
    expect(new Set(digests).size).toBe(3);
  });
});
