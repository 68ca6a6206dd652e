import fc from 'fast-check';

import {
  deviceValue,
  durationValue,
  fill,
  ipAddressValue,
  pluralValue,
  timeValue,
} from './mail-values';

describe('deviceValue', () => {
  it.each([
    ['Firefox 128.0.1 on Windows', 'Firefox 128.0.1 on Windows'],
    ['Safari on iPhone (iOS 18)', 'Safari on iPhone (iOS 18)'],
    ['браузер на телефоне', 'браузер на телефоне'],
    ['see https://evil.example/now', 'see https evil example now'],
    ['evil.example', 'evil example'],
    ['1.evil', '1 evil'],
    ['eve@evil.example', 'eve evil example'],
    ['a\r\nb\u2028c\u202Ed\u200Be', 'a b c d e'],
    ['<b>&amp;</b>', 'b amp b'],
    ['\uD800x', 'x'],
  ])('turns %j into text that cannot become a link or a new line: %j', (device, value) => {
    expect(deviceValue(device)).toBe(value);
  });

  it.each([null, '', ' \n', '<>://'])('is nothing for %j', (device) => {
    expect(deviceValue(device)).toBeUndefined();
  });

  it('is one short line without anything that mail programs turn into links', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (device) => {
        const value = deviceValue(device) ?? '';
        expect([...value].length).toBeLessThanOrEqual(80);
        expect(value).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>&"'@:/]/u);
        expect(value).not.toMatch(/\.\p{L}|\p{L}\./u);
      }),
    );
  });
});

describe('ipAddressValue', () => {
  it.each(['203.0.113.9', '2001:db8::1'])('is the address %s', (address) => {
    expect(ipAddressValue(address)).toBe(address);
  });

  it.each([null, '', 'evil.example', '203.0.113.9 <b>'])('is nothing for %j', (address) => {
    expect(ipAddressValue(address)).toBeUndefined();
  });
});

describe('times', () => {
  const moment = new Date('2026-01-05T22:15:00Z');

  it('are written in the language, in UTC, on one line', () => {
    expect(timeValue(moment, 'en')).toBe('January 5, 2026 at 22:15 UTC');
    expect(timeValue(moment, 'de')).toBe('5. Januar 2026 um 22:15 UTC');
  });

  it.each([
    ['en', 15, '15 minutes'],
    ['en', 1, '1 minute'],
    ['en', 0.2, '1 minute'],
    ['de', 15, '15 Minuten'],
  ])('between two moments are written in whole minutes (%s, %d)', (locale, minutes, words) => {
    const later = new Date(moment.getTime() + minutes * 60_000);
    expect(durationValue(moment, later, locale)).toBe(words);
  });
});

describe('pluralValue', () => {
  const POLISH = { one: '{count} sesja', few: '{count} sesje', other: '{count} sesji' };
  const FRENCH = { one: '{count} autre session', other: '{count} autres sessions' };

  it.each([
    ['pl', POLISH, 1, '1 sesja'],
    ['pl', POLISH, 3, '3 sesje'],
    ['pl', POLISH, 5, '5 sesji'],
    ['pl', POLISH, 22, '22 sesje'],
    ['fr', FRENCH, 1, '1 autre session'],
    ['ja', { other: '{count}件' }, 1, '1件'],
    ['en', { other: '{count} sessions' }, 1234, '1,234 sessions'],
    ['de', { other: '{count} Sitzungen' }, 1234, '1.234 Sitzungen'],
  ])(
    'takes the form that the language has for a number (%s, %j, %d)',
    (locale, texts, count, is) => {
      expect(pluralValue(count, texts, locale)).toBe(is);
    },
  );
});

describe('fill', () => {
  it('replaces every known placeholder, and leaves unknown ones', () => {
    expect(fill('{a} {b} {a} {c}', { a: '1', b: '2' })).toBe('1 2 1 {c}');
  });

  it('does not replace placeholders inside values', () => {
    expect(fill('{a} {b}', { a: '{b}', b: '$&' })).toBe('{b} $&');
  });
});
