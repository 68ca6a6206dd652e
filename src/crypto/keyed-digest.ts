import { createHmac } from 'node:crypto';

import type { KeyPurpose, KeySet } from './key-ring.service';

/**
 * HMAC-SHA-256 of several texts under the key of one purpose.
 *
 * @param parts each is prefixed with its length, so no two lists of parts share a digest.
 * @returns 43 characters of base64url.
 */
export function keyedDigest(
  keys: KeySet,
  purpose: KeyPurpose,
  parts: readonly (string | null)[],
): string {
  const hmac = createHmac('sha256', keys.key(purpose));
  for (const part of parts) {
    hmac.update(part === null ? '-;' : `${Buffer.byteLength(part)}:${part};`);
  }

  return hmac.digest('base64url');
}
