import type { EventReferences } from '../audit/security-event';
import type { UserSession } from './user-session.entity';

/** What an event about a session refers to. */
export function referencesTo(
  session: Pick<UserSession, 'id' | 'user_id' | 'tenant_id'>,
): Required<Pick<EventReferences, 'tenantId' | 'userId' | 'sessionId'>> {
  return { tenantId: session.tenant_id, userId: session.user_id, sessionId: session.id };
}
