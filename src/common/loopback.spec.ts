import { isLoopbackHostname } from './loopback';

const hostOf = (url: string): string => new URL(url).hostname;

describe('A loopback host', () => {
  it.each([
    'http://localhost',
    'http://LOCALHOST:3000',
    'http://app.localhost:3000',
    'http://127.0.0.1:3000',
    'http://127.255.0.9',
    // The URL parser knows these spellings of 127.0.0.1.
    'http://127.1',
    'http://2130706433',
    'http://[::1]:3000',
    'http://[0:0:0:0:0:0:0:1]',
  ])('is that of %s', (url) => {
    expect(isLoopbackHostname(hostOf(url))).toBe(true);
  });

  it.each([
    'http://example.com',
    'http://localhost.example.com',
    'http://notlocalhost',
    'http://127.0.0.1.example.com',
    'http://128.0.0.1',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'http://[::ffff:7f00:1]',
  ])('is not that of %s', (url) => {
    expect(isLoopbackHostname(hostOf(url))).toBe(false);
  });
});
