import fc from 'fast-check';

import { InvalidRequestError } from '../common/errors';
import { canonicalEmailAddress, limiterIdentity } from './email-address';

/** The canonical form, or `undefined` when the address is refused. */
function canonicalOrRefused(input: string): string | undefined {
  try {
    return canonicalEmailAddress(input);
  } catch (error) {
    if (error instanceof InvalidRequestError) return undefined;
    throw error;
  }
}

function refusal(input: string): InvalidRequestError {
  try {
    canonicalEmailAddress(input);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error('The address was accepted.');
}

describe('canonicalEmailAddress', () => {
  it.each([
    ['anna@example.com', 'anna@example.com'],
    ['Anna.Example@EXAMPLE.Com', 'anna.example@example.com'],
    [' \t\r\nanna@example.com\f ', 'anna@example.com'],
    ['anna+news@example.com', 'anna+news@example.com'],
    ["o'brien!#$%&*/=?^_`{|}~-x@example.com", "o'brien!#$%&*/=?^_`{|}~-x@example.com"],
    ['{{7*7}}@example.com', '{{7*7}}@example.com'],
    ['a@b.c', 'a@b.c'],
    ['anna@3com.co.uk', 'anna@3com.co.uk'],
    ['anna@bücher.de', 'anna@xn--bcher-kva.de'],
    ['anna@XN--BCHER-KVA.DE', 'anna@xn--bcher-kva.de'],
  ])('accepts %j as %j', (input, canonical) => {
    expect(canonicalEmailAddress(input)).toBe(canonical);
  });

  it.each([
    // M1-M2: lists, groups, display names, comments
    'a@example.com,b@example.com',
    'a@example.com;b@example.com',
    'a@example.com b@example.com',
    'friends: a@example.com, b@example.com;',
    'Anna <anna@example.com>',
    '<anna@example.com>',
    'anna(comment)@example.com',
    'anna@example.com(comment)',
    'mailto:anna@example.com,b@example.com',
    '@relay.example,@b.example:anna@example.com',
    // M3-M4: quoted local parts, and addresses or headers hidden in them
    '"anna"@example.com',
    '"anna@victim.example"@example.com',
    '"anna\r\nBcc: b@example.com"@example.com',
    'anna\r\nBcc: b@example.com',
    'anna@example.com\r\nBcc: b@example.com',
    'anna @example.com',
    'anna@ example.com',
    // M5: NUL and other control characters
    'anna\u0000@example.com',
    'anna@example.com\u0000',
    'anna@example\u0000.com',
    '\u000banna@example.com',
    // M6: characters that only look like an at sign or white space
    'anna\uff20example.com',
    'anna@b@example.com',
    'anna@b\uff20example.com',
    '\u00a0anna@example.com',
    'anna@example.com\u2028',
    // the shape of a local part
    '',
    '@',
    'anna',
    'anna@',
    '@example.com',
    '.anna@example.com',
    'anna.@example.com',
    'an..na@example.com',
    'anna[x]@example.com',
    'anna\\@example.com',
  ])('refuses %j', (input) => {
    expect(canonicalOrRefused(input)).toBeUndefined();
  });

  it.each([
    ['the Kelvin sign', 'mar\u212a@example.com'],
    ['a long s', 'jame\u017f@example.com'],
    ['a dotless i', 'd\u0131ana@example.com'],
    ['a capital I with a dot', 'D\u0130ANA@example.com'],
    ['a Cyrillic a', '\u0430nna@example.com'],
    ['a zero-width space', 'an\u200bna@example.com'],
    ['a right-to-left override', 'an\u202ena@example.com'],
    ['a combining accent', 'anna\u0301@example.com'],
  ])('refuses %s in a local part', (_name, input) => {
    expect(canonicalOrRefused(input)).toBeUndefined();
  });

  it('limits the octets of the canonical form, of its local part and of its labels', () => {
    const domainOf = (length: number) =>
      `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(length - 128)}`;
    const longest = `${'a'.repeat(64)}@${domainOf(189)}`;

    expect(longest).toHaveLength(254);
    expect(canonicalEmailAddress(longest)).toBe(longest);
    expect(canonicalOrRefused(`${'a'.repeat(64)}@${domainOf(190)}`)).toBeUndefined();
    expect(canonicalOrRefused(`${'a'.repeat(65)}@example.com`)).toBeUndefined();
    // An A-label of 63 octets, and one of 64.
    expect(canonicalOrRefused(`a@${'ü'.repeat(57)}.de`)).toMatch(/^a@xn--[a-z0-9]{59}\.de$/);
    expect(canonicalOrRefused(`a@${'ü'.repeat(58)}.de`)).toBeUndefined();
  });

  it('refuses more white space than anybody types', () => {
    expect(canonicalOrRefused(`anna@example.com${' '.repeat(496)}`)).toBe('anna@example.com');
    expect(canonicalOrRefused(`anna@example.com${' '.repeat(497)}`)).toBeUndefined();
  });

  it('refuses any input of 100 KB without parsing it', () => {
    for (const piece of ['(', ' ', 'a', 'a@', '.', 'ü', 'a.', '@']) {
      const input = `${piece.repeat(100_000 / piece.length)}@example.com`;
      const started = process.hrtime.bigint();
      expect(canonicalOrRefused(input)).toBeUndefined();
      expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(50);
    }
  });

  it('gives the same error for every refusal, without the input in it', () => {
    const canary = 'canary-5e1f(x)@example.com';
    const error = refusal(canary);

    expect(error.code).toBe('invalid_request');
    expect(error.fields.map(({ field }) => field)).toEqual(['email']);
    expect(JSON.stringify([error.message, error.fields])).not.toContain('canary');
    expect(refusal('x').fields).toEqual(error.fields);
  });

  const anyAddress = fc.oneof(
    fc.emailAddress(),
    fc.tuple(fc.string({ unit: 'grapheme' }), fc.domain()).map((parts) => parts.join('@')),
    fc
      .tuple(fc.constantFrom('a', 'B', 'x+y'), fc.string({ unit: 'binary' }))
      .map(([localPart, domain]) => `${localPart}@${domain}.com`),
    fc
      .tuple(fc.string({ unit: 'binary-ascii' }), fc.webAuthority())
      .map((parts) => parts.join('@')),
  );

  it('gives lower-case printable ASCII of at most 254 octets, or refuses', () => {
    fc.assert(
      fc.property(anyAddress, (input) => {
        const canonical = canonicalOrRefused(input);
        if (canonical === undefined) return;
        expect(canonical).toMatch(/^[!-?[-~]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/);
        expect(canonical.length).toBeLessThanOrEqual(254);
      }),
    );
  });

  it('returns a canonical address unchanged', () => {
    fc.assert(
      fc.property(anyAddress, (input) => {
        const canonical = canonicalOrRefused(input);
        if (canonical !== undefined) expect(canonicalEmailAddress(canonical)).toBe(canonical);
      }),
    );
  });

  it('ignores case and surrounding white space', () => {
    const flip = (text: string, flips: readonly boolean[]) =>
      text.replace(/[a-z]/g, (c, i: number) => (flips[i % flips.length] ? c.toUpperCase() : c));
    const blank = fc.constantFrom('', ' ', '\t', '\r\n', ' \n ');
    fc.assert(
      fc.property(
        fc.emailAddress(),
        fc.array(fc.boolean(), { minLength: 1 }),
        blank,
        blank,
        (address, flips, before, after) => {
          const spelling = before + flip(address, flips) + after;
          expect(canonicalOrRefused(spelling)).toBe(canonicalOrRefused(address.toLowerCase()));
        },
      ),
    );
  });

  it('keeps ASCII addresses that differ in more than case apart', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.emailAddress(), (first, second) => {
        fc.pre(first.toLowerCase() !== second.toLowerCase());
        const canonical = canonicalOrRefused(first);
        if (canonical !== undefined) expect(canonicalOrRefused(second)).not.toBe(canonical);
      }),
    );
  });
});

describe('limiterIdentity', () => {
  it.each([
    ['a+x@b.c', 'a@b.c'],
    ['a+x+y@b.c', 'a@b.c'],
    ['a@b.c', 'a@b.c'],
    ['a+@b.c', 'a@b.c'],
    ['+x@b.c', '+x@b.c'],
  ])('turns %s into %s', (address, identity) => {
    expect(limiterIdentity(address)).toBe(identity);
  });

  it('turns 1,000 plus-tags of a mailbox into one identity', () => {
    const identities = Array.from({ length: 1000 }, (_, i) =>
      limiterIdentity(canonicalEmailAddress(`anna+${i.toString()}@example.com`)),
    );
    expect(new Set(identities)).toEqual(new Set(['anna@example.com']));
  });

  it('keeps the domain, and is idempotent', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (input) => {
        const canonical = canonicalOrRefused(input);
        fc.pre(canonical !== undefined);
        const identity = limiterIdentity(canonical);
        expect(identity.split('@')[1]).toBe(canonical.split('@')[1]);
        expect(limiterIdentity(identity)).toBe(identity);
      }),
    );
  });
});
