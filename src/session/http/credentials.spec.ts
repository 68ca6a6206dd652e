import { readCredentials } from './credentials';

const NAME = '__Host-mira_session';
const COOKIE = `${NAME}=from.the.cookie`;

describe('The credentials of a request', () => {
  it.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer a.b.c', 'a.b.c'],
    ['BEARER   a.b.c', 'a.b.c'],
    ['Bearer', ''],
    ['Bearer ', ''],
    ['Bearer a b', 'a b'],
    ['Bearer é', 'é'],
  ])('are the bearer token of %j', (authorization, token) => {
    expect(readCredentials({ authorization }, NAME)).toEqual({ token, transport: 'bearer' });
  });

  it('are the cookie when there is no bearer token', () => {
    const expected = { token: 'from.the.cookie', transport: 'cookie' };
    expect(readCredentials({ cookie: COOKIE }, NAME)).toEqual(expected);
    expect(readCredentials({ cookie: COOKIE, authorization: 'Basic YTpi' }, NAME)).toEqual(
      expected,
    );
    expect(readCredentials({ cookie: COOKIE, authorization: '' }, NAME)).toEqual(expected);
  });

  it('are the bearer token when there is a cookie too, even if it is malformed', () => {
    for (const authorization of ['Bearer a.b.c', 'Bearer', 'Bearer ?']) {
      expect(readCredentials({ cookie: COOKIE, authorization }, NAME)?.transport).toBe('bearer');
    }
  });

  it.each(['Bearera.b.c', 'Basic a.b.c', 'a.b.c', 'Token a.b.c', 'xBearer a', '', ' '])(
    'are undefined when the header is %j',
    (authorization) => {
      expect(readCredentials({ authorization }, NAME)).toBeUndefined();
    },
  );

  it('are undefined without the session cookie, and an empty token when that is empty', () => {
    expect(readCredentials({ cookie: 'mira_session=a' }, NAME)).toBeUndefined();
    expect(readCredentials({}, NAME)).toBeUndefined();
    expect(readCredentials({ cookie: `${NAME}=` }, NAME)).toEqual({
      token: '',
      transport: 'cookie',
    });
  });

  it('are found in linear time', () => {
    const authorization = `Bearer${' '.repeat(20_000)}\n`;
    const before = process.cpuUsage();
    readCredentials({ authorization }, NAME);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(50_000);
  });
});
