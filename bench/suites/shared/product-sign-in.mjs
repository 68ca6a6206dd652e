import { addressOf, httpRequest } from '../../load/requests.mjs';

/** How it is called, in the results as well. */
export const PRODUCT = 'MIRA Auth';

/** @typedef {import('../../load/requests.mjs').HttpRequest} HttpRequest */

/**
 * A server that people sign in to. Person n has the address `addressOf(n)`.
 *
 * @typedef {object} SignInServer
 * @property {string} name
 * @property {import('../../lib/server-process.mjs').ServerProcess} server
 * @property {import('../../lib/postgres.mjs').BenchDatabase} database
 * @property {(n: number) => HttpRequest} linkRequest
 * @property {string} countLinks SQL
 * @property {string} countSessions SQL
 * @property {() => Promise<HttpRequest[]>} verifications the requests that use up every link that
 *   was not used
 */

/**
 * What signing in needs of a build: see `openProduct`.
 *
 * @typedef {Pick<import('../../lib/product.mjs').Product, 'linkToken'>} TokenMaker
 */

/**
 * How people sign in to MIRA Auth.
 *
 * @param {TokenMaker} product
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @param {import('../../lib/server-process.mjs').ServerProcess} server on that database
 * @returns {SignInServer}
 */
export function productSignIn(product, database, server) {
  return {
    name: PRODUCT,
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

/** @param {number} n */
export const emailOf = (n) => `person-${n}@example.com`;

/**
 * @param {string} path
 * @param {string} address of the client
 * @param {object} body
 * @param {Record<string, string>} [headers]
 */
export function post(path, address, body, headers = {}) {
  return httpRequest('POST', path, { 'x-forwarded-for': address, ...headers }, body);
}
