import { CreateUsers1764000001000 } from './1764000001000-create-users';
import { CreateMagicLinks1764000002000 } from './1764000002000-create-magic-links';
import { CreateUserSessions1764000003000 } from './1764000003000-create-user-sessions';
import { CreateAuditTrail1764000004000 } from './1764000004000-create-audit-trail';
import { CreateRateLimits1764000005000 } from './1764000005000-create-rate-limits';
import { CreateMailOutbox1764000006000 } from './1764000006000-create-mail-outbox';
import { CreateCodeLockouts1764000007000 } from './1764000007000-create-code-lockouts';
import { IndexExpiredRows1764000008000 } from './1764000008000-index-expired-rows';
import { CreateSessionRevocations1764000009000 } from './1764000009000-create-session-revocations';
import { EndSessionsOfRefusedUsers1764000010000 } from './1764000010000-end-sessions-of-refused-users';
import { CreateDevices1764000011000 } from './1764000011000-create-devices';
import { TakeOverKnownDevices1764000012000 } from './1764000012000-take-over-known-devices';
import { KeepEveryLink1764000013000 } from './1764000013000-keep-every-link';
import { PartFromDeletedUsers1764000014000 } from './1764000014000-part-from-deleted-users';

/** Every migration, oldest first. A new one is added at the end. */
export const migrations = [
  CreateUsers1764000001000,
  CreateMagicLinks1764000002000,
  CreateUserSessions1764000003000,
  CreateAuditTrail1764000004000,
  CreateRateLimits1764000005000,
  CreateMailOutbox1764000006000,
  CreateCodeLockouts1764000007000,
  IndexExpiredRows1764000008000,
  CreateSessionRevocations1764000009000,
  EndSessionsOfRefusedUsers1764000010000,
  CreateDevices1764000011000,
  TakeOverKnownDevices1764000012000,
  KeepEveryLink1764000013000,
  PartFromDeletedUsers1764000014000,
] as const;
