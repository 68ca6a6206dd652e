/** 32 bytes: the output of HKDF's hash, so that no derived key is weaker than it (RFC 5869, 3.4). */
const MINIMUM_BYTES = 32;

/**
 * Reads a master key.
 *
 * @param hex the key in hexadecimal, at least 64 characters.
 * @param name how the key is called in the message of the error: an option or a variable.
 * @returns the key's bytes.
 * @throws TypeError naming `name` and what is wanted, never the value, when the key is not hex, is
 *   shorter than 32 bytes, or repeats one byte (docs/reference/security.md#keys).
 */
export function parseMasterKey(hex: string, name: string): Buffer {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) {
    throw new TypeError(`${name} must be a hexadecimal string of at least 64 characters`);
  }

  const key = Buffer.from(hex, 'hex');
  if (key.length < MINIMUM_BYTES) {
    throw new TypeError(`${name} must have at least 64 hexadecimal characters (32 bytes)`);
  }

  if (key.every((byte) => byte === key[0])) {
    throw new TypeError(`${name} must be random: it repeats a single byte`);
  }

  return key;
}
