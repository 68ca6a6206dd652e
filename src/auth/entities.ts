import { SecurityEventEntity } from '../audit/security-event.entity';
import { SecurityEventPersonal } from '../audit/security-event-personal.entity';
import { Subject } from '../audit/subject.entity';
import type { Entity } from '../database/driver/data-source';
import { CodeLockout } from '../magic-link/code-lockout.entity';
import { MagicLink } from '../magic-link/magic-link.entity';
import { MailPause } from '../magic-link/mail-pause.entity';
import { MailOutboxEntity } from '../mail/outbox/mail-outbox.entity';
import { RateLimit } from '../rate-limit/rate-limit.entity';
import { SessionRevocation } from '../session/memory/session-revocation.entity';
import { UserSession } from '../session/user-session.entity';
import { Device } from '../users/device.entity';
import { User } from '../users/user.entity';

/** The entities of all tables, for the module's data source and for the drift check. */
export const entities: readonly Entity[] = [
  User,
  MagicLink,
  UserSession,
  SessionRevocation,
  SecurityEventEntity,
  SecurityEventPersonal,
  Subject,
  RateLimit,
  MailOutboxEntity,
  CodeLockout,
  Device,
  MailPause,
];
