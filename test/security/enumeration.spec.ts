import type { Response } from 'supertest';

import { AttackWatch } from '../support/attacks/attack-watch';
import { BEHIND_PROXY, type Client, headersOf, inNetwork } from '../support/http/client';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import { sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startBeside, startTestService, type TestService } from '../support/test-service';
import { times } from '../support/times';

const watch = new AttackWatch();
/** With the limits that a service has unless its operator says otherwise. */
let service: TestService;
/** On the same database, with none. */
let unlimited: TestService;

const REQUESTS_PER_ADDRESS_AND_NETWORK = 3;
const REQUESTS_PER_ADDRESS = 10;
const REQUESTS_PER_NETWORK = 60;

beforeAll(async () => {
  unlimited = await startTestService({ options: BEHIND_PROXY });
  service = await startBeside(unlimited, {
    options: {
      ...BEHIND_PROXY,
      magicLink: {
        addressAndNetworkLimit: { limit: REQUESTS_PER_ADDRESS_AND_NETWORK, windowSeconds: 900 },
        addressLimit: { limit: REQUESTS_PER_ADDRESS, windowSeconds: 3_600 },
        networkLimit: { limit: REQUESTS_PER_NETWORK, windowSeconds: 900 },
        verificationLimit: { limit: 60, windowSeconds: 60 },
      },
    },
  });
  watch.watch(unlimited, service);
});

afterAll(async () => {
  await service.stop();
  await unlimited.stop();
});

const signIn = async (email: string, client: Client): Promise<SignedIn> => {
  const [link] = await requestLinks(unlimited, [{ email, ...client }]);
  return sessionOf(await unlimited.verify(link!.token, client), client);
};

const ask = async (email: string, client: Client): Promise<Response> => {
  const response = await service.http
    .post('/auth/magic-link/request')
    .set(headersOf({ ...client, headers: { 'X-Request-Id': 'enumeration' } }))
    .send({ email });
  watch.expectHandled(response);
  return response;
};

/** Everything that an answer shows, but for ids and times. */
const shown = ({ status, headers, text }: Response): string => {
  const { date: _date, ...others } = headers as Record<string, string>;
  const masked = text
    .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/"retry_after":\d+/, '"retry_after":<seconds>');
  if (others['retry-after'] !== undefined) others['retry-after'] = '<seconds>';
  return JSON.stringify([status, others, masked]);
};

const mailsTo = async (pattern: string): Promise<number> => {
  const [row] = await service.sql<{ mails: number }>(
    `SELECT count(*)::integer AS mails
       FROM mail_outbox JOIN magic_links link ON link.id = magic_link_id WHERE email LIKE $1`,
    [pattern],
  );
  return row!.mails;
};

describe('whether an address has an account', () => {
  const EMAILS = ['known', 'unknown', 'disabled', 'locked', 'unverified'].map(
    (name) => `${name.padEnd(10, '-')}@example.com`,
  );
  const [KNOWN, UNKNOWN, DISABLED, LOCKED, UNVERIFIED] = EMAILS;

  beforeAll(async () => {
    for (const email of [KNOWN!, DISABLED!, LOCKED!, UNVERIFIED!]) {
      await signIn(email, inNetwork(999));
    }

    await service.sql('UPDATE users SET is_active = false WHERE email = $1', [DISABLED]);
    await service.sql(
      `UPDATE users SET account_locked_until = now() + interval '1 hour' WHERE email = $1`,
      [LOCKED],
    );
    await service.sql('UPDATE users SET email_verified = false WHERE email = $1', [UNVERIFIED]);
  });

  it('E1 is not told by the answer to a request, byte for byte', async () => {
    const answers = await Promise.all(EMAILS.map((email) => ask(email, inNetwork(1))));
    expect(answers.map(({ status }) => status)).toEqual(EMAILS.map(() => 200));
    expect(new Set(answers.map(shown)).size).toBe(1);
    expect(await mailsTo(UNKNOWN!)).toBe(1);
  });

  it('E1 is not told by a device either, whether the account knows it or not', async () => {
    const known: Client = { ...inNetwork(7), fingerprint: `md1.${'k'.repeat(43)}` };
    const unknown: Client = { ...inNetwork(7), fingerprint: `md1.${'u'.repeat(43)}` };
    await signIn(KNOWN!, known);
    const devices = await service.sql(
      'SELECT FROM devices JOIN users ON users.id = user_id WHERE email = $1',
      [KNOWN],
    );
    expect(devices).toHaveLength(1);

    const asked = [
      await ask(KNOWN!, known),
      await ask(KNOWN!, unknown),
      await ask(UNKNOWN!, known),
      await ask(UNKNOWN!, unknown),
    ];
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(asked.map(shown)).size).toBe(1);
  });

  it('E2 is not told past the limit either', async () => {
    const last: Response[] = [];
    for (const email of EMAILS) {
      const answers = [];
      for (let attempt = 0; attempt <= REQUESTS_PER_ADDRESS_AND_NETWORK; attempt += 1) {
        answers.push(await ask(email, inNetwork(2)));
      }

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      last.push(answers.at(-1)!);
    }
    expect(new Set(last.map(shown)).size).toBe(1);
  });

  it('E3 is told to nobody who presents a token that is none of ours', async () => {
    const [link] = await requestLinks(unlimited, [{ email: KNOWN!, ...inNetwork(3) }]);
    const { token } = link!;
    const middle = Math.floor(token.length / 2);
    const answers = [];
    for (const presented of [
      token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1),
      `${token.slice(0, -43)}${'A'.repeat(43)}`,
      'x'.repeat(token.length),
      'a.b.c',
      '',
      '.'.repeat(2_048),
    ]) {
      const response = await service.http
        .post('/auth/magic-link/verify')
        .set(headersOf({ ...inNetwork(3), headers: { 'X-Request-Id': 'enumeration' } }))
        .send({ token: presented });
      watch.expectHandled(response);
      answers.push(response);
    }
    expectProblem(answers[0]!, 'link_invalid');
    expect(new Set(answers.map(shown)).size).toBe(1);
  });

  it('E4 is told by a genuine link only, to who holds the mailbox', async () => {
    const tell = async (email: string): Promise<Response> => {
      const [link] = await requestLinks(unlimited, [{ email, ...inNetwork(4) }]);
      return service.verify(link!.token, inNetwork(4));
    };
    expectProblem(await tell(DISABLED!), 'account_disabled');
    expectProblem(await tell(LOCKED!), 'account_locked');
    // From another place even a genuine link says nothing of the account.
    for (const email of EMAILS) {
      const [link] = await requestLinks(unlimited, [{ email, ...inNetwork(5) }]);
      expectProblem(await service.verify(link!.token, inNetwork(6)), 'context_mismatch');
    }
  });
});

it('E5 others’ session ids are as if they did not exist', async () => {
  const mine = await signIn('mine@example.com', inNetwork(10));
  const ended = await signIn('mine@example.com', inNetwork(11));
  const other = await signIn('other@example.com', inNetwork(12));
  const remove = (id: string): Promise<Response> =>
    service.http
      .delete(`/auth/sessions/${id}`)
      .set({ ...mine.headers, 'X-Request-Id': 'enumeration' })
      .then((response) => response);
  expect((await remove(ended.sessionId)).status).toBe(204);

  const answers = [];
  for (const id of [
    other.sessionId,
    ended.sessionId,
    '00000000-0000-4000-8000-000000000000',
    other.userId,
    'not-an-id',
    '1',
  ]) {
    const response = await remove(id);
    watch.expectHandled(response);
    expectProblem(response, 'not_found');
    answers.push(response);
  }
  expect(new Set(answers.map(shown)).size).toBe(1);
  expect((await service.http.get('/auth/session').set(other.headers)).status).toBe(200);
});

describe('mail that nobody wanted', () => {
  it('E6 is capped for one victim, from however many addresses it is asked for', async () => {
    const responses = await Promise.all(
      times(150, (index) => ask('victim@example.com', inNetwork(1_000 + index))),
    );
    const accepted = responses.filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(REQUESTS_PER_ADDRESS);
    for (const response of responses) {
      if (response.status !== 200) expectProblem(response, 'rate_limited');
    }

    expect(await mailsTo('victim@example.com')).toBe(REQUESTS_PER_ADDRESS);
  });

  it('E7 leaves the victim’s pending link, sessions and own network working', async () => {
    const email = 'exhausted@example.com';
    const home = inNetwork(20);
    const session = await signIn(email, home);
    const [pending] = await requestLinks(service, [{ email, ...home }]);

    for (let index = 0; index < REQUESTS_PER_ADDRESS; index += 1) {
      expect((await ask(email, inNetwork(2_000 + index))).status).toBe(200);
    }

    expectProblem(await ask(email, inNetwork(2_999)), 'rate_limited');

    expect((await service.http.get('/auth/session').set(session.headers)).status).toBe(200);
    expect((await service.verify(pending!.token, home)).status).toBe(200);
    // A network that this address has signed in from may still ask.
    expect((await ask(email, home)).status).toBe(200);
  });

  it('E8 is capped for one client, however many victims it has', async () => {
    const responses = await Promise.all(
      times(REQUESTS_PER_NETWORK + 40, (index) =>
        ask(`one-of-many-${index.toString()}@example.com`, inNetwork(30)),
      ),
    );
    const accepted = responses.filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(REQUESTS_PER_NETWORK);
    expect(await mailsTo('one-of-many-%')).toBe(REQUESTS_PER_NETWORK);
  });
});

watch.defineAftermath();
