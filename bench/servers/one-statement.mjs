/**
 * The limit of signing in: one NestJS route each, and all that must be written in one SQL
 * statement with one commit, on the tables of MIRA Auth. It checks nothing.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';

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
  WITH link AS (
    INSERT INTO magic_links (id, email, token_hash, ip_address, user_agent, expires_at,
                             client_network, key_id)
    VALUES ($1, $2, $3, $4, $5, now() + interval '15 minutes', $4::inet::cidr, '${KEY_ID}')
    RETURNING id
  ), mail AS (
    INSERT INTO mail_outbox (id, kind, magic_link_id, key_id)
    SELECT $6::uuid, 'magic_link', id, '${KEY_ID}' FROM link
  ), event AS (
    INSERT INTO security_events (id, type, severity, magic_link_id)
    SELECT $7::uuid, 'magic_link.requested', 'info', id FROM link
  )
  SELECT id FROM link`;

const VERIFY = `
  WITH link AS (
    UPDATE magic_links SET is_used = true, used_at = now()
     WHERE token_hash = $1 AND NOT is_used AND expires_at > now()
    RETURNING id, email, ip_address, user_agent
  ), account AS (
    INSERT INTO users (id, email, email_verified, last_login_at)
    SELECT $2::uuid, email, true, now() FROM link
    ON CONFLICT (tenant_id, email) DO UPDATE SET last_login_at = now()
    RETURNING id
  ), session AS (
    INSERT INTO user_sessions (id, user_id, session_token_hash, ip_address, user_agent,
                               auth_method, expires_at, magic_link_id, key_id)
    SELECT $3::uuid, account.id, $4, link.ip_address, link.user_agent, 'magic_link',
           now() + interval '1 day', link.id, '${KEY_ID}'
      FROM link, account
    RETURNING id, user_id, magic_link_id
  ), event AS (
    INSERT INTO security_events (id, type, severity, user_id, session_id, magic_link_id)
    SELECT $5::uuid, 'session.created', 'info', user_id, id, magic_link_id FROM session
  )
  SELECT id FROM session`;

class LimitController {
  /** @param {{ email: string }} body @param {string} address @param {string} userAgent */
  async request({ email }, address, userAgent) {
    // Of the address, so that whoever measures knows it; it costs what a random one would.
    const token = createHmac('sha256', tokenKey).update(email).digest('base64url');
    const id = randomUUID();
    const values = [id, email, hashOf(token), address, userAgent, randomUUID(), randomUUID()];
    await pool.query({ name: 'request', text: REQUEST, values });
    return { magic_link_id: id };
  }

  /** @param {{ token: string }} body */
  async verify({ token }) {
    const session = createHmac('sha256', tokenKey).update(randomUUID()).digest('base64url');
    const ids = [randomUUID(), randomUUID(), hashOf(session), randomUUID()];
    const values = [hashOf(token), ...ids];
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
await serve(await createApplication(LimitController));
