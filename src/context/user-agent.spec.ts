import fc from 'fast-check';

import { browserFamily, describeDevice, normaliseUserAgent, operatingSystem } from './user-agent';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0';
const CHROME_ANDROID =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36';
const SAFARI_IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary-ascii' }),
  fc
    .array(
      fc.constantFrom('Mozilla/5.0 ', '(', ')', 'Chrome/1 ', 'Version/', 'Android ', ';', '\ud800'),
    )
    .map((pieces) => pieces.join('')),
);

describe('normaliseUserAgent', () => {
  it.each([
    ['no header', undefined, ''],
    ['an empty header', '', ''],
    ['a browser', FIREFOX, FIREFOX],
    ['a NUL', 'a\u0000b', 'a\ufffdb'],
    ['an escape sequence and a line break', 'a\u001b[31m\r\nb', 'a\ufffd[31m\ufffd\ufffdb'],
    ['a lone surrogate', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
    ['a pair of surrogates', 'a\u{1f4a9}b', 'a\u{1f4a9}b'],
    ['1,024 characters', 'x'.repeat(1024), 'x'.repeat(1024)],
    ['16 KB (H10)', 'x'.repeat(16_384), 'x'.repeat(1024)],
    ['a pair that is cut in two', `${'x'.repeat(1023)}\u{1f4a9}`, `${'x'.repeat(1023)}\ufffd`],
  ])('normalises %s', (_name, header, normalised) => {
    expect(normaliseUserAgent(header)).toBe(normalised);
  });

  it('changes nothing when applied twice, and can be stored as UTF-8', () => {
    fc.assert(
      fc.property(anyText, (header) => {
        const normalised = normaliseUserAgent(header);
        expect(normaliseUserAgent(normalised)).toBe(normalised);
        expect(Buffer.from(normalised, 'utf8').toString('utf8')).toBe(normalised);
        expect(normalised).not.toContain('\0');
      }),
    );
  });
});

describe('browserFamily and operatingSystem', () => {
  it.each([
    [FIREFOX, 'Firefox', 'Windows'],
    [EDGE, 'Microsoft Edge', 'Windows'],
    [CHROME_ANDROID, 'Chrome', 'Android'],
    [SAFARI_IPHONE, 'Safari', 'iOS'],
    ['curl/8.1', 'curl', ''],
    ['okhttp/4.9.3', 'okhttp', ''],
    ['python-requests/2.31.0', 'python-requests', ''],
    ['MyApp/1 CFNetwork/1410.0.3 Darwin/22.6.0', 'MyApp', ''],
    ['MyApp/2 CFNetwork/1494.0.7 Darwin/23.4.0', 'MyApp', ''],
    ['  spaced/1', 'spaced', ''],
    ['Mozilla/5.0', 'Mozilla', ''],
    ['((((', '((((', ''],
    ['__proto__', '__proto__', ''],
    ['x'.repeat(1024), 'x'.repeat(64), ''],
    ['', '', ''],
    [' ', '', ''],
  ])('identifies %j', (userAgent, browser, system) => {
    expect(browserFamily(userAgent)).toBe(browser);
    expect(operatingSystem(userAgent)).toBe(system);
  });

  it('does not depend on the version of a browser', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 999 }), (version) => {
        const later = FIREFOX.replaceAll('128', version.toString());
        expect(browserFamily(later)).toBe('Firefox');
        expect(operatingSystem(later)).toBe('Windows');
      }),
    );
  });

  it('return the same name for the same text, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const userAgent = normaliseUserAgent(text);
        expect(typeof browserFamily(userAgent)).toBe('string');
        expect(browserFamily(userAgent)).toBe(browserFamily(userAgent));
        expect(operatingSystem(userAgent)).toBe(operatingSystem(userAgent));
      }),
    );
  });
});

describe('describeDevice', () => {
  it.each([
    [FIREFOX, 'Firefox on Windows'],
    [SAFARI_IPHONE, 'Safari on iOS'],
    ['curl/8.1', 'curl'],
    ['', 'Unknown device'],
  ])('describes %j as %s', (userAgent, name) => {
    expect(describeDevice(userAgent)).toBe(name);
  });
});
