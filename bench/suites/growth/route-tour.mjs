import { openConnection } from '../../load/exchange.mjs';
import { addressOf, bearer, httpRequest } from '../../load/requests.mjs';

/** @typedef {import('../../load/requests.mjs').HttpRequest} HttpRequest */

/** After five runs of a statement a connection may keep one plan for all parameters. */
const REPETITIONS = 16;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
/** Client addresses that nobody else here has. */
const FIRST_PERSON = 15_000_000;

/**
 * Asks every route that people use, each often enough for its plans to settle.
 *
 * @param {import('../../lib/product.mjs').Product} product
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @param {string} url of a server
 * @param {string[]} tokens of sessions; some of them end
 * @param {(step: string) => Promise<void>} record called after each route
 */
export async function visitEveryRoute(product, database, url, tokens, record) {
  const connection = openConnection(url);
  /** @param {string} step @param {number} status wanted @param {(n: number) => HttpRequest} request */
  const visit = async (step, status, request) => {
    for (let n = 0; n < REPETITIONS; n += 1) {
      const answered = await connection.exchange(request(n));
      if (answered !== status) throw new Error(`${step}: ${answered} and not ${status}`);
    }
    await record(step);
  };
  /** @param {string} path @param {number} person @param {object} body */
  const post = (path, person, body) =>
    httpRequest('POST', `/auth/${path}`, { 'x-forwarded-for': addressOf(person) }, body);
  const withSession = (/** @type {HttpRequest['method']} */ method, /** @type {string} */ path) => {
    return (/** @type {number} */ n) => bearer(path, tokens[n] ?? '', n, method);
  };
  // A use that is an hour old is noted again.
  await database.sql(
    `UPDATE user_sessions SET last_accessed_at = last_accessed_at - interval '1 hour'
      WHERE ip_address <<= '10.0.0.0/27'`,
  );

  const request = 'magic-link/request';
  const person = (/** @type {number} */ n) => FIRST_PERSON + n;
  const email = (/** @type {number} */ n) => `tour-${n}@example.com`;
  await visit(`POST /auth/${request}`, 200, (n) => post(request, person(n), { email: email(n) }));
  await visit(`POST /auth/${request}, again`, 200, (n) =>
    post(request, person(n), { email: email(n) }),
  );
  await visit(`POST /auth/${request}, for a member`, 200, (n) =>
    post(request, person(n + 100), { email: `member-${n * 7}@example.net` }),
  );
  const people = await ownersOf(database);
  await visit(`POST /auth/${request}, for people with sessions`, 200, (n) =>
    post(request, person(n + 200), { email: people[n] }),
  );
  const links = await liveLinks(product, database);
  const one = (/** @type {number} */ n) => links[n] ?? { id: '', token: '', address: '' };
  /** @param {string} path @param {number} n @param {object} body */
  const postFrom = (path, n, body) =>
    httpRequest('POST', `/auth/magic-link/${path}`, { 'x-forwarded-for': one(n).address }, body);
  await visit('POST /auth/magic-link/inspect', 200, (n) =>
    postFrom('inspect', n, { token: one(n).token }),
  );
  await visit('POST /auth/magic-link/verify-code, wrong', 401, (n) =>
    postFrom('verify-code', n, { magic_link_id: one(n).id, code: '000000' }),
  );
  await visit('POST /auth/magic-link/verify', 200, (n) =>
    postFrom('verify', n, { token: one(n).token }),
  );
  await visit('POST /auth/magic-link/verify, for a member', 200, (n) =>
    postFrom('verify', n + REPETITIONS, { token: one(n + REPETITIONS).token }),
  );
  await visit('A guarded route', 200, withSession('GET', '/resource'));
  await visit('GET /auth/session', 200, withSession('GET', '/auth/session'));
  await visit('GET /auth/sessions', 200, withSession('GET', '/auth/sessions'));
  await visit('GET /auth/events', 200, withSession('GET', '/auth/events'));
  await visit('DELETE /auth/sessions/:id', 404, withSession('DELETE', `/auth/sessions/${UNKNOWN}`));
  await visit('DELETE /auth/sessions', 200, withSession('DELETE', '/auth/sessions'));
  await visit('POST /auth/logout', 204, withSession('POST', '/auth/logout'));
  await connection.close();
}

/**
 * The addresses of the people whose sessions the tour uses: the trail knows them from then on.
 *
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @returns {Promise<string[]>}
 */
async function ownersOf(database) {
  const rows = await database.sql(
    `SELECT email FROM user_sessions JOIN users ON users.id = user_sessions.user_id
      WHERE user_sessions.ip_address < $1 AND user_sessions.ip_address <<= '10.0.0.0/8'
      ORDER BY user_sessions.ip_address`,
    [addressOf(REPETITIONS)],
  );
  return rows.map(({ email }) => email);
}

/**
 * The links of the tour that can be used: those of strangers first, then those of members.
 *
 * @param {import('../../lib/product.mjs').Product} product
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 */
async function liveLinks(product, database) {
  const rows = await database.sql(
    `SELECT *, host(ip_address) AS ip_address FROM magic_links
      WHERE ip_address >= $1 AND NOT is_used AND superseded_at IS NULL AND expires_at > now()
        AND ip_address <<= '10.0.0.0/8'
      ORDER BY magic_links.ip_address`,
    [addressOf(FIRST_PERSON)],
  );
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      token: await product.linkToken(row),
      address: row.ip_address,
    })),
  );
}
