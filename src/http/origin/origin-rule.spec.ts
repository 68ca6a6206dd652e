import { isAllowedOrigin, isForbiddenOrigin } from './origin-rule';

const allowedOrigins = ['https://app.example.com', 'http://localhost:3000', 'null', '', '*'];
const forbidden = (origin?: string, secFetchSite?: string) =>
  isForbiddenOrigin({ origin, secFetchSite, allowedOrigins });

describe('isForbiddenOrigin', () => {
  it.each(['https://app.example.com', 'http://localhost:3000'])('lets %s through', (origin) => {
    expect(forbidden(origin)).toBe(false);
    expect(forbidden(origin, 'cross-site')).toBe(false);
  });

  it.each([
    ['null', 'which any sandboxed frame sends, even when somebody lists it'],
    ['', 'an empty header'],
    ['*', 'a wildcard'],
    ['https://app.example.com.attacker.test', 'a suffix'],
    ['https://notapp.example.com', 'a prefix'],
    ['https://sub.app.example.com', 'a subdomain'],
    ['https://example.com', 'the parent domain'],
    ['http://app.example.com', 'another scheme'],
    ['https://app.example.com:443', 'a port written out'],
    ['https://app.example.com:8443', 'another port'],
    ['https://app.example.com/', 'a path'],
    ['https://APP.example.com', 'another case'],
    ['HTTPS://app.example.com', 'another case of the scheme'],
    ['https://app.example.com.', 'a trailing dot'],
    [' https://app.example.com', 'white space'],
    ['https://app.example.com, https://app.example.com', 'a header sent twice'],
    ['https://user@app.example.com', 'a user'],
    ['https://attacker.test', 'somebody else'],
  ])('refuses %j: %s', (origin) => {
    expect(forbidden(origin)).toBe(true);
    expect(forbidden(origin, 'same-origin')).toBe(true);
  });

  it.each(['same-origin', 'none'])('without Origin lets Sec-Fetch-Site: %s through', (site) => {
    expect(forbidden(undefined, site)).toBe(false);
  });

  it.each(['cross-site', 'same-site', '', 'Same-Origin', 'none, none', 'anything'])(
    'without Origin refuses Sec-Fetch-Site: %j',
    (site) => {
      expect(forbidden(undefined, site)).toBe(true);
    },
  );

  it('lets a request with neither header through, which is no browser’s', () => {
    expect(forbidden()).toBe(false);
  });

  it('refuses every origin when none is allowed', () => {
    expect(isAllowedOrigin('https://app.example.com', [])).toBe(false);
  });
});
