import { hash, timingSafeEqual } from 'node:crypto';

/**
 * The form in which tokens are stored and looked up: SHA-256 of the exact string, in hex. A token
 * carries an HMAC of 256 bits, so a plain hash is enough (docs/guide.md, section 2.1). The exact
 * string is hashed because decoders accept several spellings of one token, and a hash only one.
 */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Compares two texts in time that depends only on their lengths. */
export function constantTimeEqual(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
