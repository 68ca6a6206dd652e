import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import { expectInvariants } from '../../support/attacks/invariants';
import { waitForLockWaits } from '../../support/postgres/lock-waits';
import { expectProblem } from '../../support/problem';
import { requestLinks } from '../../support/sign-in/link-tokens';
import type { RequestedLink } from '../../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../../support/test-service';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    options: { magicLink: { verificationLimit: { limit: 2, windowSeconds: 60 } } },
  });
});
afterAll(() => service.stop());
beforeEach(() => service.sql('DELETE FROM rate_limits'));

const linkFor = async (email: string): Promise<RequestedLink> => {
  const [link] = await requestLinks(service, [{ email }]);
  return link!;
};

describe('A sign-in that is undone', () => {
  it('counts as an attempt all the same, leaves one event each time, and the link unused', async () => {
    const email = 'disabled@example.com';
    await service.sql('INSERT INTO users (id, email, is_active) VALUES ($1, $2, false)', [
      randomUUID(),
      email,
    ]);
    const link = await linkFor(email);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expectProblem(await service.verify(link.token), 'account_disabled');
    }

    expectProblem(await service.verify(link.token), 'rate_limited');

    expect(
      await service.sql(
        `SELECT reason, link.is_used FROM security_events event
           JOIN magic_links link ON link.id = event.magic_link_id
          WHERE event.type = 'magic_link.failed' AND link.id = $1`,
        [link.id],
      ),
    ).toEqual(Array(2).fill({ reason: 'account_disabled', is_used: false }));
  });
});

describe('A user that somebody else makes during the sign-in', () => {
  it('is the one who signs in, and whose link it was', async () => {
    const email = 'migrated@example.com';
    const link = await linkFor(email);
    const userId = randomUUID();
    const migration = new Client({ connectionString: service.database.superuserUrl });
    await migration.connect();
    await migration.query('BEGIN');
    await migration.query('INSERT INTO users (id, email) VALUES ($1, $2)', [userId, email]);
    const verification = service.verify(link.token).then((response) => response);
    await waitForLockWaits((text) => service.sql(text));
    await migration.query('COMMIT');
    await migration.end();

    expect((await verification).status).toBe(200);
    expect(
      await service.sql(
        `SELECT link.user_id AS of_link, session.user_id AS of_session
           FROM magic_links link JOIN user_sessions session ON session.magic_link_id = link.id
          WHERE link.id = $1`,
        [link.id],
      ),
    ).toEqual([{ of_link: userId, of_session: userId }]);
    await expectInvariants(service);
  });
});
