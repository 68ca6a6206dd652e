import { createHmac, randomBytes, randomUUID } from 'node:crypto';

import { startServer } from '../../lib/server-process.mjs';
import { addressOf, bearer, httpRequest } from '../../load/requests.mjs';

/** Sessions that take turns: enough that none is special, few enough that all are warm. */
export const SESSIONS = 100;

/**
 * A server and the requests that it is sent.
 *
 * @typedef {object} GuardedServer
 * @property {string} name as it is shown
 * @property {import('../../lib/server-process.mjs').ServerProcess} server
 * @property {import('../../load/requests.mjs').HttpRequest[]} requests
 */

/**
 * Starts every server whose guarded route is compared, with sessions for each.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @returns {Promise<GuardedServer[]>}
 */
export async function startGuardedServers({ postgres, product }) {
  const database = await postgres.createDatabase('guard', product.dist);
  const tokens = await product.openSessions(database, SESSIONS);
  const guarded = tokens.map((token, n) => bearer('/resource', token, n));
  const open = tokens.map((token, n) => bearer('/open', token, n));

  const warm = await product.start(database);
  const cold = await product.start(database, { session: { cacheEntries: 0 } });
  /** @param {string} [guard] */
  const reference = (guard) =>
    startServer('nest-reference.mjs', { guard, jwtKey, databaseUrl: database.appUrl });
  const jwtKey = randomBytes(32).toString('hex');
  const jwts = Array.from({ length: SESSIONS }, (_, n) => bearer('/resource', jwt(jwtKey), n));
  return [
    { name: NAMES.bare, server: await reference(), requests: guarded },
    { name: NAMES.nothing, server: await reference('nothing'), requests: guarded },
    { name: NAMES.open, server: warm, requests: open },
    { name: NAMES.warm, server: warm, requests: guarded },
    { name: NAMES.cold, server: cold, requests: guarded },
    { name: NAMES.query, server: await reference('query'), requests: guarded },
    { name: NAMES.jwt, server: await reference('jwt'), requests: jwts },
    { name: NAMES.betterAuthCached, ...(await startBetterAuth(postgres, true)) },
    { name: NAMES.betterAuth, ...(await startBetterAuth(postgres, false)) },
    { name: NAMES.expressSession, ...(await startExpressSession(postgres)) },
  ];
}

/** How the servers are called, here and in the results. */
export const NAMES = {
  bare: 'NestJS, no guard',
  nothing: 'NestJS, a guard that does nothing',
  open: 'MIRA Auth, unguarded route',
  warm: 'MIRA Auth, session guard, cache warm',
  cold: 'MIRA Auth, session guard, cache off',
  query: 'NestJS, a guard with one prepared join',
  jwt: 'NestJS, a guard that verifies a JWT',
  betterAuthCached: 'better-auth, cookie cache on',
  betterAuth: 'better-auth, database',
  expressSession: 'express-session, connect-pg-simple',
};

/** What `jose` verifies: HS256, with the usual claims. @param {string} key hexadecimal */
function jwt(key) {
  const encode = (/** @type {object} */ part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const claims = { sub: randomUUID(), jti: randomUUID(), iat: now, exp: now + 86_400 };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = createHmac('sha256', Buffer.from(key, 'hex')).update(signed);
  return `${signed}.${signature.digest('base64url')}`;
}

/**
 * @param {import('../../lib/postgres.mjs').BenchPostgres} postgres
 * @param {boolean} cookieCache
 */
async function startBetterAuth(postgres, cookieCache) {
  const database = await postgres.createDatabase(`better_auth_${cookieCache ? 'cached' : 'plain'}`);
  const server = await startServer('better-auth.mjs', {
    databaseUrl: database.adminUrl,
    cookieCache,
  });
  const requests = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    const headers = { 'content-type': 'application/json', origin: 'http://localhost:3000' };
    const body = JSON.stringify({ email: `person-${n}@example.com` });
    await fetch(`${server.url}/api/auth/sign-in/magic-link`, { method: 'POST', headers, body });
    const [{ identifier }] = await database.sql(
      'SELECT identifier FROM verification ORDER BY "createdAt" DESC LIMIT 1',
    );
    const token = identifier.slice('magic-link:'.length);
    const answer = await fetch(`${server.url}/api/auth/magic-link/verify?token=${token}`);
    requests.push(withCookies(answer, n));
  }
  return { server, requests };
}

/** @param {import('../../lib/postgres.mjs').BenchPostgres} postgres */
async function startExpressSession(postgres) {
  const database = await postgres.createDatabase('express_session');
  const server = await startServer('express-session.mjs', { databaseUrl: database.adminUrl });
  const requests = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    requests.push(withCookies(await fetch(`${server.url}/sign-in`, { method: 'POST' }), n));
  }

  return { server, requests };
}

/** @param {Response} answer of a sign-in @param {number} n */
function withCookies(answer, n) {
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  if (!answer.ok || cookies.length === 0) throw new Error(`a peer's sign-in: ${answer.status}`);
  const headers = { cookie: cookies.join('; '), 'x-forwarded-for': addressOf(n) };
  return httpRequest('GET', '/resource', headers);
}
