import { domainToUnicode } from 'node:url';

import fc from 'fast-check';

import { canonicalMailDomain } from './email-domain';

describe('canonicalMailDomain', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['r3---sn.example.com', 'r3---sn.example.com'],
    ['1.2.3.4.example', '1.2.3.4.example'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['faß.de', 'xn--fa-hia.de'],
    ['ελλάς.gr', 'xn--hxarsa0b.gr'],
    ['l·l.cat', 'xn--ll-0ea.cat'],
    ['日本語.jp', 'xn--wgv71a119e.jp'],
    ['한국.kr', 'xn--3e0b707e.kr'],
    ['عربي.com', 'xn--ngbrx4e.com'],
    ['ישראל.co.il', 'xn--4dbrk0ce.co.il'],
  ])('accepts %s as %s', (domain, canonical) => {
    expect(canonicalMailDomain(domain)).toBe(canonical);
  });

  it.each([
    'localhost',
    '',
    '.',
    'a..com',
    '.a.com',
    'a.com.',
    '-a.com',
    'a-.com',
    'a_b.com',
    'a b.com',
    'a%2eb.com',
    'ex%61mple.com',
    'example.com/x',
    'example.com:25',
    'user@example.com',
    'example.com#',
    'example.com?',
    'example\\.com',
    '[::1]',
    '[192.0.2.1]',
    '192.0.2.1',
    '192.168.1',
    '0x7f.1',
    'example.0x7f',
    'bücher.0x7f',
    'bücher.1',
    'example.123',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(126)}com`,
  ])('refuses %j, which is not a host name', (domain) => {
    expect(canonicalMailDomain(domain)).toBeUndefined();
  });

  it.each([
    ['the Kelvin sign', 'mar\u212aet.com'],
    ['a long s', '\u017ftore.com'],
    ['a capital I with a dot', '\u0130stanbul.com'],
    ['a fullwidth letter', '\uff45xample.com'],
    ['a fullwidth full stop', 'example\uff0ecom'],
    ['an ideographic full stop', 'example\u3002com'],
    ['a zero-width space', 'exam\u200bple.com'],
    ['a zero-width joiner', 'exam\u200dple.com'],
    ['a zero-width joiner that IDNA allows', '\u0915\u094d\u200d\u0937.com'],
    ['a soft hyphen', 'exam\u00adple.com'],
    ['a byte order mark', '\ufeffexample.com'],
    ['a right-to-left override', 'exam\u202eple.com'],
    ['a letter in a circle', '\u24d0.com'],
    ['a ligature', 'of\ufb01ce.com'],
    ['a capital outside ASCII', 'B\u00dcCHER.de'],
    ['a decomposed letter', 'bu\u0308cher.de'],
    ['a lone surrogate', 'x\ud800.com'],
    ['an emoji', '\u{1f4a9}.la'],
    ['a mix of directions', 'a1\u0639\u0631.com'],
    ['a digit before a right-to-left letter', '1\u0639\u0631.com'],
  ])('refuses %s instead of mapping it', (_name, domain) => {
    expect(canonicalMailDomain(domain)).toBeUndefined();
  });

  it.each([
    'xn--.com',
    'xn--a.com',
    'xn--abc-.com',
    'xn--zzzzzzzz.com',
    'xn--ab-m1t.com', // a zero-width joiner
    'xn--0ca24w.com', // both directions in one label
    'xn--ls8h.la', // an emoji
    'xn--bcher-kva.xn--a.com',
    'xn--bücher.de',
  ])('refuses %s, which has an A-label that we would not generate', (domain) => {
    expect(canonicalMailDomain(domain)).toBeUndefined();
  });

  it.each([
    ['apple.com', '\u0430pple.com', 'xn--pple-43d.com'],
    ['diana.com', 'd\u0131ana.com', 'xn--dana-lza.com'],
  ])('keeps %s apart from a domain that looks like it', (genuine, lookAlike, canonical) => {
    expect(canonicalMailDomain(lookAlike)).toBe(canonical);
    expect(canonicalMailDomain(genuine)).toBe(genuine);
  });

  const label = fc
    .array(
      fc.oneof(
        fc.constantFrom('a', 'Z', '0', '9', '-'),
        fc.integer({ min: 0xa0, max: 0x24ff }).map((code) => String.fromCodePoint(code)),
        fc.integer({ min: 0x3040, max: 0x9fff }).map((code) => String.fromCodePoint(code)),
        fc.integer({ min: 0xfb00, max: 0xffff }).map((code) => String.fromCodePoint(code)),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((characters) => characters.join(''));
  const domain = fc.tuple(label, fc.constantFrom('com', 'рф', 'xn--p1ai')).map((l) => l.join('.'));

  it('gives a name in any script and its A-labels the same canonical form, or refuses', () => {
    let accepted = 0;
    fc.assert(
      fc.property(domain, (name) => {
        const canonical = canonicalMailDomain(name);
        if (canonical === undefined) return;
        accepted += 1;
        expect(canonical).toMatch(/^[a-z0-9.-]+$/);
        expect(canonicalMailDomain(canonical)).toBe(canonical);
        expect(canonicalMailDomain(canonical.toUpperCase())).toBe(canonical);
        expect(canonicalMailDomain(domainToUnicode(canonical))).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('never maps a name with characters outside ASCII to one without A-labels', () => {
    fc.assert(
      fc.property(label, (name) => {
        fc.pre(/[^\0-\x7f]/.test(name));
        expect(canonicalMailDomain(`${name}.com`) ?? 'xn--').toMatch(/^xn--/);
      }),
      { numRuns: 2000 },
    );
  });
});
