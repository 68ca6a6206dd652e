import type { DataSource } from 'typeorm';

import { MIGRATIONS_TABLE } from './driver/data-source';

/** Tables in which the service may read and change all rows. */
const WORKING_TABLES = [
  'users',
  'magic_links',
  'user_sessions',
  'subjects',
  'rate_limits',
  'mail_outbox',
  'code_lockouts',
  'devices',
  'mail_pauses',
] as const;

/**
 * Grants the runtime role what it needs (docs/reference/data.md#roles): no DDL, and on the audit
 * trail only INSERT and SELECT. Repeatable; grants of an earlier release that are no longer needed
 * are revoked.
 *
 * @throws TypeError when the role does not exist.
 */
export async function grantRuntimeRole(dataSource: DataSource, role: string): Promise<void> {
  const { quoted, schema, is_owner: isOwner } = await findRole(dataSource, role);
  // With a single role, which owns the tables, only the trigger protects the audit trail.
  if (isOwner) return;
  await dataSource.query(`
    GRANT USAGE ON SCHEMA ${schema} TO ${quoted};
    REVOKE ALL ON security_events, security_event_personal, session_revocations,
      ${MIGRATIONS_TABLE},
      ${WORKING_TABLES.join(', ')} FROM ${quoted};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${WORKING_TABLES.join(', ')} TO ${quoted};
    GRANT SELECT, INSERT ON security_events TO ${quoted};
    GRANT SELECT, INSERT, DELETE ON security_event_personal TO ${quoted};
    GRANT SELECT, DELETE ON session_revocations TO ${quoted};
    GRANT SELECT ON ${MIGRATIONS_TABLE} TO ${quoted};
  `);
}

interface FoundRole {
  /** Quoted for SQL where that is necessary, as is `schema`. */
  readonly quoted: string;
  readonly schema: string;
  /** Whether the role is the one that migrates. */
  readonly is_owner: boolean;
}

/**
 * Looks up a role, so that a missing one is noticed before anything is changed.
 *
 * @throws TypeError when the role does not exist.
 */
export async function findRole(dataSource: DataSource, role: string): Promise<FoundRole> {
  const [found] = await dataSource.query<FoundRole[]>(
    `SELECT quote_ident(rolname) AS quoted,
            rolname = current_user AS is_owner,
            quote_ident(current_schema()) AS schema
       FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  if (found === undefined) {
    throw new TypeError(
      'the runtime role does not exist in the database: create it, or name another in AUTH_DB_USER',
    );
  }
  return found;
}

/**
 * Whether the connected role could change the audit trail if its trigger were dropped: true for the
 * schema's owner and for superusers.
 */
export async function canAlterTrail(dataSource: DataSource): Promise<boolean> {
  const [row] = await dataSource.query<{ can: boolean }[]>(
    `SELECT has_table_privilege('security_events', 'UPDATE') AS can`,
  );
  return row?.can ?? true;
}
