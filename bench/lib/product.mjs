import 'reflect-metadata';

import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

import { addressOf, USER_AGENT } from '../load/requests.mjs';
import { startServer } from './server-process.mjs';

const PUBLIC_URL = 'http://localhost:3000';
const DAY = 24 * 60 * 60;
/** Rows that are sent to PostgreSQL at a time. */
const BATCH = 10_000;

/** @typedef {import('./postgres.mjs').BenchDatabase} BenchDatabase */

/**
 * MIRA Auth as it is measured: its options, and its own services that make tokens.
 *
 * @param {string} dist the build
 */
export function openProduct(dist) {
  const load = createRequire(import.meta.url);
  const { KeyRing } = load(`${dist}/src/crypto/key-ring.js`);
  const { TokenSigner } = load(`${dist}/src/crypto/token-signer.service.js`);
  const { ContextDigests } = load(`${dist}/src/crypto/context-digest.service.js`);
  const { MagicLinkTokens } = load(`${dist}/src/magic-link/magic-link-tokens.service.js`);
  const { tokenHash } = load(`${dist}/src/crypto/token-hash.js`);

  const masterKey = randomBytes(32);
  const keyRing = new KeyRing({ masterKeys: { current: masterKey, accepted: [] } });
  const signer = new TokenSigner(keyRing, { publicUrl: PUBLIC_URL });
  const digests = new ContextDigests(keyRing);
  const linkTokens = new MagicLinkTokens(signer, undefined, digests);

  return {
    dist,

    /**
     * The module's options. The limits are the defaults; what works in the background is off, and
     * measured by itself.
     *
     * @param {BenchDatabase} database
     * @param {object} [changes]
     */
    options: (database, changes = {}) => ({
      masterKey: masterKey.toString('hex'),
      publicUrl: PUBLIC_URL,
      database: { url: database.appUrl },
      trustedProxies: ['127.0.0.1/32'],
      mailWorker: false,
      cleanUp: { intervalSeconds: 0 },
      ...changes,
    }),

    /**
     * Starts a host application in a process of its own.
     *
     * @param {BenchDatabase} database
     * @param {object} [changes] of the options
     */
    start(database, changes) {
      return startServer('product.mjs', { dist, auth: this.options(database, changes) });
    },

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
            return { id, userId: randomUUID(), ipAddress, token, hash: tokenHash(token) };
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

/** @typedef {ReturnType<typeof openProduct>} Product */

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
