import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem, expectSecurityHeaders } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';

interface Event {
  readonly id: string;
  readonly type: string;
  readonly details: Record<string, unknown>;
}

describe('GET /auth/events', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({
      options: {
        ...BEHIND_PROXY,
        magicLink: { addressAndNetworkLimit: { limit: 3, windowSeconds: 900 } },
      },
    });
  });

  afterAll(() => service.stop());

  const get = async (session: SignedIn, query = ''): Promise<Response> =>
    service.http.get(`/auth/events${query}`).set(session.headers);

  const eventsOf = async (session: SignedIn): Promise<Event[]> =>
    (await get(session, '?limit=100')).body.events as Event[];

  it('tells what happened, newest first, and where it came from', async () => {
    const session = await service.signIn('ada@example.com', {
      userAgent: FIREFOX,
      forwardedFor: '192.0.2.1',
    });
    const response = await get(session);

    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ip_address: '192.0.2.1',
      user_agent: FIREFOX,
    };
    const { sessionId } = session;
    expect([response.status, response.body]).toEqual([
      200,
      {
        events: [
          {
            ...common,
            type: 'session.created',
            session_id: sessionId,
            details: { remember_device: false, transport: 'bearer' },
          },
          {
            ...common,
            type: 'sign_in.succeeded',
            session_id: sessionId,
            details: { method: 'magic_link' },
          },
          { ...common, type: 'user.created', session_id: null, details: {} },
          { ...common, type: 'magic_link.requested', session_id: null, details: {} },
        ],
        next_cursor: null,
      },
    ]);
    expectSecurityHeaders(response);
  });

  it('tells of all that was refused, and why', async () => {
    const email = 'refused@example.com';
    const client = { forwardedFor: '192.0.2.1' };
    const elsewhere = { forwardedFor: '198.51.100.1' };
    const lost = await service.signIn(email, client);
    const { token } = await service.requestLink(email, client);
    await service.verify(token, elsewhere);
    await service.http
      .get('/auth/session')
      .set(lost.headers)
      .set('X-Forwarded-For', elsewhere.forwardedFor);
    const current = await service.verify(token, client).then(({ body }) => body);
    const session = {
      ...lost,
      headers: { ...lost.headers, Authorization: `Bearer ${String(current.session_token)}` },
    };
    await service.http.delete('/auth/sessions').set(session.headers);
    await service.http.get('/auth/session').set(lost.headers);
    await service.requestLink(email, client);
    await service.http
      .post('/auth/magic-link/request')
      .set('X-Forwarded-For', client.forwardedFor)
      .send({ email });

    const told = (await eventsOf(session)).map(({ type, details }) => [type, details]);
    expect(told.slice(0, -4)).toEqual([
      ['rate_limit.exceeded', { limit: 'magic_link_request' }],
      ['magic_link.requested', {}],
      ['session.refused', { reason: 'session_revoked' }],
      ['session.revoked', { reason: 'user_request', ended_by: current.session_id, ended: 1 }],
      ['session.created', { remember_device: false, transport: 'bearer' }],
      ['sign_in.succeeded', { method: 'magic_link' }],
      ['session.refused', { reason: 'context_mismatch', differences: ['network'] }],
      ['magic_link.failed', { reason: 'context_mismatch', differences: ['network'] }],
      ['magic_link.requested', {}],
    ]);
  });

  it("never tells of another user's events", async () => {
    const mine = await service.signIn('mine@example.com');
    const theirs = await service.signIn('theirs@example.com');
    await service.http.post('/auth/logout').set(theirs.headers);
    // A token that leads nowhere says nothing about anybody.
    await service.verify('a.b.c');

    const [myEvents, recorded] = [
      await eventsOf(mine),
      await service.sql<{ id: string }>('SELECT id FROM security_events WHERE user_id = $1', [
        theirs.userId,
      ]),
    ];
    expect(myEvents.map(({ type }) => type)).toEqual([
      'session.created',
      'sign_in.succeeded',
      'user.created',
      'magic_link.requested',
    ]);
    const theirIds = new Set(recorded.map(({ id }) => id));
    expect(theirIds.size).toBe(4);
    expect(myEvents.filter(({ id }) => theirIds.has(id))).toEqual([]);
  });

  it('names the request in the trail as its answer did', async () => {
    const { body } = await service.http
      .post('/auth/magic-link/request')
      .set('X-Request-Id', 'my-own_Request-1')
      .send({ email: 'named@example.com' });

    const rows = await service.sql(
      'SELECT request_id FROM security_events WHERE magic_link_id = $1',
      [body.magic_link_id],
    );
    expect(rows).toEqual([{ request_id: 'my-own_Request-1' }]);
  });

  describe('in pages', () => {
    let session: SignedIn;

    beforeAll(async () => {
      session = await service.signIn('pages@example.com');
      await service.sql(
        `INSERT INTO security_events (id, type, severity, user_id, details)
         SELECT gen_random_uuid(), 'session.revoked', 'info', $1, jsonb_build_object('n', n)
           FROM generate_series(1, 60) AS n`,
        [session.userId],
      );
    });

    it('has 50 events on a page by default, and 100 at most', async () => {
      const byDefault = await get(session);
      expect(byDefault.body.events).toHaveLength(50);
      expect(byDefault.body.next_cursor).toEqual(expect.any(String));
      const all = await get(session, '?limit=100');
      expect(all.body.events).toHaveLength(64);
      expect(all.body.next_cursor).toBeNull();
    });

    it.each([1, 7, 32])('leads through all of them, %i at a time, each once', async (limit) => {
      const all = await eventsOf(session);
      const seen: Event[] = [];
      let query = `?limit=${limit}`;
      for (let page = 0; page < 100 && query !== ''; page += 1) {
        const { body } = await get(session, query);
        expect(body.events.length).toBeLessThanOrEqual(limit);
        seen.push(...(body.events as Event[]));
        query = body.next_cursor === null ? '' : `?limit=${limit}&cursor=${body.next_cursor}`;
      }
      expect(seen).toEqual(all);
    });

    it('are not moved by what happens meanwhile', async () => {
      const first = await get(session, '?limit=2');
      await service.requestLink('pages@example.com');
      const second = await get(session, `?limit=2&cursor=${String(first.body.next_cursor)}`);

      const all = (await eventsOf(session)).map(({ id }) => id);
      const shown = [...first.body.events, ...second.body.events].map(({ id }: Event) => id);
      expect(shown).toEqual(all.slice(1, 5));
    });

    it('tell nothing of others, whoever the cursor was made for', async () => {
      const { body } = await get(session, '?limit=1');
      const other = await service.signIn('cursor@example.com');
      const response = await get(other, `?cursor=${String(body.next_cursor)}`);
      expect([response.status, response.body]).toEqual([200, { events: [], next_cursor: null }]);
    });

    it.each([
      ['limit=0', ['limit']],
      ['limit=101', ['limit']],
      ['limit=-1', ['limit']],
      ['limit=1.5', ['limit']],
      ['limit=ten', ['limit']],
      ['limit=', ['limit']],
      ['limit=1&limit=2', ['limit']],
      ['limit[a]=1', ['unknown']],
      ['cursor=', ['cursor']],
      ['cursor=x', ['cursor']],
      ['cursor=MTI%3D', ['cursor']],
      [`cursor=${Buffer.from('1 OR 1=1').toString('base64url')}`, ['cursor']],
      [`cursor=${Buffer.from('-1').toString('base64url')}`, ['cursor']],
      [`cursor=${Buffer.from('9'.repeat(19)).toString('base64url')}`, ['cursor']],
      [`cursor=${'A'.repeat(65)}`, ['cursor']],
      ['cursor=MTI&cursor=MTI', ['cursor']],
      ['user_id=1', ['user_id']],
      ['limit=10&page=2', ['page']],
    ])('refuses the query %s', async (query, fields) => {
      expectProblem(await get(session, `?${query}`), 'invalid_request', fields);
    });
  });
});
