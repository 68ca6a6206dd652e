import type {
  SecurityEvent,
  SessionRevocationReason,
  SignInMethod,
} from '../../audit/security-event';
import type { ObservedContextDetails } from '../../context/context-policy';
import type { SignedInUser } from '../../users/users.service';

/** What the trail records of a sign-in. */
interface RecordedSignIn {
  readonly signedIn: SignedInUser;
  readonly subjectId: string;
  readonly magicLinkId: string;
  readonly method: SignInMethod;
  readonly transport: 'bearer' | 'cookie';
  readonly observed: ObservedContextDetails | undefined;
}

/** The events of sessions that a sign-in has ended. */
export function endEvents(
  { id: userId, tenant_id: tenantId }: SignedInUser['user'],
  sessionIds: readonly string[],
  reason: SessionRevocationReason,
): SecurityEvent[] {
  return sessionIds.map((sessionId) => ({
    type: 'session.revoked',
    tenantId,
    userId,
    sessionId,
    reason,
    details: {},
  }));
}

/** The events of a sign-in that succeeded, in order. */
export function successEvents(
  request: RecordedSignIn,
  sessionId: string,
  {
    rememberDevice,
    replaced,
  }: { readonly rememberDevice: boolean; readonly replaced: readonly string[] },
): SecurityEvent[] {
  const about = {
    tenantId: request.signedIn.user.tenant_id,
    subjectId: request.subjectId,
    userId: request.signedIn.user.id,
    magicLinkId: request.magicLinkId,
  };
  return [
    ...(request.signedIn.isNew
      ? [{ ...about, type: 'user.created', details: {} } satisfies SecurityEvent]
      : []),
    {
      ...about,
      type: 'sign_in.succeeded',
      sessionId,
      details: {
        method: request.method,
        ...(request.observed && { context: request.observed }),
      },
    },
    {
      ...about,
      type: 'session.created',
      sessionId,
      details: {
        remember_device: rememberDevice,
        transport: request.transport,
        ...(replaced.length > 0 && { replaced }),
      },
    },
  ];
}
