import { randomBytes } from 'node:crypto';

const VERSION = 0x70;
const VARIANT = 0x80;

/**
 * Makes a UUID of version 7 (RFC 9562, section 5.7). Those of a later millisecond sort after those
 * of an earlier one, so that new rows lie together in an index. It shows the time at which it was
 * made; its other 74 bits are random.
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
