import fc from 'fast-check';

import { clientAddress } from './client-address';
import { canonicalIpAddress } from './ip-address';
import { parseCidrList } from './trusted-proxies';

const noProxies = parseCidrList([]);
const trustedProxies = parseCidrList(['10.0.0.0/8', '2001:db8:feed::/48']);

function behindProxy(forwardedFor: string | string[] | undefined): string {
  return clientAddress({ socketAddress: '10.0.0.1', forwardedFor, trustedProxies });
}

describe('clientAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    [undefined, '0.0.0.0'],
    ['', '0.0.0.0'],
  ])('reads the socket address %s as %s', (socketAddress, address) => {
    expect(
      clientAddress({ socketAddress, forwardedFor: undefined, trustedProxies: noProxies }),
    ).toBe(address);
  });

  it('ignores X-Forwarded-For without a trusted proxy (H1)', () => {
    fc.assert(
      fc.property(fc.ipV4(), (forged) => {
        for (const proxies of [noProxies, trustedProxies]) {
          const source = {
            socketAddress: '192.0.2.1',
            forwardedFor: forged,
            trustedProxies: proxies,
          };
          expect(clientAddress(source)).toBe('192.0.2.1');
        }
      }),
    );
  });

  it('ignores X-Forwarded-For when the socket has no address', () => {
    const source = { socketAddress: undefined, forwardedFor: '192.0.2.1', trustedProxies };
    expect(clientAddress(source)).toBe('0.0.0.0');
  });

  it.each([
    ['one hop', '192.0.2.1', '192.0.2.1'],
    ['white space', ' \t192.0.2.1\t ', '192.0.2.1'],
    ['a mapped hop', '::ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 hop', '2001:DB8::1', '2001:db8::1'],
    ['forged hops on the left (H2)', '203.0.113.9, 198.51.100.7, 192.0.2.1', '192.0.2.1'],
    ['garbage on the left (H3)', '<script>, ;;, 192.0.2.1', '192.0.2.1'],
    ['two trusted proxies', '192.0.2.1, 10.0.0.2, 2001:db8:feed::1', '192.0.2.1'],
    ['trusted proxies only', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['an address that spells a trusted one in octal', '012.0.0.1', '10.0.0.1'],
  ])('finds the client behind a proxy: %s', (_name, forwardedFor, address) => {
    expect(behindProxy(forwardedFor)).toBe(address);
  });

  it.each([
    ['nothing', ''],
    ['a comma', ','],
    ['a trailing comma', '192.0.2.1,'],
    ['unknown', '192.0.2.1, unknown'],
    ['a port', '192.0.2.1, 203.0.113.9:4711'],
    ['brackets', '192.0.2.1, [2001:db8::1]'],
    ['a parameter', '192.0.2.1, for=203.0.113.9'],
    ['an obfuscated name', '192.0.2.1, _hidden'],
    ['a zone id without end', `192.0.2.1, fe80::1%${'z'.repeat(100)}`],
    ['a no-break space', '192.0.2.1, 203.0.113.9 203.0.113.10'],
  ])(
    'takes the nearest proxy for the client when the hop it wrote is %s (H3)',
    (_name, forwardedFor) => {
      expect(behindProxy(forwardedFor)).toBe('10.0.0.1');
      expect(behindProxy(`${forwardedFor}, 10.0.0.2`)).toBe('10.0.0.2');
    },
  );

  it('reads a repeated header as one list', () => {
    expect(behindProxy(['203.0.113.9', '192.0.2.1, 10.0.0.2'])).toBe('192.0.2.1');
    expect(behindProxy(['192.0.2.1', ''])).toBe('10.0.0.1');
    expect(behindProxy([])).toBe('10.0.0.1');
  });

  it('copes with 10 KB of anything (H4)', () => {
    for (const piece of [',', ' ', '10.0.0.2,', '192.0.2.1,', '[', '1', 'fe80::1%', '\u00ff']) {
      const filler = piece.repeat(10_240 / piece.length);
      expect(canonicalIpAddress(behindProxy(filler))).toMatch(/^10\.0\.0\.[12]$/);
      expect(behindProxy(`${filler},192.0.2.1`)).toBe('192.0.2.1');
    }
  });

  it('reads at most 64 hops', () => {
    const proxies = (count: number) => ', 10.0.0.2'.repeat(count);
    expect(behindProxy(`192.0.2.1${proxies(63)}`)).toBe('192.0.2.1');
    expect(behindProxy(`192.0.2.1${proxies(64)}`)).toBe('10.0.0.2');
  });

  it('depends only on what the proxies append, not on what the client sends', () => {
    const forged = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())).map((hops) => hops.join(', ')),
    );
    const proxyChain = fc.array(fc.constantFrom('10.0.0.2', '10.9.9.9', '2001:db8:feed::5'), {
      maxLength: 5,
    });
    const client = fc.oneof(fc.ipV4(), fc.ipV6()).filter((address) => {
      return !trustedProxies.includes(canonicalIpAddress(address)!);
    });
    fc.assert(
      fc.property(forged, client, proxyChain, (left, address, chain) => {
        const right = [address, ...chain].join(', ');
        expect(behindProxy(`${left}, ${right}`)).toBe(canonicalIpAddress(address));
        expect(behindProxy([left, right])).toBe(canonicalIpAddress(address));
      }),
    );
  });
});
