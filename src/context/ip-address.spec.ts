import { isIP } from 'node:net';

import fc from 'fast-check';

import { canonicalIpAddress, clientNetwork, relateNetworks } from './ip-address';

/** An IPv6 address, and the same one with its groups padded or in capitals. */
const spellings = fc
  .tuple(fc.ipV6(), fc.boolean(), fc.boolean())
  .map(([address, capitals, padded]) => {
    const group = /(?<![0-9.])[0-9a-f]{1,4}(?![0-9a-f]*\.)(?=:|$)/gi;
    const spelling = padded ? address.replace(group, (digits) => digits.padStart(4, '0')) : address;
    return [address, capitals ? spelling.toUpperCase() : spelling] as const;
  });

describe('canonicalIpAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%25', 'fe80::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    // Not IPv4-mapped, so these stay IPv6.
    ['::192.0.2.1', '::c000:201'],
    ['::c000:201', '::c000:201'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('spells %s as %s', (text, canonical) => {
    expect(canonicalIpAddress(text)).toBe(canonical);
  });

  it.each([
    ['an empty text', ''],
    ['a word', 'unknown'],
    ['an octal part', '0177.0.0.1'],
    ['a leading zero', '192.0.2.01'],
    ['a hexadecimal part', '0x7f.0.0.1'],
    ['a whole number', '2130706433'],
    ['a short form', '127.1'],
    ['a port', '192.0.2.1:80'],
    ['brackets', '[::1]'],
    ['a block', '192.0.2.0/24'],
    ['white space', ' 192.0.2.1'],
    ['a zone on IPv4', '192.0.2.1%eth0'],
    ['two compressions', '1::2::3'],
    ['a NUL', '192.0.2.1\u0000'],
  ])('finds no address in %s', (_name, text) => {
    expect(canonicalIpAddress(text)).toBeUndefined();
  });

  it('gives all spellings of an address one form, and leaves that form unchanged', () => {
    fc.assert(
      fc.property(spellings, ([address, spelling]) => {
        const canonical = canonicalIpAddress(address);
        expect(canonicalIpAddress(spelling)).toBe(canonical);
        expect(canonicalIpAddress(canonical!)).toBe(canonical);
        expect(isIP(canonical!)).not.toBe(0);
        // Compare with the URL standard's own serialiser (RFC 5952).
        const host = new URL(`http://[${address}]`).hostname.slice(1, -1);
        if (!host.startsWith('::ffff:')) expect(canonical).toBe(host);
      }),
    );
  });

  it('gives an IPv4 address and its mapped form one spelling', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(canonicalIpAddress(`::ffff:${address}`)).toBe(address);
        expect(canonicalIpAddress(address)).toBe(address);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f:.%x[\] ]*$/), (text) => {
        expect(canonicalIpAddress(text) === undefined).toBe(isIP(text) === 0);
      }),
    );
  });
});

describe('clientNetwork', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
  ])('counts %s as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it('counts 1,000 addresses of one /64 as one place (H5)', () => {
    const networks = Array.from({ length: 1000 }, (_, i) =>
      clientNetwork(canonicalIpAddress(`2001:db8:1:2:${(i * 7).toString(16)}::${i.toString(16)}`)!),
    );
    expect(new Set(networks)).toEqual(new Set(['2001:db8:1:2::/64']));
  });
});

describe('relateNetworks', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', 'same'],
    ['192.0.2.1', '::ffff:192.0.2.1', 'same'],
    ['192.0.2.1', '192.0.2.200', 'nearby'],
    ['192.0.2.1', '192.0.3.1', 'elsewhere'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 'same'],
    ['2001:db8:1:2::1', '2001:0DB8:1:2:0:0:0:1', 'same'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', 'nearby'],
    ['2001:db8:1:2::1', '2001:db8:2:2::1', 'elsewhere'],
    ['127.0.0.1', '127.8.9.10', 'same'],
    ['127.0.0.1', '::1', 'same'],
    ['::ffff:127.0.0.1', '::1', 'same'],
    ['127.0.0.1', '128.0.0.1', 'elsewhere'],
    ['::1', '::2', 'same'],
    ['127.0.0.1', '2001:db8::1', 'other_family'],
    ['192.0.2.1', '2001:db8::1', 'other_family'],
    ['192.0.2.1', '::192.0.2.1', 'other_family'],
    ['192.0.2.1', 'unknown', 'elsewhere'],
    ['unknown', 'unknown', 'same'],
  ])('relates %s and %s as %s', (first, second, relation) => {
    expect(relateNetworks(first, second)).toBe(relation);
    expect(relateNetworks(second, first)).toBe(relation);
  });

  it('relates two addresses as same exactly when clientNetwork gives them one network', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc
        .tuple(fc.constantFrom('2001:db8:1:2', '2001:db8:1:3'), fc.nat(0xffff))
        .map(([prefix, host]) => `${prefix}::${host.toString(16)}`),
    );
    fc.assert(
      fc.property(address, address, (first, second) => {
        const a = canonicalIpAddress(first)!;
        const b = canonicalIpAddress(second)!;
        fc.pre(!a.startsWith('127.') && !b.startsWith('127.'));
        expect(relateNetworks(first, second) === 'same').toBe(
          clientNetwork(a) === clientNetwork(b),
        );
      }),
    );
  });
});
