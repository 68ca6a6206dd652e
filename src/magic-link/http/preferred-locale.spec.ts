import fc from 'fast-check';

import { preferredLocale } from './preferred-locale';

describe('The preferred language', () => {
  it.each([
    ['de', 'de'],
    ['de-DE,de;q=0.9,en;q=0.8', 'de-DE'],
    ['en-GB;q=0.9, de', 'en-GB'],
    ['  fr-CH , en', 'fr-CH'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
    ['gsw', 'gsw'],
    ['es-419', 'es-419'],
    ['sl-rozaj-biske-1994', 'sl-rozaj-biske-1994'],
  ])('of %j is %s', (header, locale) => {
    expect(preferredLocale(header)).toBe(locale);
  });

  it.each([
    undefined,
    '',
    ' ',
    '*',
    ',de',
    ';q=1',
    'd',
    'abcd',
    'de_DE',
    'de-',
    'de--DE',
    'de-x',
    'de-abcdefghi',
    '-de',
    'dé',
    'de\0',
    'de\r\nX: y',
    '../../etc/passwd',
    '__proto__',
    '<b>',
    'a'.repeat(100_000),
    'de-'.repeat(50_000),
  ])('is null for %j', (header) => {
    expect(preferredLocale(header)).toBeNull();
  });

  it('always fits its column, and has only letters, digits and hyphens', () => {
    const tag = fc.stringMatching(/^[a-zA-Z]{1,4}(-[a-zA-Z0-9]{1,9}){0,5}$/);
    fc.assert(
      fc.property(fc.oneof(tag, fc.string({ unit: 'binary' })), (header) => {
        const locale = preferredLocale(header);
        if (locale !== null) expect(locale).toMatch(/^[a-z0-9-]{2,35}$/i);
      }),
    );
  });
});
