import type { ClientContext } from '../client-context';

/**
 * What a device shows of itself (docs/reference/owner-or-stranger.md#evidence-best-first). A secret
 * proves the device. A fingerprint proves nothing, because many clients can compute the same.
 */
export type DeviceKind = 'secret' | 'fingerprint' | 'none';

/** What a request presents of its device, and how. */
export interface PresentedDevice {
  readonly kind: Exclude<DeviceKind, 'none'>;
  readonly source: 'header' | 'cookie';
  /** One fingerprint or one secret; of a browser all its secrets, the one used last first. */
  readonly values: readonly [string, ...string[]];
}

/** `md1.` and 256 bits in base64url: the form by which an app's secret is recognised. */
const SECRET_OF_APP = /^md1\.[\w-]{43}$/;

/**
 * What a client presents of its device. If header and cookie are both there, the header counts: a
 * client sends it on purpose, while a browser sends cookies by itself.
 *
 * @returns `undefined` when it presents nothing.
 */
export function presentedDevice({
  deviceFingerprint: header,
  deviceCookie,
}: ClientContext): PresentedDevice | undefined {
  if (header !== undefined) {
    const kind = SECRET_OF_APP.test(header) ? 'secret' : 'fingerprint';
    return { kind, source: 'header', values: [header] };
  }
  const [newest, ...others] = deviceCookie ?? [];
  return newest === undefined
    ? undefined
    : { kind: 'secret', source: 'cookie', values: [newest, ...others] };
}

/** The device secrets that a client presents: none where it presents a fingerprint or nothing. */
export function presentedSecrets(context: ClientContext): readonly string[] {
  return secretsOf(presentedDevice(context));
}

/** The same of a device that has been read already. */
export function secretsOf(device: PresentedDevice | undefined): readonly string[] {
  return device?.kind === 'secret' ? device.values : [];
}
