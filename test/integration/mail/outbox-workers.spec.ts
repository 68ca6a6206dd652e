import type { ResolvedAuthOptions } from '../../../src/config/resolved-options';
import type { MailProcess } from '../../support/mail/mail-process';
import { KIND, newMail, queue, ScriptedMailer } from '../../support/mail/outbox';
import { startSmtpServer } from '../../support/mail/smtp';
import { useMailProcesses } from '../../support/mail/use-mail-processes';
import { FIRST_KEY } from '../../support/tokens/keys';
import { waitFor } from '../../support/wait-for';

const CLAIMABLE = { kinds: [KIND], keyIds: [FIRST_KEY.id] };

const { start, view } = useMailProcesses();

/** A process that queues and claims by hand, and sends nothing by itself. */
async function startIdle(): Promise<MailProcess> {
  return start({ mailer: new ScriptedMailer(), worker: { enabled: false } });
}

function smtpAt(port: number): ResolvedAuthOptions['mail'] {
  return {
    from: 'no-reply@auth.example.com',
    smtpUrl: `smtp://127.0.0.1:${port.toString()}`,
    dangerouslyAllowPlaintext: false,
  };
}

describe('several workers', () => {
  it('send each of 200 mails exactly once when nothing dies', async () => {
    const server = await startSmtpServer();
    const mail = smtpAt(server.port);
    const [first] = await Promise.all([start({ mail }), start({ mail })]);
    const mails = Array.from({ length: 200 }, () => newMail());
    await queue(first, mails);
    const rows = await view.allIn('sent');
    expect(rows.filter(({ attempts }) => attempts !== 1)).toEqual([]);
    expect(server.mails.map(({ recipients }) => recipients.join()).sort()).toEqual(
      mails.map(({ userId }) => `${userId}@example.org`).sort(),
    );
    await server.stop();
  });

  it('never hold one mail together', async () => {
    const process = await startIdle();
    await queue(
      process,
      Array.from({ length: 50 }, () => newMail()),
    );
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => process.repository.claim(CLAIMABLE, 5, 60_000)),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // Those that others were just taking are left for the next look.
    ids.push(...(await process.repository.claim(CLAIMABLE, 50, 60_000)).map(({ id }) => id));
    expect(new Set(ids).size).toBe(50);
    expect(ids).toHaveLength(50);
  });

  it('F7 send what was queued while the mail server was away, once it is back', async () => {
    const server = await startSmtpServer();
    await server.stop();
    const mail = smtpAt(server.port);
    const [first] = await Promise.all([start({ mail }), start({ mail })]);
    const mails = Array.from({ length: 40 }, () => newMail());
    await queue(first, mails);
    await waitFor('every mail to fail', async () =>
      (await view.rows()).every(({ attempts }) => attempts > 0) ? true : undefined,
    );
    const back = await startSmtpServer({ port: server.port });
    await view.allIn('sent');
    expect(back.mails).toHaveLength(mails.length);
    await back.stop();
  });
});

describe('a worker that dies', () => {
  it('F8 leaves its mails to others when its lease has run out, not before', async () => {
    const dead = await startIdle();
    await queue(dead, [newMail()]);
    const [held] = await dead.repository.claim(CLAIMABLE, 1, 400);
    const mailer = new ScriptedMailer();
    await start({ mailer });
    const [row] = await view.allIn('sent');
    expect(row?.attempts).toBe(2);
    expect(row!.updated_at.getTime()).toBeGreaterThanOrEqual(held!.leased_until!.getTime());
    expect(mailer.sent).toHaveLength(1);
  });

  it('changes nothing when it comes back too late, but that the mail was sent', async () => {
    const process = await startIdle();
    await queue(process, [newMail()]);
    const [late] = await process.repository.claim(CLAIMABLE, 1, 0);
    const [next] = await process.repository.claim(CLAIMABLE, 1, 60_000);
    expect(next?.id).toBe(late?.id);

    await process.repository.release(late!);
    await process.repository.markObsolete(late!, 'cancelled');
    const again = await process.repository.markFailed(late!, {
      failure: 'timeout',
      retryInMilliseconds: 0,
      expiresAt: undefined,
      lifetimeMilliseconds: 0,
    });
    const died = await process.database.transaction((transaction) =>
      process.repository.markDead(late!, 'smtp 550', transaction),
    );
    expect([again, died]).toEqual([false, false]);
    expect((await view.rows())[0]).toEqual(next);

    await process.repository.markSent(late!);
    expect((await view.rows())[0]).toMatchObject({ state: 'sent', leased_until: null });
  });
});

describe('a worker that stops', () => {
  it('finishes what it is sending and takes nothing more', async () => {
    let finish: () => void = () => undefined;
    const mailer = new ScriptedMailer(() => new Promise((resolve) => (finish = resolve)));
    const process = await start({ mailer, worker: { concurrency: 1 } });
    await queue(process, [newMail(), newMail()]);
    await waitFor('the first mail', () => mailer.attempts[0]);
    const stopped = process.worker.stop();
    finish();
    await stopped;
    expect(mailer.attempts).toHaveLength(1);
    expect((await view.rows()).map(({ state }) => state).sort()).toEqual(['pending', 'sent']);
  });

  it('gives back what it could not finish in time, for another to send at once', async () => {
    const aborted: boolean[] = [];
    const mailer = new ScriptedMailer(
      (_attempt, signal) =>
        new Promise(() => signal.addEventListener('abort', () => aborted.push(true))),
    );
    const process = await start({ mailer, worker: { stopTimeoutMilliseconds: 50 } });
    await queue(process, [newMail()]);
    await waitFor('the attempt', () => mailer.attempts[0]);
    await process.stop();
    expect(aborted).toEqual([true]);
    expect((await view.rows())[0]).toMatchObject({ state: 'pending', leased_until: null });

    const next = new ScriptedMailer();
    await start({ mailer: next });
    await view.allIn('sent');
    expect(next.sent).toHaveLength(1);
  });

  it('closes its connections to the mail server', async () => {
    const server = await startSmtpServer();
    const process = await start({ mail: smtpAt(server.port) });
    await queue(process, [newMail()]);
    await view.allIn('sent');
    await process.stop();
    await waitFor('the connection to close', () =>
      server.openConnections() === 0 ? true : undefined,
    );
    await server.stop();
  });
});
