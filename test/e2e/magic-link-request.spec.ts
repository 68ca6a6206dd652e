import { createHash } from 'node:crypto';

import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

describe('POST /auth/magic-link/request', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({
      options: {
        ...BEHIND_PROXY,
        allowedRedirects: ['https://app.example.com/signed-in', 'http://localhost:4000'],
      },
    });
  });

  afterAll(() => service.stop());

  const post = async (body: object): Promise<Response> =>
    service.http.post('/auth/magic-link/request').send(body);

  const countLinks = async (): Promise<number> => {
    const [row] = await service.sql<{ links: number }>(
      `SELECT count(*)::integer AS links FROM magic_links`,
    );
    return row?.links ?? -1;
  };

  it('answers with the id of the link and its end, and never with its token', async () => {
    const response = await post({ email: 'ada@example.com' });

    expect([response.status, response.body]).toEqual([
      200,
      {
        magic_link_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
        message: 'If this address can receive mail, a sign-in link is on its way.',
      },
    ]);
    expectSecurityHeaders(response);
    const token = await service.mailedToken('ada@example.com');
    expect(JSON.stringify([response.body, response.headers])).not.toContain(token.split('.')[2]);
  });

  it('keeps of the link what it is checked against, for 15 minutes', async () => {
    const client = { userAgent: FIREFOX, fingerprint: 'device-1', forwardedFor: '192.0.2.1' };
    const { id, token } = await service.requestLink('row@example.com', client);

    const [row] = await service.sql(
      `SELECT host(ip_address) AS ip_address, user_agent, device_fingerprint, email, is_used,
              token_hash, (expires_at - created_at)::text AS lifetime,
              host(client_network) AS client_network, device_kind, device_secret, device_id
         FROM magic_links WHERE id = $1`,
      [id],
    );
    expect(row).toEqual({
      ip_address: '192.0.2.1',
      client_network: '192.0.2.1',
      user_agent: FIREFOX,
      device_fingerprint: expect.not.stringContaining('device-1'),
      email: 'row@example.com',
      is_used: false,
      token_hash: createHash('sha256').update(token).digest('hex'),
      lifetime: '00:15:00',
      device_kind: 'fingerprint',
      device_secret: null,
      device_id: null,
    });
  });

  it.each([
    ['a secret of an app', { fingerprint: `md1.${'s'.repeat(43)}` }, 'secret'],
    ['the secret of a browser', { headers: { Cookie: `mira_device=${'s'.repeat(43)}` } }, 'secret'],
    ['a fingerprint', { fingerprint: 's'.repeat(43) }, 'fingerprint'],
    [
      'a fingerprint, whatever its cookie says',
      { fingerprint: 'device-1', headers: { Cookie: `mira_device=${'s'.repeat(43)}` } },
      'fingerprint',
    ],
    ['nothing', {}, 'none'],
  ])('keeps of a device that shows %s what kind that is, and a digest', async (_, client, kind) => {
    const { id } = await service.requestLink('device@example.com', client);
    const [row] = await service.sql(
      'SELECT device_kind, device_secret, device_fingerprint FROM magic_links WHERE id = $1',
      [id],
    );
    const digest = expect.stringMatching(/^[\w-]+\.[\w-]{43}$/);
    expect(row).toEqual({
      device_kind: kind,
      device_secret: kind === 'secret' ? digest : null,
      device_fingerprint: kind === 'fingerprint' ? digest : null,
    });
    expect(JSON.stringify(row)).not.toContain('s'.repeat(43));
  });

  it('mails the link once in each part, leading to the configured page', async () => {
    const { token } = await service.requestLink('mail@example.com');

    const mail = service.mailbox.list().find(({ to }) => to === 'mail@example.com');
    const link = `http://localhost:3000/auth/link#token=${token}`;
    for (const part of [mail?.text, mail?.html]) expect(part?.split(link)).toHaveLength(2);
  });

  it('sends one mail for each accepted request', async () => {
    const { body } = await post({ email: 'outbox@example.com' });

    const rows = await waitFor('the mail to be sent', async () => {
      const found = await service.sql<{ state: string }>(
        'SELECT state FROM mail_outbox WHERE magic_link_id = $1',
        [body.magic_link_id],
      );
      return found.every(({ state }) => state === 'sent') ? found : undefined;
    });
    expect(rows).toEqual([{ state: 'sent' }]);
  });

  it('answers alike whoever the address belongs to', async () => {
    for (const name of ['known', 'disabled', 'locked']) await service.signIn(`${name}@example.com`);
    await service.sql(`UPDATE users SET is_active = false WHERE email = 'disabled@example.com'`);
    await service.sql(
      `UPDATE users SET account_locked_until = now() + interval '1 day'
        WHERE email = 'locked@example.com'`,
    );

    const answers: unknown[] = [];
    for (const name of ['known', 'disabled', 'locked', 'unknown']) {
      const { status, body, headers } = await post({ email: `${name}@example.com` });
      const { date, 'x-request-id': requestId, ...alike } = headers;
      expect([date, requestId]).toEqual([expect.any(String), expect.any(String)]);
      answers.push({ status, fields: Object.keys(body), message: body.message, headers: alike });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it.each([
    [
      'capitals and white space around it',
      ' Ada.Lovelace@EXAMPLE.com\n',
      'ada.lovelace@example.com',
    ],
    ['an international domain', 'ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['a plus-tag', 'ada+news@example.com', 'ada+news@example.com'],
  ])('takes an address with %s in its one spelling', async (_, typed, canonical) => {
    const { body } = await post({ email: typed });
    const rows = await service.sql('SELECT email FROM magic_links WHERE id = $1', [
      body.magic_link_id,
    ]);
    expect(rows).toEqual([{ email: canonical }]);
  });

  it.each([
    ['none', ''],
    ['no domain', 'ada'],
    ['no dot in its domain', 'ada@localhost'],
    ['two addresses', 'ada@example.com,eve@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['a quoted local part', '"ada\\r\\nBcc: eve@example.com"@example.com'],
    ['a comment', 'ada(comment)@example.com'],
    ['a line break', 'ada@example.com\r\nBcc: eve@example.com'],
    ['a fullwidth at sign', 'ada＠example.com'],
    ['a letter that lower-cases to another', '\u212Aate@example.com'],
    ['a zero-width space', 'a\u200Bda@example.com'],
    ['a local part of 65 characters', `${'a'.repeat(65)}@example.com`],
    ['255 characters', `ada@${'a.'.repeat(125)}a`],
  ])('refuses an address with %s', async (_, email) => {
    const before = await countLinks();
    expectProblem(await post({ email }), 'invalid_request', ['email']);
    expect(await countLinks()).toBe(before);
  });

  it.each([
    ['no address', {}, ['email']],
    ['a number for an address', { email: 7 }, ['email']],
    ['null for an address', { email: null }, ['email']],
    ['a list of addresses', { email: ['ada@example.com'] }, ['email']],
    ['an object for an address', { email: { $ne: '' } }, ['email']],
    ['null for a target', { email: 'ada@example.com', redirect_to: null }, ['redirect_to']],
    ['a list for a target', { email: 'ada@example.com', redirect_to: [] }, ['redirect_to']],
    ['a field that is not known', { email: 'ada@example.com', token: 'x' }, ['token']],
    [
      'several faults',
      { emial: 'ada@example.com', redirect_to: 1 },
      ['emial', 'email', 'redirect_to'],
    ],
  ])('refuses a body with %s', async (_, body, fields) => {
    const before = await countLinks();
    expectProblem(await post(body), 'invalid_request', fields);
    expect(await countLinks()).toBe(before);
  });

  it.each([
    ['empty', ''],
    ['longer than 128 characters', 'f'.repeat(129)],
    ['with a blank inside', 'a b'],
    ['beyond ASCII', 'caf\u00e9'],
  ])('refuses a device fingerprint that is %s', async (_, fingerprint) => {
    const response = await service.http
      .post('/auth/magic-link/request')
      .set('X-Device-Fingerprint', fingerprint)
      .send({ email: 'ada@example.com' });
    expectProblem(response, 'invalid_request', ['x-device-fingerprint']);
  });

  describe('with a target', () => {
    it.each([
      'https://app.example.com/signed-in',
      'https://app.example.com/signed-in/here?tab=1#top',
      'http://localhost:4000/anywhere',
      'http://localhost:4000',
    ])('takes %s, which is on the allow-list', async (target) => {
      const client = { redirectTo: target };
      const { token } = await service.requestLink('target@example.com', client);
      const { body } = await service.verify(token);
      expect(body).toMatchObject({ redirect_to: target });
    });

    it.each([
      ['of another origin', 'https://evil.example/'],
      ['of another scheme', 'http://app.example.com/signed-in'],
      ['of another port', 'https://app.example.com:8443/signed-in'],
      ['beside the path', 'https://app.example.com/signed-in-not'],
      ['above the path', 'https://app.example.com/'],
      ['that climbs out of the path', 'https://app.example.com/signed-in/../admin'],
      ['that climbs out encoded', 'https://app.example.com/signed-in/%2e%2e/admin'],
      ['with a suffix to the host', 'https://app.example.com.evil.example/signed-in'],
      ['with a user', 'https://app.example.com@evil.example/signed-in'],
      ['without a scheme', '//app.example.com/signed-in'],
      ['with back-slashes', 'https:\\\\app.example.com\\signed-in'],
      ['that is a script', 'javascript:alert(1)//https://app.example.com/signed-in'],
      ['that is relative', '/signed-in'],
      ['with white space before it', ' https://app.example.com/signed-in'],
      ['of more than 1,024 characters', `https://app.example.com/signed-in/${'a'.repeat(1_000)}`],
      ['that is empty', ''],
    ])('refuses one %s', async (_, target) => {
      const before = await countLinks();
      const response = await post({ email: 'ada@example.com', redirect_to: target });
      expectProblem(response, 'invalid_request', ['redirect_to']);
      expect(await countLinks()).toBe(before);
    });
  });

  describe('when an earlier link is pending', () => {
    it.each([
      ['the same client', '2001:db8::1'],
      ['the same client network', '2001:db8::2'],
      ['somebody from elsewhere', '198.51.100.1'],
    ])(
      'leaves it alone if %s asks again: any of them signs in, and ends the rest',
      async (who, from) => {
        const client = { forwardedFor: '2001:db8::1' };
        const asking = { forwardedFor: from };
        const [first, second] = [`first.${who}`, `second.${who}`].map(
          (name) => `${name.replaceAll(' ', '-')}@example.com`,
        );
        for (const [email, opensOlder] of [
          [first!, true],
          [second!, false],
        ] as const) {
          const older = { ...(await service.requestLink(email, client)), client };
          const newer = { ...(await service.requestLink(email, asking)), client: asking };
          const [opened, other] = opensOlder ? [older, newer] : [newer, older];
          expect((await service.verify(opened.token, opened.client)).status).toBe(200);
          expectProblem(await service.verify(other.token, other.client), 'link_used');
        }
      },
    );

    it('leaves links of other addresses alone, also under another tag', async () => {
      const plain = await service.requestLink('tagged@example.com');
      await service.requestLink('tagged+tag@example.com');

      expect((await service.verify(plain.token)).status).toBe(200);
    });
  });
});
