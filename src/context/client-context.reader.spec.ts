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

describe('the device that a request shows', () => {
  it('is the value of the header', () => {
    expect(deviceOf({ 'x-device-fingerprint': 'device-1' })).toEqual({
      deviceFingerprint: 'device-1',
      deviceCookie: undefined,
    });
  });

  it.each([
    ['one secret', [FIRST]],
    ['two secrets', [FIRST, SECOND]],
    ['four secrets', [FIRST, SECOND, THIRD, FOURTH]],
  ])('is %s of its cookies, in their order', (_name, [first, ...others]) => {
    const rest = others.length === 0 ? '' : `; mira_devices=${others.join('.')}`;
    const secrets = [first, ...others];
    expect(deviceOf({ cookie: `a=b; mira_device=${first ?? ''}${rest}` })).toEqual({
      deviceFingerprint: undefined,
      deviceCookie: secrets,
    });
  });

  it('is both, apart, where there are a header and a cookie', () => {
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
    ['two secrets in one cookie', `mira_device=${FIRST}.${SECOND}`],
    ['the others alone', `mira_devices=${FIRST}`],
  ])('is nothing with %s', (_name, cookie) => {
    expect(deviceOf({ cookie })).toEqual({ deviceFingerprint: undefined, deviceCookie: undefined });
  });

  it.each([
    ['too short', SECOND.slice(1)],
    ['empty', ''],
    ['begun by a full stop', `.${SECOND}`],
    ['joined otherwise', `${SECOND},${THIRD}`],
    ['too many', [SECOND, THIRD, FOURTH, SECOND].join('.')],
  ])('is the first secret alone where the others are %s', (_name, others) => {
    expect(deviceOf({ cookie: `mira_device=${FIRST}; mira_devices=${others}` })).toEqual({
      deviceFingerprint: undefined,
      deviceCookie: [FIRST],
    });
  });
});
