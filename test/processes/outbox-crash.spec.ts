import { setTimeout as delay } from 'node:timers/promises';

import fc from 'fast-check';

import { expectInvariants } from '../support/attacks/invariants';
import { startSmtpServer } from '../support/mail/smtp';
import {
  arrivals,
  inParallel,
  install,
  type Installation,
  outboxOf,
  type OutboxRow,
  post,
  sqlOf,
  waitUntilSettled,
} from '../support/processes/installation';
import type { ServiceProcess } from '../support/processes/service-process';
import { mailedTokenIn } from '../support/sign-in/sign-in-flow';

/**
 * The short form. `MIRA_LONG=1 npm run test:processes -- outbox-crash` takes minutes: it kills
 * during 500 requests, waits for the leases of the dead in real time, and keeps the mail server
 * away for a minute.
 */
const SCALE =
  process.env['MIRA_LONG'] === '1'
    ? { requests: 500, kills: 25, waitsForLeases: true, outageSeconds: 60, timeoutSeconds: 600 }
    : { requests: 60, kills: 2, waitsForLeases: false, outageSeconds: 1, timeoutSeconds: 60 };

/** Another one gives other moments; a failure is repeated with the one of its name. */
const SEED = Number(process.env['MIRA_SEED'] ?? 3);

/** Whole numbers that look random, and are the same each time. */
function numbers(min: number, max: number): () => number {
  const values = fc.sample(fc.integer({ min, max }), { seed: SEED, numRuns: 1_000 });
  let index = 0;
  return () => values[index++ % values.length] ?? min;
}

describe('a process that is killed at random moments', () => {
  /** Links whose request was answered with 200, and sessions whose sign-in was. */
  const accepted = new Set<string>();
  const sessions = new Set<string>();
  let lost = 0;
  let installation: Installation;
  let victim: ServiceProcess;
  /** With which mail to come the victim dies: it is accepted, and the victim never learns so. */
  let fatalMail = Infinity;
  /** With which answer to come it dies, whatever it is doing for others. */
  let fatalAnswer = Infinity;

  beforeAll(async () => {
    const pause = numbers(0, 20);
    installation = await install({
      // Slow before it has a mail and after, so that there is always one at each of these points.
      onRcptTo: (_address, _session, answer) => void delay(pause()).then(() => answer()),
      beforeAccept: async () => {
        await delay(pause());
        if (--fatalMail === 0) victim.signal('SIGKILL');
      },
    });
  });

  afterAll(async () => {
    await installation.close();
    await installation.server.stop();
  });

  /** Asks for links, and opens those that have arrived, until the process is dead or all is done. */
  async function load(port: number, emails: readonly string[]): Promise<string[]> {
    const unanswered: string[] = [];
    const opened = installation.server.mails.slice(-5);
    await Promise.all([
      inParallel(emails, async (email) => {
        const answer = await post(port, 'request', { email });
        if (answer === undefined) unanswered.push(email);
        else if (answer.status === 200) accepted.add(answer.body.magic_link_id);
        else throw new Error(`a request was answered with ${answer.status.toString()}`);
        if (answer !== undefined && --fatalAnswer === 0) victim.signal('SIGKILL');
      }),
      ...opened.map(async ({ parsed }) => {
        const answer = await post(port, 'verify', { token: mailedTokenIn(parsed.text ?? '') });
        if (answer?.status === 200) sessions.add(answer.body.session_id);
      }),
    ]);
    return unanswered;
  }

  it(
    `F8 loses no mail during ${SCALE.requests.toString()} requests (seed ${SEED.toString()})`,
    async () => {
      const { server, superuser } = installation;
      const number = numbers(1, 12);
      let waiting = Array.from(
        { length: SCALE.requests },
        // Every tenth person asks twice, which ends the link that they asked for first.
        (_, index) => `person-${(index - (index % 10 === 9 ? 1 : 0)).toString()}@example.com`,
      );
      const share = Math.ceil(SCALE.requests / (SCALE.kills + 1));
      victim = installation.start('src/app/main.ts');
      for (let kill = 0; kill < SCALE.kills; kill += 1) {
        const port = await victim.port();
        const next = installation.start('src/app/main.ts');
        const batch = waiting.splice(0, share);
        // By turns between the mail server's 250 and our record of it, and amid requests.
        if (kill % 2 === 0) fatalMail = number();
        else fatalAnswer = number();
        const [unanswered] = await Promise.all([load(port, batch), victim.ended()]);
        lost += unanswered.length;
        waiting = [...unanswered, ...waiting];
        victim = next;
      }
      const port = await victim.port();
      expect(await load(port, waiting)).toEqual([]);
      await victim.kill();

      const left = (await outboxOf(installation)).filter(({ state }) => state === 'pending').length;
      expect(left).toBeGreaterThan(0);
      if (!SCALE.waitsForLeases) {
        // Time passes: the leases of the dead run out.
        await superuser.query('UPDATE mail_outbox SET leased_until = now()');
      }
      const worker = installation.start('src/cli/mail-worker.ts');
      await waitUntilSettled(installation);
      worker.signal('SIGTERM');
      expect((await worker.ended()).code).toBe(0);

      const arrived = arrivals(server);
      const rows = new Map((await outboxOf(installation)).map((row) => [row.id, row]));
      const without = (ids: Iterable<string>, fate: (id: string) => boolean): string[] =>
        [...ids].filter((id) => !fate(id));
      const isState = (id: string, state: string): boolean => rows.get(id)?.state === state;
      const unended = without(rows.keys(), (id) => isState(id, 'sent') || isState(id, 'cancelled'));
      expect(unended).toEqual([]);
      // No mail of an accepted request is lost, …
      const isReplaced = (id: string): boolean => rows.get(id)?.is_replaced === true;
      expect(without(accepted, (id) => arrived.has(id) || isReplaced(id))).toEqual([]);
      // … none is taken for sent that was not, and none is somebody else's or of no link.
      expect(without(rows.keys(), (id) => arrived.has(id) || isState(id, 'cancelled'))).toEqual([]);
      const isTheirs = (id: string): boolean =>
        arrived.get(id)?.every((recipient) => recipient === rows.get(id)?.email) === true;
      expect(without(arrived.keys(), isTheirs)).toEqual([]);
      report({ arrived, left, rows });
    },
    SCALE.timeoutSeconds * 1_000,
  );

  it('loses no session that was acknowledged either, and I1 to I7 hold', async () => {
    const { sql } = sqlOf(installation);
    const stored = await sql<{ id: string }>('SELECT id FROM user_sessions');
    const ids = new Set(stored.map(({ id }) => id));
    expect(sessions.size).toBeGreaterThan(0);
    expect([...sessions].filter((id) => !ids.has(id))).toEqual([]);
    await expectInvariants({ sql });
  });

  /** The figures of the long run; the short one has none worth reading. */
  function report(figures: {
    readonly arrived: Map<string, string[]>;
    readonly left: number;
    readonly rows: Map<string, OutboxRow>;
  }): void {
    if (!SCALE.waitsForLeases) return;
    const copies = [...figures.arrived.values()].map(({ length }) => length);
    const inState = (state: string): number =>
      [...figures.rows.values()].filter((row) => row.state === state).length;
    process.stdout.write(
      `${JSON.stringify({
        seed: SEED,
        kills: SCALE.kills + 1,
        accepted: accepted.size,
        unanswered: lost,
        links: figures.rows.size,
        left_to_the_last_worker: figures.left,
        mails: installation.server.mails.length,
        delivered_twice_or_more: copies.filter((count) => count > 1).length,
        sent: inState('sent'),
        cancelled: inState('cancelled'),
        sessions: sessions.size,
      })}\n`,
    );
  }
});

describe('a mail server that is away under load', () => {
  it(
    `for ${SCALE.outageSeconds.toString()} s gets every mail once it is back`,
    async () => {
      const installation = await install();
      const accepted: string[] = [];
      try {
        const port = await installation.start('src/app/main.ts').port();
        const ask = async (name: string): Promise<void> => {
          const answer = await post(port, 'request', { email: `${name}@example.com` });
          expect(answer?.status).toBe(200);
          accepted.push(answer!.body.magic_link_id);
        };
        const names = (phase: string): string[] =>
          Array.from({ length: 10 }, (_, index) => `${phase}-${index.toString()}`);

        const before = inParallel(names('before'), ask);
        await installation.server.stop();
        await before;
        for (let second = 0; second < SCALE.outageSeconds; second += 1) {
          await Promise.all([inParallel(names(`away-${second.toString()}`), ask), delay(1_000)]);
        }

        const failed = await installation.superuser.query(
          `SELECT FROM mail_outbox WHERE state = 'pending' AND last_error IS NOT NULL`,
        );
        expect(failed.rowCount).toBeGreaterThan(0);
        const back = await startSmtpServer({ port: installation.server.port });
        await inParallel(names('after'), ask);
        await waitUntilSettled(installation);

        const states = (await outboxOf(installation)).map(({ state }) => state);
        expect(states).toEqual(accepted.map(() => 'sent'));
        const arrived = new Set(
          [installation.server, back].flatMap((server) => [...arrivals(server).keys()]),
        );
        expect([...arrived].sort()).toEqual(accepted.sort());
        await expectInvariants(sqlOf(installation));
        await back.stop();
      } finally {
        await installation.close();
      }
    },
    SCALE.timeoutSeconds * 1_000,
  );
});
