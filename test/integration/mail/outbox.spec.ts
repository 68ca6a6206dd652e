import type { AuditRecorder } from '../../../src/audit/audit-recorder.service';
import { PermanentMailError, TransientMailError } from '../../../src/mail/mailer';
import {
  composeForUser,
  KIND,
  mailFor,
  newMail,
  queue,
  ScriptedMailer,
} from '../../support/mail/outbox';
import { smtpReply, startSmtpServer } from '../../support/mail/smtp';
import { useMailProcesses } from '../../support/mail/use-mail-processes';
import { FIRST_KEY, SECOND_KEY } from '../../support/tokens/keys';
import { waitFor } from '../../support/wait-for';

const { start, view } = useMailProcesses();

describe('a queued mail', () => {
  it('is sent right after the commit, with an id that stays the same', async () => {
    const mailer = new ScriptedMailer();
    const process = await start({ mailer });
    const mail = newMail();
    await queue(process, [mail]);
    const [row] = await view.allIn('sent');
    expect(mailer.sent).toEqual([
      expect.objectContaining({ id: row?.id, to: { address: `${mail.userId}@example.org` } }),
    ]);
    expect(row).toMatchObject({ attempts: 1, leased_until: null, last_error: null });
  });

  it('is not there when its transaction fails', async () => {
    const process = await start({ mailer: new ScriptedMailer() });
    const failing = process.database.transaction(async (transaction) => {
      await process.outbox.enqueue(newMail(), transaction);
      throw new Error('the change itself failed');
    });
    await expect(failing).rejects.toThrow('the change itself failed');
    expect(await view.rows()).toEqual([]);
  });

  it('is sent by another process, which the database notifies', async () => {
    const mailer = new ScriptedMailer();
    await start({ mailer });
    const other = await start({ mailer: new ScriptedMailer(), worker: { enabled: false } });
    // The first may be found by the look at the start; the second only by its notification.
    for (const count of [1, 2]) {
      await queue(other, [newMail()]);
      await waitFor('the mail', () => mailer.sent[count - 1]);
      await view.allIn('sent');
    }
  });

  it('is found by the clock when no notification tells of it', async () => {
    const mailer = new ScriptedMailer();
    await start({ mailer, worker: { pollIntervalMilliseconds: 50 } });
    await view.sql(
      `INSERT INTO mail_outbox (id, kind, user_id, key_id)
       VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2)`,
      [KIND, newMail().keyId],
    );
    await view.allIn('sent');
    expect(mailer.sent).toHaveLength(1);
  });

  it('waits for a process that holds its key', async () => {
    const first = new ScriptedMailer();
    const process = await start({ mailer: first });
    await queue(process, [newMail({ keyId: SECOND_KEY.id }), newMail()]);
    await waitFor('the other mail', () => view.some('sent'));
    expect(await view.some('pending')).toMatchObject({ key_id: SECOND_KEY.id, attempts: 0 });

    const second = new ScriptedMailer();
    await start({
      mailer: second,
      masterKeys: { current: FIRST_KEY.bytes, accepted: [SECOND_KEY.bytes] },
    });
    await view.allIn('sent');
    expect([first.sent.length, second.sent.length]).toEqual([1, 1]);
  });

  it('waits for a process that composes its kind', async () => {
    const first = new ScriptedMailer();
    const process = await start({ mailer: first });
    await queue(process, [newMail({ kind: 'of a later release' }), newMail()]);
    await waitFor('the other mail', () => view.some('sent'));
    expect(await view.some('pending')).toMatchObject({ kind: 'of a later release', attempts: 0 });
    const second = new ScriptedMailer();
    await start({ mailer: second, composers: { 'of a later release': composeForUser } });
    await view.allIn('sent');
    expect([first.sent.length, second.sent.length]).toEqual([1, 1]);
  });

  it.each(['expired', 'cancelled'] as const)(
    'ends %s, unsent, when its composer says so',
    async (outcome) => {
      const mailer = new ScriptedMailer();
      const process = await start({ mailer, composers: { [KIND]: async () => ({ outcome }) } });
      await queue(process, [newMail()]);
      await view.allIn(outcome);
      expect(mailer.attempts).toEqual([]);
    },
  );
});

describe('a mail that is not taken', () => {
  it('F7 is tried again after a 4xx answer, by real SMTP, until it is taken', async () => {
    let refusals = 2;
    const server = await startSmtpServer({
      onRcptTo: (_address, _session, answer) => {
        refusals -= 1;
        answer(refusals >= 0 ? smtpReply(451, 'come back later') : null);
      },
    });
    const process = await start({
      mail: {
        from: 'no-reply@auth.example.com',
        smtpUrl: `smtp://127.0.0.1:${server.port.toString()}`,
        dangerouslyAllowPlaintext: false,
      },
    });
    await queue(process, [newMail()]);
    const [row] = await view.allIn('sent');
    expect(row).toMatchObject({ attempts: 3, last_error: 'smtp 451' });
    expect(server.mails).toHaveLength(1);
    await server.stop();
  });

  it('waits until its time before the next attempt', async () => {
    const mailer = new ScriptedMailer(async () => {
      throw new TransientMailError('smtp 451');
    });
    const hour = 3_600_000;
    const process = await start({
      mailer,
      worker: { firstRetryMilliseconds: hour, longestRetryMilliseconds: hour, random: () => 0 },
    });
    await queue(process, [newMail()]);
    const row = await waitFor('the failure', async () =>
      (await view.rows()).find(({ last_error }) => last_error !== null),
    );
    const wait = row.next_attempt_at.getTime() - row.updated_at.getTime();
    expect(wait).toBe(hour / 2);
    expect(row).toMatchObject({ state: 'pending', leased_until: null });

    await queue(process, [newMail()]);
    const rows = await waitFor('the next mail to fail', async () => {
      const all = await view.rows();
      return all.every(({ last_error }) => last_error !== null) ? all : undefined;
    });
    expect(rows.map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  it('F7 expires when the next attempt would come too late for what it carries', async () => {
    const mailer = new ScriptedMailer(async () => {
      throw new TransientMailError('timeout');
    });
    const expiresAt = new Date(Date.now() + 300);
    const process = await start({
      mailer,
      composers: { [KIND]: async (row) => mailFor(row, expiresAt) },
    });
    await queue(process, [newMail()]);
    const [row] = await view.allIn('expired');
    expect(row).toMatchObject({ last_error: 'timeout' });
    expect(mailer.attempts.length).toBeGreaterThan(1);
  });

  it('expires after the longest lifetime when it carries nothing that does', async () => {
    const mailer = new ScriptedMailer(async () => {
      throw new Error('words of a mailer that a host brought');
    });
    const process = await start({ mailer, worker: { lifetimeMilliseconds: 200 } });
    await queue(process, [newMail()]);
    const [row] = await view.allIn('expired');
    expect(row?.last_error).toBe('error');
  });

  it('is tried again when it could not be composed', async () => {
    const mailer = new ScriptedMailer();
    let failures = 1;
    const process = await start({
      mailer,
      composers: {
        [KIND]: async (row) => {
          if (failures-- > 0) throw new Error('the database is away');
          return mailFor(row);
        },
      },
    });
    await queue(process, [newMail()]);
    const [row] = await view.allIn('sent');
    expect(row).toMatchObject({ attempts: 2, last_error: 'compose' });
  });

  it('is given back when the mailer never answers', async () => {
    const mailer = new ScriptedMailer(async (attempt) => {
      if (attempt === 1) await new Promise(() => undefined);
    });
    const process = await start({ mailer, worker: { attemptTimeoutMilliseconds: 50 } });
    await queue(process, [newMail()]);
    const [row] = await view.allIn('sent');
    expect(row).toMatchObject({ attempts: 2, last_error: 'timeout' });
  });
});

describe('a mail that is refused for good', () => {
  const refusing = () =>
    new ScriptedMailer(async () => {
      throw new PermanentMailError('smtp 550');
    });

  it('F7 is not tried again, and the trail says so in the same transaction', async () => {
    const died: unknown[] = [];
    const audit: Pick<AuditRecorder, 'record'> = {
      record: async ([event], _request, transaction) => {
        if (event?.type !== 'mail.refused') throw new Error('this is no refused mail');
        const [seen] = await transaction.query<{ state: string }>(
          'SELECT state FROM mail_outbox WHERE user_id = $1',
          [event.userId],
        );
        died.push([event.userId, event.details.failure, seen?.state]);
        return [];
      },
    };
    const mailer = refusing();
    const process = await start({ mailer, audit });
    const mail = newMail();
    await queue(process, [mail]);
    const [row] = await view.allIn('dead');
    expect(row).toMatchObject({ attempts: 1, last_error: 'smtp 550', leased_until: null });
    expect(died).toEqual([[mail.userId, 'smtp 550', 'dead']]);
    expect(mailer.attempts).toHaveLength(1);
  });

  it('is not given up as long as the trail cannot be written', async () => {
    let failures = 1;
    const audit: Pick<AuditRecorder, 'record'> = {
      record: async () => {
        if (failures-- > 0) throw new Error('the trail cannot be written');
        return [];
      },
    };
    const mailer = refusing();
    const process = await start({ mailer, audit, worker: { leaseMilliseconds: 300 } });
    await queue(process, [newMail()]);
    await waitFor('the first attempt', () => mailer.attempts[0]);
    expect((await view.rows()).map(({ state }) => state)).toEqual(['pending']);
    const [row] = await view.allIn('dead');
    expect(row?.attempts).toBe(2);
  });

  it('leaves neither its recipient nor the words of the server in log and outbox', async () => {
    const server = await startSmtpServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, answer) => answer(null, { user: 'mira' }),
      onRcptTo: ({ address }, _session, answer) => answer(smtpReply(550, `no ${address} here`)),
    });
    const process = await start({
      mail: {
        from: 'no-reply@auth.example.com',
        smtpUrl: `smtp://mira:s3cret@127.0.0.1:${server.port.toString()}`,
        dangerouslyAllowPlaintext: false,
      },
    });
    const mail = newMail();
    await queue(process, [mail]);
    const [row] = await view.allIn('dead');
    await server.stop();
    const { id, user_id: _recipient, ...rest } = row!;
    const everything = [...process.logger.lines, JSON.stringify(rest)].join('\n');
    expect(process.logger.lines.join('\n')).toContain(id);
    expect(everything).not.toMatch(new RegExp(`${mail.userId}|here|s3cret`));
  });
});

it('does not start without a mailer, and names the option', async () => {
  await expect(start()).rejects.toThrow(/^mail must say how mail is sent/);
});
