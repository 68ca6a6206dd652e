import { createHmac, randomBytes } from 'node:crypto';

import { startServer } from '../../lib/server-process.mjs';
import { addressOf, httpRequest } from '../../load/requests.mjs';

/** How the servers are called, here and in the results. */
export const NAMES = {
  limit: 'the limit: one route, one statement',
  product: 'MIRA Auth',
  betterAuth: 'better-auth',
};

/**
 * A server that people sign in to. Person n has the address `addressOf(n)`.
 *
 * @typedef {object} SignInServer
 * @property {string} name
 * @property {import('../../lib/server-process.mjs').ServerProcess} server
 * @property {import('../../lib/postgres.mjs').BenchDatabase} database
 * @property {(n: number) => string} linkRequest the whole HTTP request
 * @property {string} countLinks SQL
 * @property {string} countSessions SQL
 * @property {() => Promise<string[]>} verifications the whole HTTP requests that use up every link
 *   that was not used
 */

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer[]>}
 */
export async function startSignInServers(run) {
  return [await startLimit(run), await startProduct(run), await startBetterAuth(run)];
}

/** @param {number} n */
const emailOf = (n) => `person-${n}@example.com`;

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer>}
 */
async function startProduct({ postgres, product }) {
  const database = await postgres.createDatabase('signin', product.dist);
  return productSignIn(product, database, await product.start(database));
}

/**
 * How people sign in to MIRA Auth.
 *
 * @param {import('../../lib/product.mjs').Product} product
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @param {import('../../lib/server-process.mjs').ServerProcess} server on that database
 * @returns {SignInServer}
 */
export function productSignIn(product, database, server) {
  return {
    name: NAMES.product,
    server,
    database,
    linkRequest: (n) => post('/auth/magic-link/request', addressOf(n), { email: emailOf(n) }),
    countLinks: 'SELECT count(*)::integer AS count FROM magic_links',
    countSessions: 'SELECT count(*)::integer AS count FROM user_sessions',
    verifications: async () => {
      const links = await database.sql(
        `SELECT *, host(ip_address) AS ip_address FROM magic_links
          WHERE NOT is_used AND superseded_at IS NULL AND expires_at > now() + interval '1 minute'`,
      );
      return Promise.all(
        links.map(async (link) => {
          const token = await product.linkToken(link);
          return post('/auth/magic-link/verify', link.ip_address, { token });
        }),
      );
    },
  };
}

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer>}
 */
async function startLimit({ postgres, product }) {
  const database = await postgres.createDatabase('signin_limit', product.dist);
  const tokenKey = randomBytes(32).toString('hex');
  return {
    name: NAMES.limit,
    server: await startServer('one-statement.mjs', { databaseUrl: database.appUrl, tokenKey }),
    database,
    linkRequest: (n) => post('/request', addressOf(n), { email: emailOf(n) }),
    countLinks: 'SELECT count(*)::integer AS count FROM magic_links',
    countSessions: 'SELECT count(*)::integer AS count FROM user_sessions',
    verifications: async () => {
      const links = await database.sql(
        'SELECT email, host(ip_address) AS ip_address FROM magic_links WHERE NOT is_used',
      );
      return links.map(({ email, ip_address: address }) => {
        const token = createHmac('sha256', tokenKey).update(email).digest('base64url');
        return post('/verify', address, { token });
      });
    },
  };
}

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer>}
 */
async function startBetterAuth({ postgres }) {
  const database = await postgres.createDatabase('signin_better_auth');
  const settings = { databaseUrl: database.adminUrl, cookieCache: false };
  const origin = { Origin: 'http://localhost:3000' };
  return {
    name: NAMES.betterAuth,
    server: await startServer('better-auth.mjs', settings),
    database,
    linkRequest: (n) =>
      post('/api/auth/sign-in/magic-link', addressOf(n), { email: emailOf(n) }, origin),
    countLinks: `SELECT (SELECT count(*) FROM verification)::integer
                      + (SELECT count(*) FROM session)::integer AS count`,
    countSessions: 'SELECT count(*)::integer AS count FROM session',
    verifications: async () => {
      const links = await database.sql('SELECT identifier FROM verification');
      return links.map(({ identifier }, n) => {
        const token = identifier.slice('magic-link:'.length);
        const headers = { 'X-Forwarded-For': addressOf(n) };
        return httpRequest('GET', `/api/auth/magic-link/verify?token=${token}`, headers);
      });
    },
  };
}

/**
 * @param {string} path
 * @param {string} address of the client
 * @param {object} body
 * @param {Record<string, string>} [headers]
 */
function post(path, address, body, headers = {}) {
  return httpRequest('POST', path, { 'X-Forwarded-For': address, ...headers }, body);
}
