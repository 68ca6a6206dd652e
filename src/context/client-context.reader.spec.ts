import { ClientContextReader } from './client-context.reader';
import { deviceCookieProfiles } from './device-cookie';

const FIRST = 'aZ09_-'.repeat(7) + 'x';
const SECOND = 'bY18-_'.repeat(7) + 'y';
const THIRD = 'cX27_-'.repeat(7) + 'z';
const FOURTH = 'dW36-_'.repeat(7) + 'w';

type Device = Pick<ReturnType<ClientContextReader['read']>, 'deviceFingerprint' | 'deviceCookie'>;

function deviceOf(headers: Record<string, string>): Device {
  const reader = new ClientContextReader([], deviceCookieProfiles('http://localhost:3000'));
  const { deviceFingerprint, deviceCookie } = reader.read({
    headers,
    socket: { remoteAddress: '127.0.0.1' },
  });
  return { deviceFingerprint, deviceCookie };
}

describe('the device of a request', () => {
  it('has the fingerprint of the header', () => {
    expect(deviceOf({ 'x-device-fingerprint': 'device-1' })).toEqual({
      deviceFingerprint: 'device-1',
      deviceCookie: undefined,
    });
  });

  it.each([
    ['one secret', [FIRST]],
    ['two secrets', [FIRST, SECOND]],
    ['four secrets', [FIRST, SECOND, THIRD, FOURTH]],
  ])('has those of its cookies: %s, in their order', (_name, [first, ...others]) => {
    const rest = others.length === 0 ? '' : `; mira_devices=${others.join('.')}`;
    const secrets = [first, ...others];
    expect(deviceOf({ cookie: `a=b; mira_device=${first ?? ''}${rest}` })).toEqual({
      deviceFingerprint: undefined,
      deviceCookie: secrets,
    });
  });

  it('has what the header says and what the cookie says apart, where there are both', () => {
    const headers = { 'x-device-fingerprint': 'device-1', cookie: `mira_device=${FIRST}` };
    expect(deviceOf(headers)).toEqual({ deviceFingerprint: 'device-1', deviceCookie: [FIRST] });
  });

  it.each([
    ['no cookie', ''],
    ['the cookie of another public URL', `__Host-mira_device=${FIRST}`],
    ['an empty value', 'mira_device='],
    ['a value that is too short', `mira_device=${FIRST.slice(1)}`],
    ['a value that is too long', `mira_device=${FIRST}x`],
    ['a value of other characters', `mira_device=${FIRST.slice(1)}=`],
    ['a quoted value', `mira_device="${FIRST}"`],
    ['a second secret that is too short', `mira_device=${FIRST}.${SECOND.slice(1)}`],
    ['an empty second secret', `mira_device=${FIRST}.`],
    ['an empty first secret', `mira_device=.${FIRST}`],
    ['secrets that are joined otherwise', `mira_device=${FIRST},${SECOND}`],
    ['five secrets', `mira_device=${[FIRST, SECOND, THIRD, FOURTH, FIRST].join('.')}`],
  ])('has no secret with %s', (_name, cookie) => {
    expect(deviceOf({ cookie })).toEqual({ deviceFingerprint: undefined, deviceCookie: undefined });
  });
});
