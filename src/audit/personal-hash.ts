import { hash } from 'node:crypto';

import type { RequestInfo } from '../context/request-context';

/**
 * The hash that binds an event to its personal part. It is salted: the event cannot be changed, but
 * its hash reveals nothing once the personal part and the salt are erased.
 *
 * @param salt 16 random bytes, kept with the personal part.
 * @returns 64 characters of hex.
 */
export function personalHash(
  salt: Buffer,
  { ipAddress, userAgent }: Pick<RequestInfo, 'ipAddress' | 'userAgent'>,
): string {
  const personal = Buffer.from(JSON.stringify([ipAddress, userAgent]), 'utf8');
  return hash('sha256', Buffer.concat([salt, personal]), 'hex');
}
