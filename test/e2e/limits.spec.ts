import type { Response } from 'supertest';

import { BEHIND_PROXY, headersOf } from '../support/http/client';
import { FIREFOX } from '../support/http/user-agents';
import { expectProblem } from '../support/problem';
import {
  LIMITS_OFF,
  startBeside,
  startTestService,
  type TestService,
} from '../support/test-service';

const WINDOW_SECONDS = 900;
const HOUR_SECONDS = 3_600;

let service: TestService;
/** A second instance on the same database, with limits on what the first leaves alone. */
let other: TestService;

beforeAll(async () => {
  service = await startTestService({
    options: {
      ...BEHIND_PROXY,
      magicLink: {
        addressAndNetworkLimit: { limit: 3, windowSeconds: WINDOW_SECONDS },
        addressLimit: { limit: 5, windowSeconds: HOUR_SECONDS },
        networkLimit: { limit: 8, windowSeconds: WINDOW_SECONDS },
        verificationLimit: { limit: 4, windowSeconds: 60 },
      },
    },
  });
  other = await startBeside(service, {
    options: {
      ...BEHIND_PROXY,
      magicLink: { ...LIMITS_OFF, serviceLimit: { limit: 2, windowSeconds: 60 } },
      routeLimit: { limit: 3, windowSeconds: 60 },
    },
  });
});

beforeEach(async () => {
  await service.sql('TRUNCATE rate_limits');
});

afterAll(async () => {
  await other.stop();
  await service.stop();
});

const request = async (
  email: string,
  forwardedFor: string,
  from: TestService = service,
): Promise<Response> =>
  from.http.post('/auth/magic-link/request').set(headersOf({ forwardedFor })).send({ email });

/** Asks and fails unless it is accepted. */
const accept = async (email: string, forwardedFor: string): Promise<void> => {
  const { status, body } = await request(email, forwardedFor);
  expect([status, body.code]).toEqual([200, undefined]);
};

/** Expects a refusal that ends about so many seconds from now, and not later. */
const expectLimited = (response: Response, seconds: number): void => {
  expectProblem(response, 'rate_limited');
  expect(response.body.retry_after).toBeLessThanOrEqual(seconds);
  expect(response.body.retry_after).toBeGreaterThan(seconds - 20);
};

/** Lets time pass for the limiter. */
const age = async (seconds: number): Promise<void> => {
  await service.sql(
    `UPDATE rate_limits
        SET accepted_at = ARRAY(SELECT t - make_interval(secs => $1)
                                  FROM unnest(accepted_at) AS t ORDER BY t),
            refused_at = refused_at - make_interval(secs => $1),
            expires_at = expires_at - make_interval(secs => $1)`,
    [seconds],
  );
};

const count = async (what: 'magic_links' | 'mail_outbox'): Promise<unknown> =>
  (await service.sql(`SELECT count(*)::integer AS rows FROM ${what}`))[0]?.['rows'];

describe('requests for one address from one network', () => {
  it('are accepted three times in a quarter of an hour', async () => {
    for (let number = 0; number < 3; number += 1) await accept('three@example.com', '192.0.2.1');
    const [links, mails] = [await count('magic_links'), await count('mail_outbox')];

    expectLimited(await request('three@example.com', '192.0.2.1'), WINDOW_SECONDS);
    expect([await count('magic_links'), await count('mail_outbox')]).toEqual([links, mails]);
    await accept('another@example.com', '192.0.2.1');
    await accept('three@example.com', '192.0.2.2');
  });

  it('are accepted again when the time is up that the refusal named, and not before', async () => {
    for (let number = 0; number < 3; number += 1) {
      await accept('again@example.com', '192.0.2.1');
      await age(100);
    }
    const refused = await request('again@example.com', '192.0.2.1');
    expectLimited(refused, WINDOW_SECONDS - 300);

    await age(Number(refused.body.retry_after) - 20);
    expectLimited(await request('again@example.com', '192.0.2.1'), 20);
    await age(20);
    await accept('again@example.com', '192.0.2.1');
    // The second of the three is still counted.
    expectLimited(await request('again@example.com', '192.0.2.1'), 100);
  });

  it('share their limit over plus-tags and spellings', async () => {
    await accept('tag@example.com', '192.0.2.1');
    await accept('tag+one@example.com', '192.0.2.1');
    await accept('TAG+two@Example.com', '192.0.2.1');
    expectLimited(await request('tag+three@example.com', '192.0.2.1'), WINDOW_SECONDS);
  });

  it('share their limit over an IPv6 /64', async () => {
    for (const host of ['1', '2', 'ffff']) await accept('v6@example.com', `2001:db8::${host}`);
    expectLimited(await request('v6@example.com', '2001:db8::5:5'), WINDOW_SECONDS);
    await accept('v6@example.com', '2001:db8:0:1::1');
  });

  it('are refused alike, whether the address has an account or not', async () => {
    await service.signIn('exists@example.com', { forwardedFor: '192.0.2.1' });
    for (let number = 0; number < 2; number += 1) await accept('exists@example.com', '192.0.2.1');
    const known = await request('exists@example.com', '192.0.2.1');
    for (let number = 0; number < 3; number += 1) await accept('missing@example.com', '192.0.2.9');
    const unknown = await request('missing@example.com', '192.0.2.9');
    expect(unknown.body).toEqual({ ...known.body, retry_after: expect.any(Number) });
  });

  it('are not counted when they are refused for their form', async () => {
    for (let number = 0; number < 4; number += 1) {
      await service.http
        .post('/auth/magic-link/request')
        .set('X-Forwarded-For', '192.0.2.1')
        .send({ email: 'form@example.com', redirect_to: 'https://evil.example' });
    }
    await accept('form@example.com', '192.0.2.1');
  });

  it('leave one event of each flood', async () => {
    for (let number = 0; number < 3; number += 1) await accept('flood@example.com', '192.0.2.1');
    for (let number = 0; number < 3; number += 1) await request('flood@example.com', '192.0.2.1');

    const events = await service.sql(
      `SELECT type, details FROM security_events
        WHERE type = 'rate_limit.exceeded' AND subject_id IN
              (SELECT subject_id FROM security_events JOIN magic_links link
                   ON link.id = magic_link_id WHERE link.email = 'flood@example.com')`,
    );
    expect(events).toEqual([
      { type: 'rate_limit.exceeded', details: { limit: 'magic_link_request' } },
    ]);
  });
});

describe('requests for one address from anywhere', () => {
  const useUp = async (email: string, requests: number): Promise<void> => {
    for (let host = 1; host <= requests; host += 1) await accept(email, `198.51.100.${host}`);
  };

  it('are accepted so many times an hour', async () => {
    await useUp('anywhere@example.com', 5);
    expectLimited(await request('anywhere@example.com', '203.0.113.1'), HOUR_SECONDS);
    await age(HOUR_SECONDS);
    await accept('anywhere@example.com', '203.0.113.1');
  });

  it('do not shut out a network that the address has signed in from', async () => {
    await service.signIn('home@example.com', { forwardedFor: '192.0.2.1' });
    await useUp('home@example.com', 4);
    expectLimited(await request('home@example.com', '203.0.113.1'), HOUR_SECONDS);

    await accept('home@example.com', '192.0.2.1');
    // Other addresses are not known there.
    await useUp('visitor@example.com', 5);
    expectLimited(await request('visitor@example.com', '192.0.2.1'), HOUR_SECONDS);
  });
});

describe('requests from one network', () => {
  it('are accepted so many times, for whichever addresses', async () => {
    for (let number = 1; number <= 8; number += 1) {
      await accept(`victim${number}@example.com`, '192.0.2.1');
    }

    expectLimited(await request('victim9@example.com', '192.0.2.1'), WINDOW_SECONDS);
    await accept('victim9@example.com', '192.0.2.2');
  });
});

describe('requests to the whole service', () => {
  it('are accepted so many times, from wherever, where that is asked for', async () => {
    const answers: Response[] = [];
    for (const host of [1, 2, 3]) {
      answers.push(await request(`all${host}@example.com`, `192.0.2.${host}`, other));
    }

    expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([200, 200]);
    expectLimited(answers[2]!, 60);
    await age(60);
    expect((await request('all4@example.com', '192.0.2.4', other)).status).toBe(200);
  });
});

describe('verifications', () => {
  const verify = async (token: string, forwardedFor: string): Promise<Response> =>
    service.verify(token, { forwardedFor });

  it('from one network are taken so many times a minute, good or bad', async () => {
    const { id, token } = await service.requestLink('guess@example.com', {
      forwardedFor: '192.0.2.1',
    });
    for (let number = 0; number < 4; number += 1) {
      expectProblem(await verify(`a.b.c${number}`, '192.0.2.1'), 'link_invalid');
    }

    expectLimited(await verify(token, '192.0.2.1'), 60);
    expect(await service.sql('SELECT is_used FROM magic_links WHERE id = $1', [id])).toEqual([
      { is_used: false },
    ]);
    expectProblem(await verify('a.b.c', '192.0.2.2'), 'link_invalid');
    await age(60);
    expect((await verify(token, '192.0.2.1')).status).toBe(200);
  });

  it('of one token are taken so many times a minute, from wherever', async () => {
    for (let host = 1; host <= 4; host += 1) {
      expectProblem(await verify('same.token.twice', `192.0.2.${host}`), 'link_invalid');
    }

    expectLimited(await verify('same.token.twice', '192.0.2.5'), 60);
    expectProblem(await verify('another.token.once', '192.0.2.5'), 'link_invalid');
  });

  it('leave one event of each flood', async () => {
    const exceeded = async (): Promise<number> =>
      (
        await service.sql(
          `SELECT FROM security_events
            WHERE type = 'rate_limit.exceeded'
              AND details ->> 'limit' = 'magic_link_verification'`,
        )
      ).length;
    const before = await exceeded();
    for (let number = 0; number < 8; number += 1) await verify(`a.b.c${number}`, '192.0.2.1');
    expect(await exceeded()).toBe(before + 1);
  });
});

describe('the other routes', () => {
  it('take so many requests of one network, all together, with a session or without', async () => {
    const { headers } = await service.signIn('routes@example.com', { forwardedFor: '192.0.2.1' });
    const stranger = { 'X-Forwarded-For': '192.0.2.1', Authorization: 'Bearer x' };
    expect((await other.http.get('/auth/session').set(headers)).status).toBe(200);
    expect((await other.http.get('/auth/events').set(headers)).status).toBe(200);
    expectProblem(await other.http.get('/auth/session').set(stranger), 'session_invalid');

    const calls = [
      other.http.get('/auth/session').set(headers),
      other.http.get('/auth/sessions').set(headers),
      other.http.get('/auth/events').set(headers),
      other.http.get('/auth/session').set(stranger),
    ];
    for (const call of calls) expectLimited(await call, 60);
    const elsewhere = await other.http.get('/auth/session').set('X-Forwarded-For', '192.0.2.2');
    expectProblem(elsewhere, 'session_missing');
    await age(60);
    expect((await other.http.get('/auth/session').set(headers)).status).toBe(200);
  });

  it('that only take rights away are never limited, nor counted', async () => {
    const client = { forwardedFor: '192.0.2.1' };
    const gone = await service.signIn('endings@example.com', { ...client, userAgent: FIREFOX });
    const { headers } = await service.signIn('endings@example.com', client);
    const statusOf = async (call: PromiseLike<Response>): Promise<number> => (await call).status;
    const { http } = other;
    for (let time = 1; time <= 5; time += 1) {
      expect([
        await statusOf(http.delete(`/auth/sessions/${gone.sessionId}`).set(headers)),
        await statusOf(http.delete('/auth/sessions').set(headers)),
        await statusOf(http.post('/auth/logout').set(gone.headers)),
        await statusOf(
          http.post('/auth/logout').set({ ...headersOf(client), Authorization: 'Bearer x' }),
        ),
      ]).toEqual([time === 1 ? 204 : 404, 200, 204, 401]);
    }
    // None of them has used up what the others have of the limit: three in a minute.
    for (let time = 1; time <= 3; time += 1) {
      expect(await statusOf(http.get('/auth/session').set(headers))).toBe(200);
    }
    expectLimited(await http.get('/auth/session').set(headers), 60);
    // And they work when it is used up.
    expect(await statusOf(http.delete('/auth/sessions').set(headers))).toBe(200);
    expect(await statusOf(http.post('/auth/logout').set(headers))).toBe(204);
    expectProblem(await service.http.get('/auth/session').set(headers), 'session_revoked');
  });
});
