import { createHmac } from 'node:crypto';

import type { KeySet } from './key-ring.service';

const DIGITS = 6;

/**
 * The six-digit code that is mailed with a link: HMAC-SHA-256 of the link's id under its own key,
 * stored nowhere. It is reduced from 64 bits, so no code is likelier than another by more than one
 * part in 10^13 (compare RFC 4226, section 5.3).
 *
 * @param linkId the only link that the code is valid for.
 */
export function oneTimeCode(keys: KeySet, linkId: string): string {
  const digest = createHmac('sha256', keys.key('code')).update(linkId).digest();
  return (digest.readBigUInt64BE() % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0');
}
