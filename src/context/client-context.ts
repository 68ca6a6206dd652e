import { InvalidRequestError } from '../common/errors';

/** 1 to 128 visible ASCII characters (RFC 5234, appendix B.1, `VCHAR`). */
const DEVICE_FINGERPRINT = /^[\x21-\x7e]{1,128}$/;

/** What a request says about its client. */
export interface ClientContext {
  /** Canonical, see `canonicalIpAddress`. */
  readonly ipAddress: string;
  /** Normalised, see `normaliseUserAgent`; `''` when the request had none. */
  readonly userAgent: string;
  /** `X-Device-Fingerprint` as presented. It is never stored, only a keyed digest of it. */
  readonly deviceFingerprint: string | undefined;
  /**
   * The secrets of the device cookies, the one used last first. They count where `deviceFingerprint` is absent,
   * and only keyed digests of them are stored.
   */
  readonly deviceCookie?: readonly string[] | undefined;
}

/**
 * Reads `X-Device-Fingerprint`.
 *
 * @param header the request's header. Node.js joins a repeated one with a comma and a space, and
 *   the space makes it invalid.
 * @returns the fingerprint, or `undefined` without the header.
 * @throws InvalidRequestError `invalid_request` for the field `x-device-fingerprint`.
 */
export function parseDeviceFingerprint(
  header: string | readonly string[] | undefined,
): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !DEVICE_FINGERPRINT.test(header)) {
    throw new InvalidRequestError([
      { field: 'x-device-fingerprint', message: 'This must be 1 to 128 visible ASCII characters.' },
    ]);
  }
  return header;
}
