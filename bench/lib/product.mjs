import 'reflect-metadata';

import { hash, randomBytes, randomUUID } from 'node:crypto';

import { NestFactory } from '@nestjs/core';

import { addressOf, USER_AGENT } from '../load/requests.mjs';
import { loadEntry, loadPrivateClasses } from './product-files.mjs';
import { startServer } from './server-process.mjs';

const PUBLIC_URL = 'http://localhost:3000';
const DAY = 24 * 60 * 60;
/** Rows that are sent to PostgreSQL at a time. */
const BATCH = 10_000;

/** @typedef {import('./postgres.mjs').BenchDatabase} BenchDatabase */

/**
 * MIRA Auth as it is measured: its options, and its own services that make tokens. Other checkouts
 * call this too (`bench:quick --against`), and use `start`, `openSessions` and `linkToken`.
 *
 * @param {string} dist the build
 * @param {import('./postgres.mjs').BenchPostgres} postgres
 */
export async function openProduct(dist, postgres) {
  const masterKey = randomBytes(32).toString('hex');
  // The limits are the defaults; what works in the background is off, and measured by itself.
  const optionsFor = (/** @type {BenchDatabase} */ database) => ({
    masterKey,
    publicUrl: PUBLIC_URL,
    database: { url: database.appUrl },
    trustedProxies: ['127.0.0.1/32'],
    mailWorker: false,
    cleanUp: { intervalSeconds: 0 },
  });
  const { keyRing, signer, digests, linkTokens } = await tokenMakers(
    dist,
    optionsFor(await postgres.createDatabase(`product_${randomBytes(4).toString('hex')}`, dist)),
  );

  return {
    dist,

    /**
     * Starts a host application in a process of its own.
     *
     * @param {BenchDatabase} database
     * @param {object} [changes] of the options
     */
    start: (database, changes = {}) =>
      startServer('product.mjs', { dist, auth: { ...optionsFor(database), ...changes } }),

    /**
     * Opens sessions by SQL, each of a person of its own at `addressOf(first + n)`.
     *
     * @param {BenchDatabase} database
     * @param {number} count
     * @param {number} [first] the number of the first person
     * @returns {Promise<string[]>} their tokens.
     */
    async openSessions(database, count, first = 0) {
      const issuedAt = Math.floor(Date.now() / 1_000);
      const times = { issuedAt, expiresAt: issuedAt + DAY };
      const keyId = keyRing.current.id;
      /** @type {string[]} */
      const tokens = [];
      for (let start = 0; start < count; start += BATCH) {
        const size = Math.min(BATCH, count - start);
        const rows = await Promise.all(
          Array.from({ length: size }, async (_, index) => {
            const id = randomUUID();
            const ipAddress = addressOf(first + start + index);
            const bound = { ipAddress, userAgent: USER_AGENT, fingerprintDigest: null };
            const context = digests.claim(keyId, bound);
            const token = await signer.sign('session', { ...times, id, context });
            return { id, userId: randomUUID(), ipAddress, token, hash: hash('sha256', token) };
          }),
        );
        tokens.push(...rows.map(({ token }) => token));
        const columns = [
          rows.map(({ userId }) => userId),
          rows.map(({ id }) => id),
          rows.map(({ hash }) => hash),
          rows.map(({ ipAddress }) => ipAddress),
        ];
        await database.sql(INSERT_SESSIONS, [...columns, USER_AGENT, issuedAt, DAY, keyId]);
      }
      return tokens;
    },

    /**
     * The token of a link, as the mail worker makes it.
     *
     * @param {object} link its row
     * @returns {Promise<string>}
     */
    linkToken: (link) => linkTokens.derive(link),
  };
}

/** @typedef {Awaited<ReturnType<typeof openProduct>>} Product */

/**
 * Takes from a container of the product what makes tokens. It needs no database afterwards, so that
 * the container is closed, and nothing of it runs beside what is measured.
 *
 * @param {string} dist
 * @param {object} options
 */
async function tokenMakers(dist, options) {
  const { AuthModule } = loadEntry(dist);
  const { KeyRing, TokenSigner, ContextDigests, MagicLinkTokens } = loadPrivateClasses(dist);
  const mailer = { send: async () => undefined };
  const app = await NestFactory.createApplicationContext(
    AuthModule.forRoot({ ...options, mailer }),
    { logger: ['error', 'warn'] },
  );
  const own = (/** @type {any} */ type) => app.get(type, { strict: false });
  const makers = {
    keyRing: own(KeyRing),
    signer: own(TokenSigner),
    digests: own(ContextDigests),
    linkTokens: own(MagicLinkTokens),
  };
  await app.close();
  return makers;
}

const INSERT_SESSIONS = `
  WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::inet[])
             AS given (user_id, id, hash, ip_address)
  ), people AS (
    INSERT INTO users (id, email, email_verified, last_login_at, known_ip_addresses)
    SELECT user_id, user_id || '@example.com', true, now(), ARRAY[ip_address] FROM given
  )
  INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent, auth_method,
                             created_at, last_accessed_at, expires_at, key_id)
  SELECT id, user_id, hash, ip_address, $5, 'magic_link', to_timestamp($6), now(),
         to_timestamp($6 + $7::integer), $8
    FROM given`;
