import { parseCidrList } from './trusted-proxies';

describe('parseCidrList', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.200.0.1', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    [' 192.0.2.1/32 ', '192.0.2.1', true],
    ['2001:DB8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
    ['::1', '::2', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.0/104', '11.9.9.9', false],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['10.0.0.0/8', '::1', false],
    ['2001:db8::/32', '192.0.2.1', false],
  ])('with %s, trusting %s is %s', (entry, address, trusted) => {
    expect(parseCidrList([entry]).includes(address)).toBe(trusted);
  });

  it('trusts nobody with an empty list', () => {
    expect(parseCidrList([]).includes('127.0.0.1')).toBe(false);
  });

  it('trusts what any entry names', () => {
    const proxies = parseCidrList(['10.0.0.0/8', '2001:db8::/32']);
    expect(proxies.includes('10.0.0.1')).toBe(true);
    expect(proxies.includes('2001:db8::1')).toBe(true);
  });

  it.each([
    '',
    'loopback',
    'proxy.example.com',
    'true',
    '1',
    '10/8',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/0x8',
    '2001:db8::/129',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/95',
    '0.0.0.0/0',
    '::/0',
    '::ffff:0.0.0.0/96',
  ])('refuses %j by its position, without its value', (entry) => {
    let message = '';
    try {
      parseCidrList(['10.0.0.0/8', entry]);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      message = (error as TypeError).message;
    }
    expect(message).toMatch(
      /^trustedProxies\[1\] must be an IP address or a block in CIDR notation/,
    );
    expect(message.replace('10.0.0.0/8', '')).not.toContain(entry === '' ? '""' : ` ${entry} `);
  });
});
