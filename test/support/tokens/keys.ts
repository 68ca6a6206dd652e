import { KeyRing } from '../../../src/crypto/key-ring.service';

/** A master key with its id, as OpenSSL, and Python's `cryptography`, make it of the key. */
export interface TestKey {
  readonly bytes: Buffer;
  readonly id: string;
}

const bytesFrom = (first: number): Buffer =>
  Buffer.from(Array.from({ length: 32 }, (_, index) => first + index));

/** Bytes 00 to 1f: the key of the golden vectors. */
export const FIRST_KEY: TestKey = { bytes: bytesFrom(0x00), id: 'ce5afb9dfd326807' };

/** Bytes 20 to 3f. */
export const SECOND_KEY: TestKey = { bytes: bytesFrom(0x20), id: '043958ec4d6a8358' };

/** The key ring of a process whose first key signs and whose others are only accepted. */
export function keyRingOf(current: TestKey, ...accepted: TestKey[]): KeyRing {
  return new KeyRing({
    masterKeys: { current: current.bytes, accepted: accepted.map(({ bytes }) => bytes) },
  });
}
