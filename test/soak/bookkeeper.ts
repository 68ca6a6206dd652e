import type { Findings } from './findings';
import type { OwnerSessions } from './people/owner-sessions';

/** How often, and after how long a pause, to look whether mails have been sent: for five seconds. */
const MOST_LOOKS = 1_000;
const PAUSE_MILLISECONDS = 5;

/** Asks the database as its superuser. */
export type Sql = <Row extends object>(text: string, parameters?: unknown[]) => Promise<Row[]>;

interface EndedSession {
  readonly id: string;
  readonly revoked_reason: string | null;
  readonly minutes_early: number;
}

interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly session_id: string | null;
}

/**
 * Compares the rows of the service with what owners have done, once for each day: which sessions
 * ended, which mails were queued beside those with links, and whether every link's mail was sent.
 */
export class Bookkeeper {
  /** Links whose mails have to be sent, with the circumstances in which they were asked for. */
  private readonly expected = new Map<string, string>();
  private readonly seenSessions = new Set<string>();
  private readonly seenNotices = new Set<string>();

  constructor(
    private readonly sql: Sql,
    private readonly sessions: OwnerSessions,
    private readonly findings: Findings,
  ) {}

  /** A link's mail that has to be sent. */
  expectMail(linkId: string, circumstances: string): void {
    this.expected.set(linkId, circumstances);
  }

  /** Whether a link's mail is on its way. */
  async isPending(linkId: string): Promise<boolean> {
    const rows = await this.sql(
      `SELECT FROM mail_outbox WHERE magic_link_id = $1 AND state = 'pending'`,
      [linkId],
    );
    return rows.length > 0;
  }

  /**
   * Waits until the outbox is empty. Time must not go on while a mail is being sent: it belongs to
   * its worker for 90 seconds, which are over in a moment here.
   */
  async untilMailsAreSent(): Promise<void> {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const waiting = await this.sql(`SELECT FROM mail_outbox WHERE state = 'pending' LIMIT 1`);
      if (waiting.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
  }

  /** @param since nothing older is new. */
  async compare(since: Date): Promise<void> {
    await this.compareSessions(since);
    await this.compareEndings();
    await this.compareLinkMails();
    await this.compareNotices(since);
  }

  private async compareSessions(since: Date): Promise<void> {
    const ended = await this.sql<EndedSession>(
      `SELECT id, revoked_reason, extract(epoch FROM expires_at - revoked_at) / 60 AS minutes_early
         FROM user_sessions WHERE revoked_at >= $1 AND revoked_at < expires_at`,
      [since],
    );
    for (const { id, revoked_reason: reason, minutes_early: early } of ended) {
      if (this.seenSessions.has(id)) continue;
      this.seenSessions.add(id);
      if (this.sessions.endingOf(id) === reason) continue;
      const session = this.sessions.find(id);
      const whose = session?.device.name ?? 'nobody that we know';
      this.findings.violate(
        'sessionEnded',
        reason ?? 'no reason',
        `session ${id} on the ${whose}, ${Math.round(early)} minutes early`,
      );
    }
  }

  private async compareEndings(): Promise<void> {
    const live = await this.sql<{ id: string }>(
      'SELECT id FROM user_sessions WHERE id = ANY($1) AND is_active',
      [this.sessions.takeEnded()],
    );
    for (const { id } of live) {
      const session = this.sessions.find(id);
      const doing = this.sessions.endingOf(id) ?? '';
      this.findings.violate(
        'sessionNotEnded',
        doing,
        `session ${id} on the ${session?.device.name ?? '?'}`,
      );
    }
  }

  private async compareLinkMails(): Promise<void> {
    const rows = await this.sql<{ magic_link_id: string; state: string }>(
      'SELECT magic_link_id, state FROM mail_outbox WHERE magic_link_id = ANY($1)',
      [[...this.expected.keys()]],
    );
    const states = new Map(rows.map(({ magic_link_id: id, state }) => [id, state]));
    for (const [id, circumstances] of this.expected) {
      const state = states.get(id) ?? 'gone';
      if (state === 'pending') continue;
      this.expected.delete(id);
      if (state === 'sent') this.findings.count('mails');
      else this.findings.violate('mailWithheld', state, `link ${id}, ${circumstances}`);
    }
  }

  private async compareNotices(since: Date): Promise<void> {
    const notices = await this.sql<Notice>(
      `SELECT mail.id, mail.kind, event.session_id
         FROM mail_outbox AS mail LEFT JOIN security_events AS event ON event.id = mail.event_id
        WHERE mail.kind <> 'magic_link' AND mail.created_at >= $1`,
      [since],
    );
    for (const { id, kind, session_id: sessionId } of notices) {
      if (this.seenNotices.has(id)) continue;
      this.seenNotices.add(id);
      this.findings.count('mails');
      const session = this.sessions.find(sessionId ?? '');
      const circumstances = `session ${sessionId ?? 'none'} on the ${session?.device.name ?? '?'}`;
      if (kind === 'session_ended') this.findings.violate('endedMail', kind, circumstances);
      else if (kind !== 'new_sign_in') this.findings.violate('otherMail', kind, circumstances);
      else if (session?.knewDevice !== false) {
        this.findings.violate('newSignInMail', kind, circumstances);
      } else this.findings.count('newDevices');
    }
  }
}
