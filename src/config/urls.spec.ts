import { parseHttpUrl, parseOrigin, parseRedirectRule } from './urls';

/** What every parser refuses: not absolute, not http, or not for everybody to read. */
const REFUSED = [
  '',
  'auth.example.com',
  '//auth.example.com',
  '/auth',
  'ftp://auth.example.com',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/html,x',
  'https://',
  'https://user@auth.example.com',
  'https://user:secret@auth.example.com',
  'https://:secret@auth.example.com',
  'https://auth.example.com/?query=1',
  'https://auth.example.com/?',
  'https://auth.example.com/#fragment',
  'https://auth.example.com/#',
  'https://auth.example.com:65536',
  'https://auth example.com',
];

describe('An origin', () => {
  it.each([
    ['https://auth.example.com', 'https://auth.example.com'],
    ['https://auth.example.com/', 'https://auth.example.com'],
    ['https://auth.example.com:8443', 'https://auth.example.com:8443'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s is read as %s', (value, origin) => {
    expect(parseOrigin(value, 'publicUrl')).toBe(origin);
  });

  it.each([
    ...REFUSED,
    '*',
    'null',
    'https://*.example.com',
    'https://auth.example.com/auth',
    'https://auth.example.com//',
    // Browsers send another text for these, so that they would never match.
    'https://auth.example.com:443',
    'HTTPS://auth.example.com',
    'https://AUTH.example.com',
    ' https://auth.example.com',
    'https://auth.example.com\n',
  ])('is not %j, and the message names the option alone', (value) => {
    expect(() => parseOrigin(value, 'allowedOrigins[2]')).toThrow(
      new TypeError(
        'allowedOrigins[2] must be an http or https origin such as https://auth.example.com, without a path',
      ),
    );
  });
});

describe('A page of ours', () => {
  it.each([
    ['https://app.example.com/sign-in', 'https://app.example.com/sign-in'],
    ['https://app.example.com', 'https://app.example.com/'],
    ['http://localhost:3000/a/b', 'http://localhost:3000/a/b'],
  ])('%s is read as %s', (value, url) => {
    expect(parseHttpUrl(value, 'linkUrl')).toBe(url);
  });

  it.each(REFUSED)('is not %j, and the message names the option alone', (value) => {
    expect(() => parseHttpUrl(value, 'linkUrl')).toThrow(
      new TypeError('linkUrl must be an absolute http or https URL without query or fragment'),
    );
  });
});

describe('An entry of the redirect allow-list', () => {
  it.each([
    ['https://app.example.com', { origin: 'https://app.example.com', pathPrefix: '/' }],
    ['https://app.example.com/', { origin: 'https://app.example.com', pathPrefix: '/' }],
    ['https://app.example.com/in', { origin: 'https://app.example.com', pathPrefix: '/in' }],
    ['http://localhost:3000/in/', { origin: 'http://localhost:3000', pathPrefix: '/in/' }],
  ])('%s is read as an origin and a path', (value, rule) => {
    expect(parseRedirectRule(value, 'allowedRedirects[0]')).toEqual(rule);
  });

  it.each(REFUSED)('is not %j, and the message names the option', (value) => {
    expect(() => parseRedirectRule(value, 'allowedRedirects[3]')).toThrow(
      /^allowedRedirects\[3\] must be an absolute http or https URL/,
    );
  });
});
