import { randomBytes } from 'node:crypto';

const VERSION = 0x70;
const VARIANT = 0x80;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): those of later milliseconds sort after those of
 * earlier ones, and new rows lie together in their indexes. Whoever sees it learns the time, and
 * 74 bits of it cannot be guessed.
 *
 * @param time by the clock that rows are ordered by.
 */
export function timeOrderedUuid(time: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(time.getTime(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | VERSION, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | VARIANT, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
