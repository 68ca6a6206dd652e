import { createHmac } from 'node:crypto';

import type { KeySet } from './key-ring.service';

const DIGITS = 6;

/**
 * The six-digit code beside a mailed link: HMAC-SHA-256 of the link's id under a key of its own,
 * stored nowhere. Taken from 64 bits, so that no code is likelier than another by more than one in
 * 10^13 (compare RFC 4226, section 5.3).
 *
 * @param linkId the link that the code is good for, and for no other.
 */
export function oneTimeCode(keys: KeySet, linkId: string): string {
  const digest = createHmac('sha256', keys.key('code')).update(linkId).digest();
  return (digest.readBigUInt64BE() % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0');
}
