import { createHmac, randomBytes } from 'node:crypto';

import { startServer } from '../../lib/server-process.mjs';
import { addressOf, httpRequest } from '../../load/requests.mjs';
import { emailOf, post, PRODUCT, productSignIn } from '../shared/product-sign-in.mjs';

/** How the servers are called, here and in the results. */
export const NAMES = {
  limit: 'the limit: one route, one statement',
  product: PRODUCT,
  betterAuth: 'better-auth',
};

/** @typedef {import('../shared/product-sign-in.mjs').SignInServer} SignInServer */

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer[]>}
 */
export async function startSignInServers(run) {
  return [await startLimit(run), await startProduct(run), await startBetterAuth(run)];
}

/**
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<SignInServer>}
 */
async function startProduct({ postgres, product }) {
  const database = await postgres.createDatabase('signin', product.dist);
  return productSignIn(product, database, await product.start(database));
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
  const origin = { origin: 'http://localhost:3000' };
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
        const headers = { 'x-forwarded-for': addressOf(n) };
        return httpRequest('GET', `/api/auth/magic-link/verify?token=${token}`, headers);
      });
    },
  };
}
