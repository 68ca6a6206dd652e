import type { CleanUpCounts } from '../../../src/audit/security-event';
import { MAIL_OUTBOX_CHANNEL } from '../../../src/mail/outbox/mail-outbox.repository';
import { canonicalEmailAddress } from '../../../src/users/email-address';
import type { TestService } from '../test-service';
import { waitFor } from '../wait-for';

type Sql = TestService['sql'];

/** What an invariant says, and a query for the rows that break it. */
interface InvariantCheck {
  readonly invariant: string;
  readonly sql: string;
}

/** How many rows of one kind clean-ups have deleted, as the trail has it. */
const cleanedUp = (kind: keyof CleanUpCounts): string =>
  `(SELECT coalesce(sum((details ->> '${kind}')::integer), 0) FROM security_events
     WHERE type = 'expired_data.deleted')`;

/**
 * The invariants that a whole database can be asked about. What happened to rows
 * that are gone is still in the trail, which also tells how many were cleaned up.
 */
const CHECKS: readonly InvariantCheck[] = [
  {
    invariant: 'I1: at most one session comes of one link',
    sql: `SELECT magic_link_id FROM user_sessions
           WHERE magic_link_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1
           UNION ALL
          SELECT magic_link_id FROM security_events
           WHERE type = 'session.created' GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    invariant: 'I2: a link is used if and only if exactly one session names it',
    sql: `SELECT link.id, link.is_used, count(session.id) AS sessions
            FROM magic_links link LEFT JOIN user_sessions session ON session.magic_link_id = link.id
           GROUP BY link.id
          HAVING count(session.id) <> link.is_used::integer`,
  },
  {
    // now() is the time of the transaction, and what wrote the event has its number.
    invariant: 'I2: in the same commit',
    sql: `SELECT link.id
            FROM magic_links link
            JOIN security_events signed_in
              ON signed_in.magic_link_id = link.id AND signed_in.type = 'sign_in.succeeded'
            JOIN security_events created
              ON created.magic_link_id = link.id AND created.type = 'session.created'
           WHERE link.used_at IS DISTINCT FROM signed_in.occurred_at
              OR signed_in.xact <> created.xact`,
  },
  {
    invariant: 'I3: one user per address',
    sql: `SELECT tenant_id, lower(email) FROM users GROUP BY 1, 2 HAVING count(*) > 1`,
  },
  {
    invariant: 'I4: no session without a used link',
    sql: `SELECT session.id
            FROM user_sessions session LEFT JOIN magic_links link ON link.id = session.magic_link_id
           WHERE link.is_used IS NOT TRUE
              OR link.user_id <> session.user_id`,
  },
  {
    invariant: 'I5: exactly one success event per session',
    sql: `WITH event AS (SELECT * FROM security_events WHERE type = 'sign_in.succeeded')
          SELECT session.id AS session_id, count(event.id) AS events
            FROM user_sessions session LEFT JOIN event ON event.session_id = session.id
           GROUP BY session.id HAVING count(event.id) <> 1
           UNION ALL
          SELECT NULL, count(*)
            FROM event LEFT JOIN user_sessions session ON session.id = event.session_id
           WHERE session.id IS NULL HAVING count(*) <> ${cleanedUp('sessions')}`,
  },
  {
    invariant: 'I7: one mail for each accepted request',
    sql: `WITH event AS (SELECT * FROM security_events WHERE type = 'magic_link.requested'),
               mail AS (SELECT * FROM mail_outbox WHERE kind = 'magic_link')
          SELECT link.id AS link_id, count(mail.id) AS rows
            FROM magic_links link LEFT JOIN mail ON mail.magic_link_id = link.id
           GROUP BY link.id HAVING count(mail.id) > 1
           UNION ALL
          SELECT NULL, count(*)
            FROM magic_links link LEFT JOIN mail ON mail.magic_link_id = link.id
           WHERE mail.id IS NULL HAVING count(*) > ${cleanedUp('mails')}
           UNION ALL
          SELECT link.id, count(event.id)
            FROM magic_links link LEFT JOIN event ON event.magic_link_id = link.id
           GROUP BY link.id HAVING count(event.id) <> 1
           UNION ALL
          SELECT NULL, count(*)
            FROM event LEFT JOIN magic_links link ON link.id = event.magic_link_id
           WHERE link.id IS NULL HAVING count(*) <> ${cleanedUp('magic_links')}`,
  },
];

/** A compact JWS, wherever it is written: a token of ours begins like this. */
const TOKEN = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/;

/**
 * Expects the invariants I1 to I7 to hold of everything that a database holds. Waits first until
 * all mails have come to their end.
 *
 * @param secrets must be nowhere in the database (I6): raw tokens, fingerprints, keys, canaries.
 */
export async function expectInvariants(
  { sql }: Pick<TestService, 'sql'>,
  secrets: readonly string[] = [],
): Promise<void> {
  await waitFor('every mail to come to its end (I7)', async () => {
    const pending = await sql(`SELECT FROM mail_outbox WHERE state = 'pending' LIMIT 1`);
    return pending.length === 0 ? true : undefined;
  });
  const broken: Record<string, object[]> = {};
  for (const { invariant, sql: query } of CHECKS) {
    const rows = await sql(query);
    if (rows.length > 0) broken[invariant] = rows;
  }
  expect(broken).toEqual({});
  for (const { email } of await sql<{ email: string }>('SELECT email FROM users')) {
    expect(canonicalEmailAddress(email)).toBe(email);
  }

  await expectNoSecretStored(sql, secrets);
}

/**
 * Lets the leases of mail workers run out whose process or connection was killed, and wakes those
 * that live: nobody wants to wait for a minute and a half.
 */
export async function endMailLeases({ sql }: Pick<TestService, 'sql'>): Promise<void> {
  await sql(
    `UPDATE mail_outbox SET leased_until = NULL, next_attempt_at = now() WHERE state = 'pending'`,
  );
  await sql(`NOTIFY ${MAIL_OUTBOX_CHANNEL}`);
}

/** Expects no row of any table to hold a secret (I6). */
async function expectNoSecretStored(sql: Sql, secrets: readonly string[]): Promise<void> {
  const dump = await dumpOf(sql);
  // A dump that misses the rows would prove nothing.
  expect(dump.some((row) => row.startsWith('magic_links '))).toBe(true);
  expect(dump.filter((row) => TOKEN.test(row))).toEqual([]);
  expect(linesWith(dump, secrets)).toEqual([]);
}

/** Every row of every table, as text that begins with the table's name. */
async function dumpOf(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const dump: string[] = [];
  for (const { name } of tables) {
    const rows = await sql<{ row: string }>(`SELECT '${name} ' || t::text AS row FROM ${name} t`);
    dump.push(...rows.map(({ row }) => row));
  }
  return dump;
}

/** The lines that hold one of the texts. */
export function linesWith(lines: readonly string[], texts: readonly string[]): string[] {
  const whole = lines.join('\n');
  const found = texts.filter((text) => whole.includes(text));
  return lines.filter((line) => found.some((text) => line.includes(text)));
}
