import type { Response } from 'supertest';

import { LinkReportTokens } from '../../src/magic-link/link-report-tokens.service';
import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client, headersOf } from '../support/http/client';
import { FIREFOX, SAFARI } from '../support/http/user-agents';
import { privately } from '../support/privately';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import { type RequestedLink, sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startBeside, startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

interface MailedLink extends RequestedLink {
  /** The token of "this wasn't me". */
  readonly report: string;
}

const ASKER: Client = { userAgent: FIREFOX, forwardedFor: '192.0.2.1' };
const OWNER: Client = { userAgent: SAFARI, forwardedFor: '198.51.100.1' };

let service: TestService;
/** A second instance on the same database, whose operator is stricter. */
let strictInstance: TestService;
const secrets: string[] = [];

beforeAll(async () => {
  service = await startTestService({
    options: { ...BEHIND_PROXY, allowedRedirects: ['https://old.example.com'] },
  });
  strictInstance = await startBeside(service, {
    options: {
      ...BEHIND_PROXY,
      allowedRedirects: ['https://app.example.com'],
      magicLink: { verificationLimit: { limit: 4, windowSeconds: 60 } },
    },
  });
});

afterAll(async () => {
  await strictInstance.stop();
  await service.stop();
});

async function requestLink(email: string, client: Client = ASKER): Promise<MailedLink> {
  const link = await service.requestLink(email, client);
  const mail = service.mailbox.list().find(({ text }) => text.includes(link.token));
  const report = /\/auth\/link\/report#report=([\w-]+\.[\w-]+\.[\w-]{43})$/m.exec(
    mail?.text ?? '',
  )?.[1];
  if (report === undefined) throw new Error('the mail offers no way to report it');
  secrets.push(link.token, report);
  return { ...link, report };
}

type Route = 'inspect' | 'report' | 'report/undo' | 'verify';

/** What else the body of a route needs. */
const STATEMENT = { statement: 'not_requested' };
const alsoSaid = (route: Route): object => (route === 'report' ? STATEMENT : {});

async function present(
  route: Route,
  token: unknown,
  client: Client = ASKER,
  at: TestService = service,
): Promise<Response> {
  return at.http
    .post(`/auth/magic-link/${route}`)
    .set(headersOf(client))
    .send({ token, ...alsoSaid(route) });
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/;

async function expectReported(token: string, client?: Client): Promise<void> {
  const response = await present('report', token, client);
  expect([response.status, response.body]).toEqual([
    200,
    { undo_until: expect.stringMatching(TIME) },
  ]);
  expectSecurityHeaders(response);
}

const linkRow = async (id: string): Promise<object | undefined> =>
  (await service.sql('SELECT * FROM magic_links WHERE id = $1', [id]))[0];

const eventsAbout = async (linkId: string): Promise<object[]> =>
  service.sql(
    `SELECT type, severity, reason, subject_id IS NOT NULL AS has_subject FROM security_events
      WHERE magic_link_id = $1 AND type NOT IN ('magic_link.requested', 'user.created')
      ORDER BY seq`,
    [linkId],
  );

const supersede = async (_: MailedLink, email: string): Promise<unknown> =>
  service.verify((await requestLink(email)).token, ASKER);
const use = ({ token }: MailedLink): Promise<unknown> => service.verify(token, ASKER);
const expire = ({ id }: MailedLink): Promise<unknown> =>
  service.sql('UPDATE magic_links SET expires_at = now() WHERE id = $1', [id]);

describe('inspecting a link', () => {
  it('tells what asked for it, and when', async () => {
    const { id, token, report } = await requestLink('inspect@example.com');
    const response = await present('inspect', token);
    const [row] = await service.sql<{ created_at: Date; expires_at: Date }>(
      'SELECT created_at, expires_at FROM magic_links WHERE id = $1',
      [id],
    );
    expect([response.status, response.body]).toEqual([
      200,
      {
        requested_at: row!.created_at.toISOString(),
        expires_at: row!.expires_at.toISOString(),
        ip_address: '192.0.2.1',
        user_agent: FIREFOX,
        context_matches: true,
        differences: [],
        email: 'inspect@example.com',
        redirect_to: null,
        report_token: report,
        is_own_device: false,
      },
    ]);
    expectSecurityHeaders(response);
  });

  it('tells from elsewhere that it would not open there, and still what asked for it', async () => {
    const { token, report } = await requestLink('inspect.elsewhere@example.com');
    expect((await present('inspect', token, OWNER)).body).toEqual({
      requested_at: expect.stringMatching(TIME),
      expires_at: expect.stringMatching(TIME),
      ip_address: '192.0.2.1',
      user_agent: FIREFOX,
      context_matches: false,
      differences: ['network', 'user_agent'],
      email: 'i…@example.com',
      redirect_to: null,
      report_token: report,
      is_own_device: false,
    });
  });

  it('tells whether this very device has asked for it, which its secret proves alone', async () => {
    const own = { ...ASKER, fingerprint: `md1.${'a'.repeat(43)}` };
    const target = 'https://old.example.com/page';
    const client = { ...own, redirectTo: target };
    const { token } = await service.requestLink('inspect.device@example.com', client);
    expect((await present('inspect', token, own)).body).toMatchObject({
      is_own_device: true,
      differences: [],
      redirect_to: target,
    });
    const { userAgent: _, ...otherBrowser } = own;
    expect((await present('inspect', token, otherBrowser)).body).toMatchObject({
      is_own_device: true,
      context_matches: false,
      differences: ['user_agent'],
    });
    for (const stranger of [ASKER, { ...ASKER, fingerprint: `md1.${'b'.repeat(43)}` }]) {
      expect((await present('inspect', token, stranger)).body).toMatchObject({
        is_own_device: false,
        context_matches: false,
        differences: ['device'],
        email: 'i…@example.com',
      });
    }

    const alike = { ...ASKER, fingerprint: 'device-1' };
    const { token: other } = await service.requestLink('inspect.device@example.com', alike);
    expect((await present('inspect', other, alike)).body).toMatchObject({
      is_own_device: false,
      context_matches: true,
    });
  });

  it('says null where the asker had no user agent', async () => {
    const { token } = await requestLink('inspect.agent@example.com', {});
    const { body } = await present('inspect', token, {});
    expect(body).toMatchObject({ user_agent: null, context_matches: true });
  });

  it('changes nothing, however often', async () => {
    const { id, token } = await requestLink('inspect.again@example.com');
    const before = await linkRow(id);
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        present('inspect', token, index % 2 === 0 ? ASKER : OWNER),
      ),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await linkRow(id)).toEqual(before);
    expect(await eventsAbout(id)).toEqual([]);
    expect((await service.verify(token, ASKER)).status).toBe(200);
  });

  it.each([
    ['link_used', 'was used', use],
    ['link_used', 'a sign-in with another one has ended', supersede],
    ['link_expired', 'has expired', expire],
  ] as const)('answers %s for one that %s, as verifying it does', async (code, what, prepare) => {
    const email = `inspect.${what.replaceAll(' ', '-')}@example.com`;
    const link = await requestLink(email);
    await prepare(link, email);
    for (const client of [ASKER, OWNER]) {
      const inspected = await present('inspect', link.token, client);
      expectProblem(inspected, code);
      expect(inspected.text).toBe((await present('verify', link.token, client)).text);
    }
  });

  it('refuses one whose target has left the allow-list, as verifying it does', async () => {
    const { token } = await service.requestLink('inspect.target@example.com', {
      ...ASKER,
      redirectTo: 'https://old.example.com/page',
    });
    const response = await present('inspect', token, ASKER, strictInstance);
    expectProblem(response, 'invalid_request', ['redirect_to']);
    expect((await present('inspect', token)).status).toBe(200);
  });

  it('answers link_invalid for what is no link of ours, all alike', async () => {
    const { token } = await requestLink('inspect.invalid@example.com');
    const other = token.endsWith('A') ? 'B' : 'A';
    for (const wrong of [
      `${token.slice(0, -1)}${other}`,
      `${token}=`,
      'a.b.c',
      '',
      'x'.repeat(2_049),
    ]) {
      const inspected = await present('inspect', wrong);
      expectProblem(inspected, 'link_invalid');
      expect(inspected.text).toBe((await present('verify', wrong)).text);
    }
  });
});

describe.each(['inspect', 'report', 'report/undo'] as const)('the route %s', (route) => {
  it.each([
    ['no token', {}, ['token']],
    ['a number', { token: 1 }, ['token']],
    ['a list', { token: ['a.b.c'] }, ['token']],
    ['a field that is not known', { token: 'a.b.c', code: '123456' }, ['code']],
  ])('refuses a body with %s', async (_, body, fields) => {
    const response = await service.http
      .post(`/auth/magic-link/${route}`)
      .send({ ...body, ...alsoSaid(route) });
    expectProblem(response, 'invalid_request', fields);
  });

  it('is limited like a verification, for each network', async () => {
    const host = ['inspect', 'report', 'report/undo'].indexOf(route) + 1;
    const client = { forwardedFor: `203.0.113.${host.toString()}` };
    for (const number of [1, 2, 3, 4]) {
      const response = await present(route, `a.b.${number.toString()}`, client, strictInstance);
      expectProblem(response, 'link_invalid');
    }
    expectProblem(await present(route, 'a.b.c', client, strictInstance), 'rate_limited');
    expectProblem(await present('verify', 'a.b.c', client, strictInstance), 'rate_limited');
  });
});

describe('a report without a statement that fits', () => {
  it.each([
    ['none', undefined],
    ['null', null],
    ['an empty one', ''],
    ['an unknown one', 'it_was_me'],
    ['one in capitals', 'NOT_REQUESTED'],
    ['a list', ['not_requested']],
    ['one about a sign-in', 'not_my_sign_in'],
  ])('is refused, with %s, and changes nothing', async (_, statement) => {
    const { id, report } = await requestLink('statement@example.com');
    const before = await linkRow(id);
    const response = await service.http
      .post('/auth/magic-link/report')
      .set(headersOf(OWNER))
      .send({ token: report, ...(statement !== undefined && { statement }) });
    expectProblem(response, 'invalid_request', ['statement']);
    expect(await linkRow(id)).toEqual(before);
    expect(await eventsAbout(id)).toEqual([]);
  });
});

describe('T6 a token of one type', () => {
  const tokens = new Map<string, string>();
  let pending: string;

  beforeAll(async () => {
    const { id, token, report } = await requestLink('types@example.com');
    pending = id;
    const { headers } = await service.signIn('types.session@example.com', ASKER);
    tokens.set('link', token).set('report', report);
    tokens.set('session', (headers['Authorization'] ?? '').slice('Bearer '.length));
  });

  it.each([
    ['link', 'report'],
    ['session', 'verify'],
    ['session', 'inspect'],
    ['session', 'report'],
    ['link', 'report/undo'],
    ['session', 'report/undo'],
    ['report', 'verify'],
    ['report', 'inspect'],
  ] as const)('%s does nothing at %s', async (type, route) => {
    const before = await linkRow(pending);
    expectProblem(await present(route, tokens.get(type)), 'link_invalid');
    expect(await linkRow(pending)).toEqual(before);
  });

  it.each(['link', 'report'])('%s is no session, neither as bearer nor as cookie', async (type) => {
    const token = tokens.get(type) ?? '';
    for (const credentials of [
      { Authorization: `Bearer ${token}` },
      { Cookie: `mira_session=${token}` },
    ]) {
      const headers = { ...headersOf(ASKER), ...credentials };
      expectProblem(await service.http.get('/auth/session').set(headers), 'session_invalid');
    }
  });
});

describe('reporting a link', () => {
  it('ends it, from wherever its owner reads mail', async () => {
    const { id, token, report } = await requestLink('report@example.com');
    await expectReported(report, OWNER);

    expectProblem(await service.verify(token, ASKER), 'link_used');
    expectProblem(await present('inspect', token), 'link_used');
    expect(await linkRow(id)).toMatchObject({ is_used: false, superseded_at: expect.any(Date) });
    expect((await eventsAbout(id))[0]).toEqual({
      type: 'magic_link.reported',
      severity: 'critical',
      reason: 'not_requested',
      has_subject: true,
    });
  });

  it('ends its code', async () => {
    const { id, token, report } = await requestLink('report.code@example.com');
    const mail = service.mailbox.list().find(({ text }) => text.includes(token));
    await expectReported(report);
    const response = await service.http
      .post('/auth/magic-link/verify-code')
      .set(headersOf(ASKER))
      .send({ magic_link_id: id, code: /^\d{6}$/m.exec(mail?.text ?? '')?.[0] });
    expectProblem(response, 'code_invalid');
  });

  it('ends the session that came of it and no other, once and for all', async () => {
    const email = 'report.session@example.com';
    const other = await service.signIn(email, OWNER);
    const { id, token, report } = await requestLink(email);
    const strange = sessionOf(await service.verify(token, ASKER), ASKER);
    await expectReported(report, OWNER);
    await expectReported(report, OWNER);

    const session = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      service.http
        .get('/auth/session')
        .set(headers)
        .then((response) => response);
    expectProblem(await session(strange.headers), 'session_revoked');
    expect((await session(other.headers)).status).toBe(200);
    expect(await linkRow(id)).toMatchObject({ is_used: true, superseded_at: null });
    const revoked = await service.sql(
      `SELECT reason, magic_link_id, session_id FROM security_events
        WHERE type = 'session.revoked' AND session_id = $1`,
      [strange.sessionId],
    );
    expect(revoked).toEqual([
      { reason: 'reported', magic_link_id: id, session_id: strange.sessionId },
    ]);
  });

  it('forgets the place that came of it, also when it was signed out of already', async () => {
    const email = 'report.device@example.com';
    const own = { ...OWNER, fingerprint: `md1.${'o'.repeat(43)}` };
    const strange = { ...ASKER, fingerprint: `md1.${'s'.repeat(43)}` };
    const signInFrom = async (client: Client): Promise<MailedLink & Pick<SignedIn, 'headers'>> => {
      const link = await requestLink(email, client);
      const response = await service.verify(link.token, { ...client, rememberDevice: true });
      return { ...link, headers: sessionOf(response, client).headers };
    };
    const places = async (): Promise<object | undefined> =>
      (
        await service.sql(
          `SELECT cardinality(trusted_device_ids) AS devices,
                  ARRAY(SELECT host(address) FROM unnest(known_ip_addresses) AS address) AS known
             FROM users WHERE email = $1`,
          [email],
        )
      )[0];
    await signInFrom(own);
    const before = await places();
    const { report, headers } = await signInFrom(strange);
    expect(await places()).toEqual({ devices: 2, known: ['198.51.100.1', '192.0.2.1'] });
    await service.http.post('/auth/logout').set(headers);
    await expectReported(report, OWNER);
    expect(await places()).toEqual(before);
  });

  it('that was signed out of already changes nothing but the trail', async () => {
    const { id, token, report } = await requestLink('report.late@example.com');
    const { headers, sessionId } = sessionOf(await service.verify(token, ASKER), ASKER);
    await service.http.post('/auth/logout').set(headers);
    await expectReported(report);
    const [session] = await service.sql('SELECT revoked_reason FROM user_sessions WHERE id = $1', [
      sessionId,
    ]);
    expect(session).toEqual({ revoked_reason: 'logout' });
    expect((await eventsAbout(id)).at(-1)).toMatchObject({ type: 'magic_link.reported' });
  });

  it('leaves nothing open, when it meets the sign-in (10 times)', async () => {
    const links = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        requestLink(`report.race-${index.toString()}@example.com`),
      ),
    );
    await Promise.all(
      links.flatMap(({ token, report }) => [
        present('verify', token),
        expectReported(report, OWNER),
      ]),
    );
    const open = await service.sql(
      `SELECT link.id FROM magic_links link
         LEFT JOIN user_sessions session ON session.magic_link_id = link.id
        WHERE link.id = ANY ($1)
          AND (session.is_active OR (NOT link.is_used AND link.superseded_at IS NULL))`,
      [links.map(({ id }) => id)],
    );
    expect(open).toEqual([]);
  });

  it.each([
    ['is possible for a week', '6 days 23 hours', 200],
    ['is too late after it', '7 days 1 second', 401],
  ])('%s', async (_, age, status) => {
    const { id, token } = await requestLink(`report.${status.toString()}@example.com`);
    await service.verify(token, ASKER);
    const [link] = await service.sql<{ id: string; created_at: Date; key_id: string }>(
      `UPDATE magic_links SET created_at = date_trunc('second', now()) - $2::interval
        WHERE id = $1 RETURNING id, created_at, key_id`,
      [id, age],
    );
    const report = await privately(service.app, LinkReportTokens).derive(link!);
    const response = await present('report', report);
    expect(response.status).toBe(status);
    const [event] = (await eventsAbout(id)).slice(-1);
    if (status === 200) {
      expect(event).toMatchObject({ type: 'magic_link.reported' });
      const week = Math.floor(link!.created_at.getTime() / 1_000) * 1_000 + 7 * 86_400_000;
      expect(response.body).toEqual({ undo_until: new Date(week).toISOString() });
    } else {
      expectProblem(response, 'link_expired');
      expect(event).toMatchObject({ type: 'magic_link.failed', reason: 'link_expired' });
      expectProblem(await present('report/undo', report), 'link_expired');
    }
  });
});

describe('after a report', () => {
  const EMAIL = 'paused@example.com';
  const APP: Client = { ...ASKER, fingerprint: `md1.${'k'.repeat(43)}` };

  /** For how long each pause is to last, in minutes. */
  const pauses = async (): Promise<number[]> =>
    (
      await service.sql<{ minutes: number }>(
        `SELECT round(extract(epoch FROM paused_until - now()) / 60)::integer AS minutes
           FROM mail_pauses ORDER BY paused_until`,
      )
    ).map(({ minutes }) => minutes);

  const anHourLater = async (): Promise<unknown> =>
    service.sql(`UPDATE mail_pauses SET paused_until = paused_until - interval '1 hour'`);

  beforeAll(async () => {
    await service.sql('DELETE FROM mail_pauses');
    const { report } = await requestLink(EMAIL);
    // One link counts once, however often it is reported.
    await expectReported(report, OWNER);
    await expectReported(report, OWNER);
  });

  async function ask(email: string, client: Client): Promise<{ response: Response; id: string }> {
    const response = await service.http
      .post('/auth/magic-link/request')
      .set(headersOf(client))
      .send({ email });
    return { response, id: (response.body as { magic_link_id: string }).magic_link_id };
  }

  const outcomeOf = (id: string): Promise<string> =>
    waitFor('the mail to come to its end', async () => {
      const [row] = await service.sql<{ state: string }>(
        'SELECT state FROM mail_outbox WHERE magic_link_id = $1',
        [id],
      );
      return row?.state === 'pending' ? undefined : row?.state;
    });

  /** What could tell one request's answer from another's. */
  const shape = ({ status, headers, body }: Response): object => ({
    status,
    headers: Object.keys(headers).sort(),
    length: (headers as Record<string, string>)['content-length'],
    message: (body as { message: string }).message,
  });

  it('the network that asked causes no more mail to the address, and is not told so', async () => {
    const paused = await ask(EMAIL, ASKER);
    expect(await outcomeOf(paused.id)).toBe('cancelled');
    const tagged = await ask(EMAIL.replace('@', '+tag@'), { ...ASKER, userAgent: SAFARI });
    expect(await outcomeOf(tagged.id)).toBe('cancelled');

    const other = await ask('not.paused@example.com', ASKER);
    expect(await outcomeOf(other.id)).toBe('sent');
    expect(shape(paused.response)).toEqual(shape(other.response));
  });

  it('any other network does', async () => {
    const { id } = await ask(EMAIL, OWNER);
    expect(await outcomeOf(id)).toBe('sent');
    const [mail] = service.mailbox.list().filter(({ to }) => to === EMAIL);
    expect(mail?.text).toContain('#token=');
  });

  it('an hour later it does again', async () => {
    expect(await pauses()).toEqual([60]);
    await anHourLater();
    const { id } = await ask(EMAIL, ASKER);
    expect(await outcomeOf(id)).toBe('sent');
  });

  it('each further link that is reported makes it last twice as long, up to a day', async () => {
    for (const minutes of [120, 240, 480, 960, 1_440, 1_440]) {
      await service.sql('UPDATE mail_pauses SET paused_until = now()');
      await expectReported((await requestLink(EMAIL)).report, OWNER);
      expect(await pauses()).toEqual([minutes]);
    }
  });

  it('a known device gets its mails, wherever it asks from', async () => {
    const email = 'paused.home@example.com';
    await service.signIn(email, APP);
    await expectReported((await requestLink(email)).report, OWNER);
    expect(await outcomeOf((await ask(email, ASKER)).id)).toBe('cancelled');
    expect(await outcomeOf((await ask(email, APP)).id)).toBe('sent');
    const stranger = { ...APP, fingerprint: `md1.${'u'.repeat(43)}` };
    expect(await outcomeOf((await ask(email, stranger)).id)).toBe('cancelled');
  });

  it.each([
    ['a sign-in', async (email: string) => service.signIn(email, OWNER)],
    ['taking it back', async (_: string, report: string) => present('report/undo', report, OWNER)],
  ])('%s ends it', async (what, end) => {
    const email = `paused.until.${what.replaceAll(' ', '-')}@example.com`;
    const { report } = await requestLink(email);
    await expectReported(report, OWNER);
    expect(await outcomeOf((await ask(email, ASKER)).id)).toBe('cancelled');
    await end(email, report);
    expect(await outcomeOf((await ask(email, ASKER)).id)).toBe('sent');
  });
});

describe('after all that', () => {
  it('I1 to I7 hold of everything in the database', async () => {
    await expectInvariants(service, secrets);
  });
});
