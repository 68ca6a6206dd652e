import { SessionRevocationFeed } from '../../src/session/memory/session-revocation-feed.service';
import { askHost, HostModule } from '../support/http/guarded-route';
import type { TestDatabase } from '../support/postgres/database';
import { installOn, type OwnPostgres, startOwnPostgres } from '../support/postgres/own-postgres';
import { queryAs } from '../support/postgres/query-as';
import { expectProblem } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { waitFor } from '../support/wait-for';

let server: OwnPostgres;
let database: TestDatabase;
let here: TestService;
let elsewhere: TestService;

beforeAll(async () => {
  server = await startOwnPostgres();
  database = await installOn(server);
  const imports = [HostModule];
  here = await startTestService({ database, imports });
  elsewhere = await startTestService({ database, imports, mailbox: here.mailbox });
});

afterAll(async () => {
  await elsewhere.stop();
  await here.stop();
  await server.stop();
});

const leaseHeld = async (service: TestService): Promise<true> =>
  waitFor('the lease', () =>
    service.app.get(SessionRevocationFeed).state === 'held' ? true : undefined,
  );

const statusElsewhere = async (session: SignedIn): Promise<number> =>
  (await askHost(elsewhere, session)).status;

it('I9, F12: across a restart of PostgreSQL no ended session is accepted, and no live one lost', async () => {
  const ended = await here.signIn('ended@example.com');
  const live = await here.signIn('live@example.com');
  await leaseHeld(elsewhere);
  expect([await statusElsewhere(ended), await statusElsewhere(live)]).toEqual([200, 200]);

  // A revocation whose announcement the restart may swallow.
  await here.http.post('/auth/logout').set(ended.headers).expect(204);
  const revoked = performance.now();
  const restarting = server.restart();
  const answers = new Set<number>();
  await waitFor('the second to pass and the server to be back', async () => {
    const asked = performance.now();
    const status = await statusElsewhere(ended);
    if (asked - revoked >= 1_000) answers.add(status);
    return asked - revoked >= 1_000 && status === 401 ? true : undefined;
  });
  await restarting;
  expect([...answers].sort()).not.toContain(200);

  await leaseHeld(elsewhere);
  expect(await statusElsewhere(live)).toBe(200);
  expectProblem(await askHost(elsewhere, ended), 'session_revoked');

  // The feed goes on by itself: what ends now is heard of as before.
  expect(await statusElsewhere(live)).toBe(200);
  await queryAs(database.superuserUrl, 'UPDATE user_sessions SET is_active = false WHERE id = $1', [
    live.sessionId,
  ]);
  const again = performance.now();
  await waitFor('the refusal', async () =>
    (await statusElsewhere(live)) === 401 ? true : undefined,
  );
  expect(performance.now() - again).toBeLessThan(1_000);
});
