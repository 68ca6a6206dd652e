import { KeyRing } from '../../../src/crypto/key-ring.service';

/** Bytes 00 to 1f: the key of the golden vectors. */
export const FIRST_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

/** Bytes 20 to 3f. */
export const SECOND_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index + 32));

/** As OpenSSL, and Python's `cryptography`, make them of the two keys. */
export const FIRST_KEY_ID = 'ce5afb9dfd326807';
export const SECOND_KEY_ID = '043958ec4d6a8358';

/** The key ring of a process whose first key signs and whose others are only accepted. */
export function keyRingOf(current: Buffer, ...accepted: Buffer[]): KeyRing {
  return new KeyRing({ masterKeys: { current, accepted } });
}
