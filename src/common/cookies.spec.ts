import { cookieProfile, readCookie, setCookie } from './cookies';

const HOST_COOKIE = { name: '__Host-mira_session', secure: true };
const PLAIN_COOKIE = { name: 'mira_session', secure: false };

describe('A cookie', () => {
  it.each([
    'https://auth.example.com',
    'https://localhost:3000',
    'https://127.0.0.1',
    // Plain http elsewhere: the cookie would not work, which is better than going unprotected.
    'http://auth.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1:3000',
  ])('is bound to its host and to TLS under %s', (publicUrl) => {
    expect(cookieProfile('mira_session', publicUrl)).toEqual(HOST_COOKIE);
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]', 'http://a.localhost'])(
    'goes without TLS under %s',
    (publicUrl) => {
      expect(cookieProfile('mira_session', publicUrl)).toEqual(PLAIN_COOKIE);
    },
  );

  it('is set as the contract says, and without a domain', () => {
    expect(setCookie(HOST_COOKIE, 'a.b.c', 86_400)).toBe(
      '__Host-mira_session=a.b.c; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure',
    );
    expect(setCookie(PLAIN_COOKIE, 'a.b.c', 86_400)).toBe(
      'mira_session=a.b.c; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax',
    );
  });

  it('is removed with the attributes that it was set with', () => {
    expect(setCookie(HOST_COOKIE, '', 0)).toBe(
      '__Host-mira_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    );
  });
});

describe('Reading a cookie', () => {
  it.each([
    ['mira_session=a.b.c', 'a.b.c'],
    ['other=1; mira_session=a.b.c; more=2', 'a.b.c'],
    ['other=1;mira_session=a.b.c', 'a.b.c'],
    ['mira_session=first; mira_session=second', 'first'],
    ['mira_session=', ''],
    ['mira_session=a=b', 'a=b'],
    ['mira_session="quoted"', '"quoted"'],
    [';;; mira_session=a', 'a'],
  ])('finds it in %j', (header, value) => {
    expect(readCookie(header, 'mira_session')).toBe(value);
  });

  it.each([
    undefined,
    '',
    ';',
    'mira_session',
    'other=mira_session=a',
    'xmira_session=a',
    'mira_sessions=a',
    'MIRA_SESSION=a',
    '__Host-mira_session=a',
    'mira_session =a',
    'other="; mira_sessio"n=a',
  ])('finds none in %j', (header) => {
    expect(readCookie(header, 'mira_session')).toBeUndefined();
  });

  it('takes a header of 50 cookies and of 100 KB', () => {
    const cookies = Array.from({ length: 50 }, (_, index) => `c${index.toString()}=1`);
    expect(readCookie([...cookies, 'mira_session=a'].join('; '), 'mira_session')).toBe('a');
    expect(readCookie(`x=${'='.repeat(100_000)}`, 'mira_session')).toBeUndefined();
  });
});
