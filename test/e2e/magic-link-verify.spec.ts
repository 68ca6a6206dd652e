import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX, SAFARI } from '../support/http/user-agents';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import { sessionOf } from '../support/sign-in/sign-in-flow';
import { startBeside, startTestService, type TestService } from '../support/test-service';

const DAY_SECONDS = 86_400;

describe('POST /auth/magic-link/verify', () => {
  let service: TestService;
  /** A second instance on the same database, whose operator is stricter. */
  let strictInstance: TestService;

  beforeAll(async () => {
    service = await startTestService({
      options: {
        ...BEHIND_PROXY,
        allowedRedirects: ['https://app.example.com', 'https://old.example.com'],
      },
    });
    strictInstance = await startBeside(service, {
      options: {
        ...BEHIND_PROXY,
        allowedRedirects: ['https://app.example.com'],
        magicLink: { disableSignUp: true },
      },
    });
  });

  afterAll(async () => {
    await strictInstance.stop();
    await service.stop();
  });

  const post = async (body: object): Promise<Response> =>
    service.http.post('/auth/magic-link/verify').send(body);

  const lifetimeOf = ({ body }: Response): number =>
    (Date.parse(body.expires_at) - Date.now()) / 1_000;

  const isUsed = async (id: string): Promise<unknown> =>
    (await service.sql('SELECT is_used FROM magic_links WHERE id = $1', [id]))[0]?.['is_used'];

  /** How many devices the account of an address knows. */
  const knownDevices = async (email: string): Promise<number> =>
    (
      await service.sql(
        `SELECT FROM devices JOIN users ON users.id = user_id
          WHERE email = $1 AND forgotten_at IS NULL`,
        [email],
      )
    ).length;

  const eventsAbout = async (linkId: string): Promise<object[]> =>
    service.sql(
      'SELECT type, reason, details FROM security_events WHERE magic_link_id = $1 ORDER BY seq',
      [linkId],
    );

  describe('with a good link', () => {
    it('opens a session', async () => {
      const { id, token } = await service.requestLink('new@example.com');
      const response = await service.verify(token);

      expect([response.status, response.body]).toEqual([
        200,
        {
          user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          email: 'new@example.com',
          session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          session_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
          expires_at: expect.stringMatching(/Z$/),
          redirect_to: null,
        },
      ]);
      expectSecurityHeaders(response);
      expect(response.headers).not.toHaveProperty('set-cookie');
      expect(lifetimeOf(response)).toBeCloseTo(DAY_SECONDS, -2);
      const sessions = await service.sql('SELECT id FROM user_sessions WHERE magic_link_id = $1', [
        id,
      ]);
      expect(sessions).toEqual([{ id: response.body.session_id }]);
    });

    it('makes the user of a new address, verified, and finds them again', async () => {
      const first = await service.signIn('again@example.com', { forwardedFor: '192.0.2.1' });
      const second = await service.signIn('Again@example.com', { forwardedFor: '192.0.2.2' });

      expect(second.userId).toBe(first.userId);
      expect(second.sessionId).not.toBe(first.sessionId);
      const rows = await service.sql(
        `SELECT email_verified, is_active, last_login_at > created_at AS seen_again,
                (SELECT array_agg(host(address)) FROM unnest(known_ip_addresses) AS address) AS known
           FROM users WHERE email = 'again@example.com'`,
      );
      expect(rows).toEqual([
        {
          email_verified: true,
          is_active: true,
          seen_again: true,
          known: ['192.0.2.1', '192.0.2.2'],
        },
      ]);
    });

    it('tells the trail of the request, the new user, the sign-in and the session', async () => {
      const { id, token } = await service.requestLink('trail@example.com');
      await service.verify(token);

      expect(await eventsAbout(id)).toEqual([
        { type: 'magic_link.requested', reason: null, details: {} },
        { type: 'user.created', reason: null, details: {} },
        { type: 'sign_in.succeeded', reason: null, details: { method: 'magic_link' } },
        {
          type: 'session.created',
          reason: null,
          details: { remember_device: false, transport: 'bearer' },
        },
      ]);
    });

    it('names the session as the person wishes, in 200 characters of any script', async () => {
      const deviceName = `Adas Gerät 🔑${'x'.repeat(187)}`;
      const { headers } = await service.signIn('name@example.com', { deviceName });

      const { body } = await service.http.get('/auth/session').set(headers);
      expect(body.session.device_name).toBe(deviceName);
    });

    it('remembers a device that shows a fingerprint, for 30 days', async () => {
      const client = { fingerprint: 'device-1', rememberDevice: true };
      const { token } = await service.requestLink('remember@example.com', client);
      const response = await service.verify(token, client);

      expect(lifetimeOf(response)).toBeCloseTo(30 * DAY_SECONDS, -2);
      const { headers } = sessionOf(response, client);
      const { body } = await service.http.get('/auth/session').set(headers);
      expect(body.session.remember_device).toBe(true);
    });

    it('has nothing to remember of a device without a fingerprint', async () => {
      const { token } = await service.requestLink('forget@example.com');
      const response = await service.verify(token, { rememberDevice: true });

      expect(lifetimeOf(response)).toBeCloseTo(DAY_SECONDS, -2);
      const { headers } = sessionOf(response);
      const { body } = await service.http.get('/auth/session').set(headers);
      expect(body.session.remember_device).toBe(false);
      const rows = await service.sql(
        `SELECT trusted_device_ids FROM users WHERE email = 'forget@example.com'`,
      );
      expect(rows).toEqual([{ trusted_device_ids: [] }]);
    });

    it('ends every other pending link of the address', async () => {
      const one = { forwardedFor: '192.0.2.1' };
      const other = { forwardedFor: '198.51.100.1' };
      const used = await service.requestLink('pending@example.com', one);
      const pending = await service.requestLink('pending@example.com', other);
      const neighbour = await service.requestLink('neighbour@example.com', other);
      expect((await service.verify(used.token, one)).status).toBe(200);

      expectProblem(await service.verify(pending.token, other), 'link_used');
      expect((await service.verify(neighbour.token, other)).status).toBe(200);
    });
  });

  describe('with a link that is not good', () => {
    it.each([
      ['empty', () => ''],
      ['no token at all', () => 'let me in'],
      ['two parts long', (token: string) => token.split('.').slice(0, 2).join('.')],
      ['longer than 2 KiB', (token: string) => token + 'a'.repeat(2_048)],
      ['followed by a blank', (token: string) => `${token} `],
      ['padded', (token: string) => `${token}=`],
      ['signed by nobody', (token: string) => `${token.split('.').slice(0, 2).join('.')}.AAAA`],
      [
        'changed in a character of its signature',
        (token: string) =>
          token.slice(0, -10) + (token.at(-10) === 'A' ? 'B' : 'A') + token.slice(-9),
      ],
    ])('refuses a token that is %s, and leaves the link as it was', async (_, spoil) => {
      const { id, token } = await service.requestLink('spoilt@example.com');

      expectProblem(await post({ token: spoil(token) }), 'link_invalid');
      expect(await isUsed(id)).toBe(false);
    });

    it('refuses the token of a session', async () => {
      const { headers } = await service.signIn('mixed@example.com');
      const token = headers['Authorization']?.slice('Bearer '.length);
      expectProblem(await post({ token }), 'link_invalid');
    });

    it('refuses a link of an installation with another key', async () => {
      const other = await startTestService({ masterKey: 'ab12'.repeat(16) });
      const { token } = await other.requestLink('stranger@example.com');
      await other.stop();
      expectProblem(await post({ token }), 'link_invalid');
    });

    it('says the same of all tokens that are none of ours', async () => {
      const { token } = await service.requestLink('same@example.com');
      const tampered = await post({ token: `${token.slice(0, -1)}_` });
      const unknown = await post({ token: 'a.b.c' });
      expect(tampered.body).toEqual(unknown.body);
    });

    it('refuses a link that was used', async () => {
      const { id, token } = await service.requestLink('used@example.com');
      expect((await service.verify(token)).status).toBe(200);

      expectProblem(await service.verify(token), 'link_used');
      expect(await eventsAbout(id)).toContainEqual({
        type: 'magic_link.failed',
        reason: 'link_used',
        details: {},
      });
    });

    it('refuses a link past its time, and leaves it unused', async () => {
      const { id, token } = await service.requestLink('late@example.com');
      await service.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [id]);

      expectProblem(await service.verify(token), 'link_expired');
      expect(await isUsed(id)).toBe(false);
      expect(await eventsAbout(id)).toContainEqual({
        type: 'magic_link.failed',
        reason: 'link_expired',
        details: {},
      });
    });

    it('refuses a link from another context, and leaves it to whoever asked for it', async () => {
      const owner = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };
      const { id, token } = await service.requestLink('context@example.com', owner);

      const thief = { userAgent: SAFARI, forwardedFor: '198.51.100.1' };
      expectProblem(await service.verify(token, thief), 'context_mismatch');
      expect(await eventsAbout(id)).toContainEqual({
        type: 'magic_link.failed',
        reason: 'context_mismatch',
        details: { differences: ['network', 'user_agent'] },
      });
      expect((await service.verify(token, owner)).status).toBe(200);
    });

    it('names the reason in the order used, expired, context', async () => {
      const elsewhere = { forwardedFor: '198.51.100.1' };
      const used = await service.requestLink('order@example.com');
      await service.verify(used.token);
      const late = await service.requestLink('order@example.com');
      await service.sql(`UPDATE magic_links SET expires_at = now() WHERE id IN ($1, $2)`, [
        used.id,
        late.id,
      ]);

      expectProblem(await service.verify(used.token, elsewhere), 'link_used');
      expectProblem(await service.verify(late.token, elsewhere), 'link_expired');
    });
  });

  describe('when the account may not sign in', () => {
    it.each([
      ['account_disabled', 'is_active = false', 'is_active = true'],
      [
        'account_locked',
        `account_locked_until = now() + interval '1 hour'`,
        `account_locked_until = now() - interval '1 second'`,
      ],
    ] as const)(
      'answers %s to who has proven the mailbox, and leaves the link for later',
      async (code, forbidding, allowing) => {
        const email = `${code}@example.com`;
        await service.signIn(email);
        const { id, token } = await service.requestLink(email);
        await service.sql(`UPDATE users SET ${forbidding} WHERE email = $1`, [email]);

        expectProblem(await service.verify(token), code);
        expect(await isUsed(id)).toBe(false);
        expect(await eventsAbout(id)).toContainEqual({
          type: 'magic_link.failed',
          reason: code,
          details: {},
        });

        await service.sql(`UPDATE users SET ${allowing} WHERE email = $1`, [email]);
        expect((await service.verify(token)).status).toBe(200);
      },
    );

    it('answers sign_up_disabled to an address without an account, and leaves the link', async () => {
      const { id, token } = await strictInstance.requestLink('unknown@example.com');

      expectProblem(await strictInstance.verify(token), 'sign_up_disabled');
      expect(await isUsed(id)).toBe(false);
      const users = await service.sql(`SELECT FROM users WHERE email = 'unknown@example.com'`);
      expect(users).toEqual([]);
      expect((await service.verify(token)).status).toBe(200);
    });

    it('signs in who has an account while sign-up is disabled', async () => {
      const { userId } = await service.signIn('member@example.com');
      expect((await strictInstance.signIn('member@example.com')).userId).toBe(userId);
    });
  });

  it('refuses a link whose target has left the allow-list, and leaves it unused', async () => {
    const { id, token } = await service.requestLink('target@example.com', {
      redirectTo: 'https://old.example.com/page',
    });

    expectProblem(await strictInstance.verify(token), 'invalid_request', ['redirect_to']);
    expect(await isUsed(id)).toBe(false);
    const { body } = await service.verify(token);
    expect(body).toMatchObject({ redirect_to: 'https://old.example.com/page' });
  });

  describe('at the first proof of a mailbox', () => {
    it('ends the sessions, remembered devices and links that hung on the account', async () => {
      const email = 'unproven@example.com';
      const stranger = { forwardedFor: '198.51.100.1', fingerprint: `md1.${'s'.repeat(43)}` };
      const before = await service.signIn(email, { ...stranger, rememberDevice: true });
      const pending = await service.requestLink(email, stranger);
      await service.sql('UPDATE users SET email_verified = false WHERE email = $1', [email]);
      expect(await knownDevices(email)).toBe(1);

      const owner = await service.signIn(email, { forwardedFor: '192.0.2.1' });

      expect(owner.userId).toBe(before.userId);
      expectProblem(await service.http.get('/auth/session').set(before.headers), 'session_revoked');
      expectProblem(await service.verify(pending.token, stranger), 'link_used');
      const users = await service.sql(
        'SELECT email_verified, trusted_device_ids FROM users WHERE email = $1',
        [email],
      );
      expect(users).toEqual([{ email_verified: true, trusted_device_ids: [] }]);
      expect(await knownDevices(email)).toBe(0);
      const ended = await service.sql(
        `SELECT session_id, reason FROM security_events
          WHERE user_id = $1 AND type = 'session.revoked'`,
        [owner.userId],
      );
      expect(ended).toEqual([{ session_id: before.sessionId, reason: 'first_mailbox_proof' }]);
      expect((await service.http.get('/auth/session').set(owner.headers)).status).toBe(200);
    });

    it('works for an account that was made without a sign-in', async () => {
      await service.sql(
        `INSERT INTO users (id, email, trusted_device_ids)
         VALUES (gen_random_uuid(), 'imported@example.com', '{strange}')`,
      );

      const { headers } = await service.signIn('imported@example.com');

      const { body } = await service.http.get('/auth/session').set(headers);
      expect(body.user.email_verified).toBe(true);
      const rows = await service.sql(
        `SELECT trusted_device_ids FROM users WHERE email = 'imported@example.com'`,
      );
      expect(rows).toEqual([{ trusted_device_ids: [] }]);
    });

    it('keeps everything at later sign-ins', async () => {
      const client = { fingerprint: `md1.${'s'.repeat(43)}`, rememberDevice: true };
      const first = await service.signIn('proven@example.com', client);
      await service.signIn('proven@example.com', { forwardedFor: '192.0.2.1' });

      expect((await service.http.get('/auth/session').set(first.headers)).status).toBe(200);
      const rows = await service.sql(
        `SELECT cardinality(trusted_device_ids) AS devices
           FROM users WHERE email = 'proven@example.com'`,
      );
      expect(rows).toEqual([{ devices: 1 }]);
      expect(await knownDevices('proven@example.com')).toBe(1);
    });
  });

  it.each([
    ['no token', {}, ['token']],
    ['a number for a token', { token: 1 }, ['token']],
    ['null for a token', { token: null }, ['token']],
    ['a list of tokens', { token: ['a.b.c'] }, ['token']],
    ['a name of 201 characters', { token: 'a.b.c', device_name: 'x'.repeat(201) }, ['device_name']],
    ['a line break in the name', { token: 'a.b.c', device_name: 'a\nb' }, ['device_name']],
    ['null for a name', { token: 'a.b.c', device_name: null }, ['device_name']],
    ['a text for a yes', { token: 'a.b.c', remember_device: 'true' }, ['remember_device']],
    ['null for a yes', { token: 'a.b.c', remember_device: null }, ['remember_device']],
    ['an unknown transport', { token: 'a.b.c', transport: 'header' }, ['transport']],
    ['null for a transport', { token: 'a.b.c', transport: null }, ['transport']],
    ['a field that is not known', { token: 'a.b.c', user_id: 'x' }, ['user_id']],
  ])('refuses a body with %s', async (_, body, fields) => {
    expectProblem(await post(body), 'invalid_request', fields);
  });

  it('refuses a device fingerprint of a wrong form, and leaves the link unused', async () => {
    const { id, token } = await service.requestLink('fingerprint@example.com');
    const response = await service.verify(token, { fingerprint: 'f'.repeat(129) });
    expectProblem(response, 'invalid_request', ['x-device-fingerprint']);
    expect(await isUsed(id)).toBe(false);
  });
});
