import { hash } from 'node:crypto';

import type { RequestInfo } from '../context/request-context';

/**
 * The hash that ties an event to its personal part. Salted, so that it tells nothing once the part
 * and its salt are erased, although the event itself cannot be changed.
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
