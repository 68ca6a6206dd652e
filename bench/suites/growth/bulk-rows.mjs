/** How many people there are in the bulk: each has so many links and sessions. */
const SESSIONS_EACH = 5;
/** Rows of one transaction. */
const STEP = 1_000_000;

/**
 * Fills the tables with plausible rows that nobody uses, and tells between the steps. Identifiers
 * rise with their rows, which makes loading fast and costs no more to look up: the sessions that
 * are looked up later have random ones.
 *
 * - Of ten links nine were used, each by one session; one expired unused.
 * - Of twenty sessions nineteen are live, and one has expired long ago, so that there is something
 *   to clean up.
 * - Beside them there are a tenth as many events with the people they are of, and a hundredth as
 *   many counts of wrong codes and news of revocations.
 *
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @param {number} rows links, and as many sessions
 * @param {(done: number) => Promise<void>} between called after each step
 */
export async function addBulkRows(database, rows, between) {
  for (let done = 0; done < rows;) {
    const last = Math.min(rows, done + STEP);
    await database.sql(bulkSql(done, last, rows));
    done = last;
    await between(done);
  }
  await database.sql(besidesSql(rows));
  await database.sql('VACUUM (ANALYZE)');
  await database.sql('CHECKPOINT');
}

/**
 * @param {number} first row that is not there yet, from 0
 * @param {number} last the first one that shall not be there
 * @param {number} rows in the end
 */
function bulkSql(first, last, rows) {
  const scale = Math.floor((2 ** 32 - 1) / rows);
  /** Rising, and random after the first eight digits. @param {string} n @param {string} kind */
  const hex = (n, kind) =>
    `lpad(to_hex(${n}::bigint * ${scale}), 8, '0') || md5('${kind}' || ${n})`;
  const uuid = (/** @type {string} */ n, /** @type {string} */ kind) =>
    `substr(${hex(n, kind)}, 1, 32)::uuid`;
  const hash = (/** @type {string} */ n, /** @type {string} */ kind) =>
    `substr(${hex(n, kind)} || md5(${n} || '${kind}'), 1, 64)`;
  const person = `(n / ${SESSIONS_EACH})`;
  const createdAt = `CASE WHEN n < ${rows / 20} THEN now() - interval '200 days'
                          ELSE now() - interval '1 day' - (${rows} - n) * (interval '28 days' / ${rows}) END`;
  const series = `FROM generate_series(${first}, ${last - 1}) AS n`;
  return `
    BEGIN;
    -- Foreign keys are not checked one by one; they hold.
    SET LOCAL session_replication_role = replica;
    SET LOCAL synchronous_commit = off;
    INSERT INTO users (id, email, email_verified, known_ip_addresses, created_at, last_login_at)
    SELECT ${uuid(person, 'user')}, 'member-' || ${person} || '@example.net', true,
           ARRAY['172.16.0.0'::inet + n % 1000000], ${createdAt}, now()
      ${series} WHERE n % ${SESSIONS_EACH} = 0;
    INSERT INTO magic_links (id, user_id, email, token_hash, ip_address, user_agent, is_used,
                             used_at, expires_at, created_at, client_network, key_id)
    SELECT ${uuid('n', 'link')}, ${uuid(person, 'user')}, 'member-' || ${person} || '@example.net',
           ${hash('n', 'link')}, '172.16.0.0'::inet + n % 1000000, 'Mozilla/5.0 (bulk)',
           n % 10 < 9, CASE WHEN n % 10 < 9 THEN ${createdAt} END,
           ${createdAt} + interval '15 minutes', ${createdAt},
           ('172.16.0.0'::inet + n % 1000000)::cidr, '0123456789abcdef'
      ${series};
    INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent, auth_method,
                               remember_device, created_at, last_accessed_at, expires_at,
                               magic_link_id, key_id)
    SELECT ${uuid('n', 'session')}, ${uuid(person, 'user')}, ${hash('n', 'session')},
           '172.16.0.0'::inet + n % 1000000, 'Mozilla/5.0 (bulk)',
           CASE WHEN n % 10 < 9 THEN 'magic_link' ELSE 'migrated' END, true,
           ${createdAt}, ${createdAt}, ${createdAt} + interval '30 days',
           CASE WHEN n % 10 < 9 THEN ${uuid('n', 'link')} END, '0123456789abcdef'
      ${series};
    COMMIT`;
}

/**
 * What stands beside links and sessions. Of the counts one in twenty is due to be deleted, and all
 * of the news are.
 *
 * @param {number} rows of links, and of sessions
 */
function besidesSql(rows) {
  return `
    BEGIN;
    SET LOCAL synchronous_commit = off;
    INSERT INTO subjects (id, address_digest, key_id)
    SELECT md5('subject' || n)::uuid, md5('address' || n), '0123456789abcdef'
      FROM generate_series(1, ${rows / 10}) AS n;
    INSERT INTO security_events (id, type, severity, subject_id)
    SELECT md5('event' || n)::uuid, 'magic_link.requested', 'info', md5('subject' || n)::uuid
      FROM generate_series(1, ${rows / 10}) AS n;
    INSERT INTO code_lockouts (key, wrong_codes, updated_at)
    SELECT md5('lockout' || n), 1,
           now() - CASE WHEN n % 20 = 0 THEN interval '40 days' ELSE interval '1 day' END
      FROM generate_series(1, ${rows / 100}) AS n;
    INSERT INTO session_revocations (session_token_hash, revoked_at)
    SELECT md5('session' || n), now() - interval '2 hours'
      FROM generate_series(1, ${rows / 100}) AS n;
    COMMIT`;
}
