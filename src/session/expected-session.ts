import { SessionError } from '../common/errors';

/**
 * Refuses a request that a page makes for another session than the browser's current one, because
 * somebody else has signed in since (docs/reference/owner-or-stranger.md#signing-in-and-out).
 *
 * @param liveIds the live sessions that the request carries; none is nobody else's.
 * @param expectedId the session that the page shows; `undefined` when the request names none.
 * @throws SessionError `session_changed`.
 */
export function refuseOtherSession(
  liveIds: readonly string[],
  expectedId: string | undefined,
): void {
  if (expectedId === undefined || liveIds.length === 0 || liveIds.includes(expectedId)) return;
  throw new SessionError(
    'session_changed',
    'Another session is open in this browser now. Reload the page.',
  );
}
