import { ClientContextReader } from './client-context.reader';

const COOKIE_VALUE = 'aZ09_-'.repeat(7) + 'x';

function fingerprintOf(headers: Record<string, string>): string | undefined {
  const reader = new ClientContextReader([], 'mira_device');
  return reader.read({ headers, socket: { remoteAddress: '127.0.0.1' } }).deviceFingerprint;
}

describe('the device fingerprint of a request', () => {
  it('is the value of the header', () => {
    expect(fingerprintOf({ 'x-device-fingerprint': 'device-1' })).toBe('device-1');
  });

  it('is the value of the device cookie where there is no header', () => {
    expect(fingerprintOf({ cookie: `a=b; mira_device=${COOKIE_VALUE}` })).toBe(COOKIE_VALUE);
  });

  it('is the value of the header where there are both', () => {
    const headers = { 'x-device-fingerprint': 'device-1', cookie: `mira_device=${COOKIE_VALUE}` };
    expect(fingerprintOf(headers)).toBe('device-1');
  });

  it.each([
    ['no cookie', ''],
    ['the cookie of another public URL', `__Host-mira_device=${COOKIE_VALUE}`],
    ['an empty value', 'mira_device='],
    ['a value that is too short', `mira_device=${COOKIE_VALUE.slice(1)}`],
    ['a value that is too long', `mira_device=${COOKIE_VALUE}x`],
    ['a value of other characters', `mira_device=${COOKIE_VALUE.slice(1)}=`],
    ['a quoted value', `mira_device="${COOKIE_VALUE}"`],
  ])('is missing with %s', (_name, cookie) => {
    expect(fingerprintOf({ cookie })).toBeUndefined();
  });
});
