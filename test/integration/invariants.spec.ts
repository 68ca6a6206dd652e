import type { Response } from 'supertest';

import { expectInvariants } from '../support/attacks/invariants';
import { BEHIND_PROXY, type Client, inNetwork } from '../support/http/client';
import { createTestDatabase } from '../support/postgres/database';
import { HALT, Halt } from '../support/postgres/halt';
import { expectProblem } from '../support/problem';
import { requestLinks } from '../support/sign-in/link-tokens';
import { type RequestedLink, sessionOf, type SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { times } from '../support/times';

/** Live sessions that a user may have. */
const CAP = 5;
/** Of each instance: enough that 50 requests at once don't wait for one until they are refused. */
const CONNECTIONS = 25;
/** Requests of one address from one network. */
const LIMIT = 3;

/** Two instances of the service on one database, as in production; the second has a limit. */
let first: TestService;
let second: TestService;
let halt: Halt;
/** Every token and fingerprint of this file: none may be in the database. */
const secrets: string[] = [];

beforeAll(async () => {
  const database = await createTestDatabase();
  const options = {
    ...BEHIND_PROXY,
    database: { url: database.appUrl, poolSize: CONNECTIONS },
    session: { maxPerUser: CAP },
  };
  first = await startTestService({ database, options });
  second = await startTestService({
    database,
    mailbox: first.mailbox,
    options: {
      ...options,
      magicLink: { addressAndNetworkLimit: { limit: LIMIT, windowSeconds: 900 } },
    },
  });
  halt = await Halt.install(first.database);
});

afterAll(async () => {
  await halt.close();
  await second.stop();
  await first.stop();
  await first.database.drop();
});

const instance = (index: number): TestService => (index % 2 === 0 ? first : second);

const linkFor = async (email: string, client: Client = {}): Promise<RequestedLink> => {
  const [link] = await requestLinks(first, [{ email, ...client }]);
  secrets.push(link!.token);
  return link!;
};

/** Signs in without waiting for a mail. */
const signIn = async (email: string, client: Client): Promise<SignedIn> => {
  const { token } = await linkFor(email, client);
  return sessionOf(await first.verify(token, client), client);
};

/** How many answers there were of each status and code. */
function outcomes(responses: readonly Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of responses) {
    if (typeof body.session_token === 'string') secrets.push(body.session_token);
    const outcome = `${status.toString()} ${body.code ?? 'ok'}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

const whoIs = async ({ headers }: SignedIn): Promise<Response> =>
  second.http.get('/auth/session').set(headers);

describe('one link', () => {
  it.each([1, 2, 3, 4, 5])(
    'R1 opens exactly one session, when it is presented 100 times at once to two instances (%d)',
    async (round) => {
      const fingerprint = `raw-fingerprint-of-round-${round.toString()}`;
      const client = { ...inNetwork(round), fingerprint };
      secrets.push(fingerprint);
      const link = await linkFor(`once-${round.toString()}@example.com`, client);

      const responses = await Promise.all(
        times(100, (index) => instance(index).verify(link.token, client)),
      );

      expect(outcomes(responses)).toEqual({ '200 ok': 1, '401 link_used': 99 });
      const sessions = await first.sql('SELECT FROM user_sessions WHERE magic_link_id = $1', [
        link.id,
      ]);
      expect(sessions).toHaveLength(1);
    },
  );

  it('R2 opens one session, when other spellings of its token are presented with it', async () => {
    const { token } = await linkFor('spellings@example.com');
    const spellings = [`${token}=`, ` ${token}`, `${token}\n`, withSpareBitsChanged(token)];

    const responses = await Promise.all(
      times(100, (index) =>
        instance(index).verify(index % 10 === 5 ? token : spellings[index % spellings.length]!),
      ),
    );

    expect(outcomes(responses)).toEqual({
      '200 ok': 1,
      '401 link_used': 9,
      '401 link_invalid': 90,
    });
  });
});

describe('one address', () => {
  it('R3 becomes one user, when two links of it are opened together (30 addresses)', async () => {
    const emails = times(30, (index) => `new-${index.toString().padStart(2, '0')}@example.com`);
    const links = await requestLinks(
      first,
      emails.flatMap((email) => [
        { email, ...inNetwork(1) },
        { email, ...inNetwork(2) },
      ]),
    );
    secrets.push(...links.map(({ token }) => token));

    const responses = await Promise.all(
      links.map(({ token }, index) => instance(index).verify(token, inNetwork(1 + (index % 2)))),
    );

    // A sign-in ends the address's other pending links, so that one of each pair is too late.
    expect(outcomes(responses)).toEqual({ '200 ok': 30, '401 link_used': 30 });
    const users = await first.sql(`SELECT email FROM users WHERE email LIKE 'new-%' ORDER BY 1`);
    expect(users).toEqual(emails.map((email) => ({ email })));
  });

  it('R8 I8 gets exactly as many links as the limit allows, of 50 requests at once', async () => {
    const responses = await Promise.all(
      times(50, () =>
        second.http.post('/auth/magic-link/request').send({ email: 'limit@example.com' }),
      ),
    );

    expect(outcomes(responses)).toEqual({ '200 ok': LIMIT, '429 rate_limited': 50 - LIMIT });
    const links = await first.sql(`SELECT FROM magic_links WHERE email = 'limit@example.com'`);
    expect(links).toHaveLength(LIMIT);
  });
});

describe('a sign-in that races', () => {
  it('R4 against the end of all other sessions is ended by it, if it came first', async () => {
    const email = 'logout-all@example.com';
    const current = await signIn(email, inNetwork(1));
    const racing = { ...inNetwork(2), userAgent: HALT.atCommit };
    const { token } = await linkFor(email, racing);

    await halt.hold();
    const verification = first.verify(token, racing);
    await halt.held();
    const revocation = second.http
      .delete('/auth/sessions')
      .set(current.headers)
      .then((response) => response);
    await halt.blocked(2);
    await halt.release();

    expect((await revocation).body).toEqual({ revoked: 1 });
    const racer = sessionOf(await verification, racing);
    expectProblem(await whoIs(racer), 'session_revoked');
    expect((await whoIs(current)).status).toBe(200);
  });

  it('R4 against the end of all other sessions, 20 times, leaves none that was there before', async () => {
    const pairs = await Promise.all(
      times(20, async (index) => {
        const email = `logout-all-${index.toString()}@example.com`;
        const current = await signIn(email, inNetwork(1));
        const witness = await signIn(email, inNetwork(2));
        const { token } = await linkFor(email, inNetwork(3));

        const [verified] = await Promise.all([
          second.verify(token, inNetwork(3)),
          first.http.delete('/auth/sessions').set(current.headers),
        ]);
        return [sessionOf(verified).sessionId, witness.sessionId];
      }),
    );
    // The end of the witness, which was surely there before, tells when the others were ended.
    for (const [racer, witness] of pairs) {
      const outlived = await first.sql(
        `SELECT racer.id
           FROM user_sessions racer
           JOIN security_events opened
             ON opened.session_id = racer.id AND opened.type = 'session.created'
           JOIN security_events ended
             ON ended.session_id = $2 AND ended.type = 'session.revoked'
          WHERE racer.id = $1 AND racer.is_active AND opened.seq < ended.seq`,
        [racer, witness],
      );
      expect(outlived).toEqual([]);
    }
  });

  it('R4 against an operator who disables the account opens nothing that can be used', async () => {
    const email = 'disabled@example.com';
    await signIn(email, inNetwork(1));
    const racing = { ...inNetwork(2), userAgent: HALT.atCommit };
    const { token } = await linkFor(email, racing);

    await halt.hold();
    const verification = first.verify(token, racing);
    await halt.held();
    const disabling = first.sql('UPDATE users SET is_active = false WHERE email = $1', [email]);
    await halt.blocked(2);
    await halt.release();
    await disabling;

    const racer = sessionOf(await verification, racing);
    expectProblem(await whoIs(racer), 'session_revoked');
  });

  it('R4 against an operator who was first is refused, and leaves its link unused', async () => {
    const email = 'disabled-first@example.com';
    await signIn(email, inNetwork(1));
    const { id, token } = await linkFor(email, inNetwork(2));

    await first.sql('BEGIN');
    await first.sql('UPDATE users SET is_active = false WHERE email = $1', [email]);
    const verification = first.verify(token, inNetwork(2));
    await halt.blocked(1);
    await first.sql('COMMIT');

    expectProblem(await verification, 'account_disabled');
    const links = await first.sql('SELECT is_used FROM magic_links WHERE id = $1', [id]);
    expect(links).toEqual([{ is_used: false }]);
  });

  it('R4 against a newer request from the same network is not ended by it, nor does it end that', async () => {
    const email = 'newer@example.com';
    const racing = { ...inNetwork(1), userAgent: HALT.beforeUse };
    await signIn(email, inNetwork(2));
    const { token } = await linkFor(email, racing);

    await halt.hold();
    const verification = first.verify(token, racing);
    await halt.held();
    const newer = requestLinks(second, [{ email, ...inNetwork(1) }]);
    await halt.blocked(2);
    await halt.release();

    // The sign-in was first: its link is used, and the newer one is pending.
    expect((await verification).status).toBe(200);
    const [link] = await newer;
    expectProblem(await first.verify(token, racing), 'link_used');
    expect((await first.verify(link!.token, inNetwork(1))).status).toBe(200);
  });

  it('R4 against newer requests, 20 times, uses the link: none of them ends another', async () => {
    const verified = await Promise.all(
      times(20, async (index) => {
        const email = `newer-${index.toString()}@example.com`;
        const older = await linkFor(email, inNetwork(1));
        const [response, [newer]] = await Promise.all([
          first.verify(older.token, inNetwork(1)),
          requestLinks(second, [{ email, ...inNetwork(1) }]),
        ]);
        secrets.push(newer!.token);
        expectProblem(await second.verify(older.token, inNetwork(1)), 'link_used');
        // The newer link is ended by the sign-in if it was there already, and else goes on.
        const [link] = await first.sql<{ is_live: boolean }>(
          'SELECT superseded_at IS NULL AS is_live FROM magic_links WHERE id = $1',
          [newer!.id],
        );
        const opened = await second.verify(newer!.token, inNetwork(1));
        if (link!.is_live) expect(opened.status).toBe(200);
        else expectProblem(opened, 'link_used');
        return response;
      }),
    );
    expect(outcomes(verified)).toEqual({ '200 ok': 20 });
  });

  it('R4 against newer requests from everywhere, 20 times, leaves no link that a sign-in was to end', async () => {
    await Promise.all(
      times(20, async (index) => {
        const email = `everywhere-${index.toString()}@example.com`;
        const { token } = await linkFor(email, inNetwork(1));
        await linkFor(email, inNetwork(2));
        const [verified] = await Promise.all([
          first.verify(token, inNetwork(1)),
          requestLinks(second, [{ email, ...inNetwork(3) }]),
        ]);
        expect(verified.status).toBe(200);
        // What was asked for before the sign-in took the address has ended with it.
        const outlived = await first.sql(
          `SELECT link.id
             FROM magic_links link
             JOIN security_events asked
               ON asked.magic_link_id = link.id AND asked.type = 'magic_link.requested'
             JOIN magic_links used ON used.email = link.email AND used.is_used
             JOIN security_events opened
               ON opened.magic_link_id = used.id AND opened.type = 'session.created'
            WHERE link.email = $1 AND NOT link.is_used AND link.superseded_at IS NULL
              AND asked.seq < opened.seq`,
          [email],
        );
        expect(outlived).toEqual([]);
      }),
    );
  });
});

describe('the cap of sessions', () => {
  it('R9 is never passed by 50 sign-ins of one user at once', async () => {
    // A sign-in ends the other pending links of its address; here, none, so that all 50 succeed.
    await first.sql(
      `CREATE FUNCTION keep_pending() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN NEW.superseded_at := NULL; RETURN NEW; END $$`,
    );
    await first.sql(
      `CREATE TRIGGER keep_pending BEFORE UPDATE ON magic_links FOR EACH ROW
         WHEN (NEW.email = 'cap@example.com') EXECUTE FUNCTION keep_pending()`,
    );
    const email = 'cap@example.com';
    const links = await requestLinks(
      first,
      times(50, (index) => ({ email, ...inNetwork(index) })),
    );
    secrets.push(...links.map(({ token }) => token));

    const responses = await Promise.all(
      links.map(({ token }, index) => instance(index).verify(token, inNetwork(index))),
    );

    expect(outcomes(responses)).toEqual({ '200 ok': 50 });
    const steps = await first.sql<{ type: string }>(
      `SELECT type FROM security_events event JOIN users ON users.id = event.user_id
        WHERE email = $1 AND type IN ('session.created', 'session.revoked') ORDER BY seq`,
      [email],
    );
    let live = 0;
    const most = Math.max(
      ...steps.map(({ type }) => (live += type === 'session.created' ? 1 : -1)),
    );
    const [count] = await first.sql(
      `SELECT count(*)::integer AS live FROM user_sessions session
         JOIN users ON users.id = session.user_id WHERE email = $1 AND session.is_active`,
      [email],
    );
    expect([most, live, count]).toEqual([CAP, CAP, { live: CAP }]);
  });
});

describe('after all that', () => {
  it('I1 to I7 hold of everything in the database', async () => {
    await expectInvariants(first, secrets);
  });
});

/** The same signature to a decoder that ignores the two bits which 32 bytes leave over. */
function withSpareBitsChanged(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) ^ 1);
}
