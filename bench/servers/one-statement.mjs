/**
 * The limit of signing in: one NestJS route each, and every row that MIRA Auth writes (limits,
 * subject, link, mail, user, session, trail) in one SQL statement with one commit, on the same
 * tables. It checks nothing.
 */
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';

import { Body, Headers, HttpCode, Post } from '@nestjs/common';
import { Pool } from 'pg';

import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { databaseUrl, tokenKey } = readSettings();
const pool = new Pool({ connectionString: databaseUrl, max: 10 });
const KEY_ID = '0123456789abcdef';
/** @param {string} token */
const hashOf = (token) => createHash('sha256').update(token).digest('hex');

const REQUEST = `
  WITH counted AS (
    INSERT INTO rate_limits AS stored (key, accepted_at, expires_at)
    SELECT key, ARRAY[now()], now() + interval '15 minutes' FROM unnest($8::varchar[]) AS key
    ON CONFLICT (key) DO UPDATE SET accepted_at = stored.accepted_at || EXCLUDED.accepted_at,
                                    expires_at = EXCLUDED.expires_at
  ), subject AS (
    INSERT INTO subjects (id, address_digest, key_id) VALUES ($9, $10, '${KEY_ID}')
    ON CONFLICT (tenant_id, address_digest) DO UPDATE SET key_id = EXCLUDED.key_id
    RETURNING id
  ), link AS (
    INSERT INTO magic_links (id, email, token_hash, ip_address, user_agent, expires_at,
                             client_network, key_id)
    VALUES ($1, $2, $3, $4, $5, now() + interval '15 minutes', $4::inet::cidr, '${KEY_ID}')
    RETURNING id
  ), mail AS (
    INSERT INTO mail_outbox (id, kind, magic_link_id, key_id)
    SELECT $6::uuid, 'magic_link', id, '${KEY_ID}' FROM link
  ), event AS (
    INSERT INTO security_events (id, type, severity, subject_id, magic_link_id, request_id,
                                 personal_hash)
    SELECT $7::uuid, 'magic_link.requested', 'info', subject.id, link.id, $11, $12
      FROM link, subject
    RETURNING id
  ), personal AS (
    INSERT INTO security_event_personal (event_id, salt, ip_address, user_agent)
    SELECT id, $13, $4, $5 FROM event
  )
  SELECT id FROM link`;

const VERIFY = `
  WITH counted AS (
    INSERT INTO rate_limits AS stored (key, accepted_at, expires_at)
    SELECT key, ARRAY[now()], now() + interval '1 minute' FROM unnest($6::varchar[]) AS key
    ON CONFLICT (key) DO UPDATE SET accepted_at = stored.accepted_at || EXCLUDED.accepted_at,
                                    expires_at = EXCLUDED.expires_at
  ), link AS (
    UPDATE magic_links SET is_used = true, used_at = now(), user_id = $2
     WHERE token_hash = $1 AND NOT is_used AND superseded_at IS NULL AND expires_at > now()
    RETURNING id, email, ip_address, user_agent
  ), account AS (
    INSERT INTO users (id, email, email_verified, last_login_at, updated_at, known_ip_addresses)
    SELECT $2::uuid, email, true, now(), now(), ARRAY[ip_address] FROM link
    RETURNING id
  ), network AS (
    INSERT INTO rate_limits (key, expires_at) VALUES ($7, now() + interval '30 days')
    ON CONFLICT (key) DO UPDATE SET expires_at = EXCLUDED.expires_at
  ), subject AS (
    INSERT INTO subjects (id, address_digest, key_id) VALUES ($8, $9, '${KEY_ID}')
    ON CONFLICT (tenant_id, address_digest) DO UPDATE SET key_id = EXCLUDED.key_id
    RETURNING id
  ), session AS (
    INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent,
                               auth_method, expires_at, magic_link_id, key_id)
    SELECT $3::uuid, account.id, $4, link.ip_address, link.user_agent, 'magic_link',
           now() + interval '1 day', link.id, '${KEY_ID}'
      FROM link, account
    RETURNING id, user_id, magic_link_id, ip_address, user_agent
  ), event AS (
    INSERT INTO security_events (id, type, severity, subject_id, user_id, session_id,
                                 magic_link_id, request_id, personal_hash)
    SELECT event_id, 'session.created', 'info', subject.id, user_id, session.id, magic_link_id,
           $10, $11
      FROM session, subject, unnest($5::uuid[]) AS event_id
    RETURNING id
  ), personal AS (
    INSERT INTO security_event_personal (event_id, salt, ip_address, user_agent)
    SELECT event.id, $12, session.ip_address, session.user_agent FROM event, session
  )
  SELECT id FROM session`;

class LimitController {
  /** @param {{ email: string }} body @param {string} address @param {string} userAgent */
  async request({ email }, address, userAgent) {
    // Of the address, so that whoever measures knows it; it costs what a random one would.
    const token = createHmac('sha256', tokenKey).update(email).digest('base64url');
    const id = randomUUID();
    const keys = [`${email} ${address}`, email, address].map(hashOf);
    const link = [id, email, hashOf(token), address, userAgent];
    const trail = [randomUUID(), hashOf(address), randomBytes(16)];
    const values = [...link, randomUUID(), randomUUID(), keys, randomUUID(), keys[1], ...trail];
    await pool.query({ name: 'request', text: REQUEST, values });
    return { magic_link_id: id };
  }

  /** @param {{ token: string }} body @param {string} address */
  async verify({ token }, address) {
    const session = createHmac('sha256', tokenKey).update(randomUUID()).digest('base64url');
    const hash = hashOf(token);
    const keys = [hashOf(`verify ${address}`), hashOf(`verify ${hash}`)];
    const opened = [hash, randomUUID(), randomUUID(), hashOf(session)];
    const events = [randomUUID(), randomUUID(), randomUUID()];
    const marks = [hashOf(`known ${address}`), randomUUID(), hash];
    const trail = [randomUUID(), hashOf(address), randomBytes(16)];
    const values = [...opened, events, keys, ...marks, ...trail];
    const { rowCount } = await pool.query({ name: 'verify', text: VERIFY, values });
    if (rowCount !== 1) throw new Error('the link is not valid');
    return { session_token: session };
  }
}

decorate(LimitController, 'request', Post('request'), HttpCode(200));
Body()(LimitController.prototype, 'request', 0);
Headers('x-forwarded-for')(LimitController.prototype, 'request', 1);
Headers('user-agent')(LimitController.prototype, 'request', 2);
decorate(LimitController, 'verify', Post('verify'), HttpCode(200));
Body()(LimitController.prototype, 'verify', 0);
Headers('x-forwarded-for')(LimitController.prototype, 'verify', 1);
await serve(await createApplication(LimitController));
