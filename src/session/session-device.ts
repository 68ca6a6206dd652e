import type { UserSession } from './user-session.entity';

/**
 * How the known devices name the device of a session: by its id or, in a session of the first
 * release, by the digest that both have.
 */
export function devicesOf(
  session: Pick<UserSession, 'device_id' | 'device_fingerprint'>,
): string[] {
  return [session.device_id, session.device_fingerprint].filter((name) => name !== null);
}
