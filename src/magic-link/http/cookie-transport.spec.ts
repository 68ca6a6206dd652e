import { isCrossSite } from './cookie-transport';

const crossSite = (origin: string | undefined, publicUrl: string): boolean =>
  isCrossSite({ origin, secFetchSite: undefined }, publicUrl);

describe('A request for a cookie session', () => {
  it.each([
    ['the service itself', 'https://auth.example.com', 'https://auth.example.com'],
    ['a sibling subdomain', 'https://app.example.com', 'https://auth.example.com'],
    ['the parent domain', 'https://example.com', 'https://auth.example.com'],
    ['a deeper subdomain', 'https://a.b.example.com', 'https://example.com'],
    ['another port', 'https://auth.example.com:8443', 'https://auth.example.com'],
    ['another port of localhost', 'http://localhost:4200', 'http://localhost:3000'],
    ['another port of an IPv4 address', 'http://127.0.0.1:4200', 'http://127.0.0.1:3000'],
    ['another port of an IPv6 address', 'http://[::1]:4200', 'http://[::1]:3000'],
    ['a sibling under a two-label public suffix', 'https://a.shop.co.uk', 'https://b.shop.co.uk'],
    ['a host without a dot', 'https://intranet:1', 'https://intranet:2'],
    ['an unknown origin', undefined, 'https://auth.example.com'],
  ])('is same-site when it comes from %s', (_name, origin, publicUrl) => {
    expect(crossSite(origin, publicUrl)).toBe(false);
  });

  it.each([
    ['another domain', 'https://evil.example', 'https://auth.example.com'],
    ['a domain with the same ending', 'https://evilexample.com', 'https://example.com'],
    ['a domain with the same beginning', 'https://example.com.evil.net', 'https://example.com'],
    ['another domain under a two-label public suffix', 'https://evil.co.uk', 'https://shop.co.uk'],
    [
      'another customer of the same hosting service',
      'https://evil.github.io',
      'https://shop.github.io',
    ],
    ['the hosting service itself', 'https://github.io', 'https://shop.github.io'],
    ['the same host without TLS', 'http://auth.example.com', 'https://auth.example.com'],
    ['another name of this machine', 'http://127.0.0.1:3000', 'http://localhost:3000'],
    ['another IP address of its network', 'http://10.0.0.2', 'http://10.0.0.1'],
  ])('is cross-site when it comes from %s', (_name, origin, publicUrl) => {
    expect(crossSite(origin, publicUrl)).toBe(true);
  });

  it.each([
    ['cross-site', true],
    ['same-site', false],
    ['same-origin', false],
    ['none', false],
  ])('is judged by Sec-Fetch-Site when that is %s', (secFetchSite, expected) => {
    // The browser knows best: its header decides, whatever the origin looks like.
    for (const origin of ['https://auth.example.com', 'https://other.example', undefined]) {
      expect(isCrossSite({ origin, secFetchSite }, 'https://auth.example.com')).toBe(expected);
    }
  });
});
