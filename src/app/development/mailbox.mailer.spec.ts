import { Logger } from '@nestjs/common';

import type { OutgoingMail } from '../../mail/mailer';
import { MailboxMailer } from './mailbox.mailer';

const NOW = new Date('2026-01-05T10:15:00Z');
const CLOCK = { now: () => NOW, monotonicMilliseconds: () => 0 };

function mail(id: string): OutgoingMail {
  return {
    id,
    to: { address: `${id}@example.org` },
    subject: 'Sign in',
    text: `Hello\n\nhttp://localhost:3000/auth/link#token=${id}\n\nhttp://other.example\n`,
    html: '<p>Hello</p>',
  };
}

describe('MailboxMailer', () => {
  const lines: string[] = [];

  beforeEach(() => {
    lines.length = 0;
    const keep = (line: string): number => lines.push(line);
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
  });

  it('keeps mails, the newest first', async () => {
    const mailbox = new MailboxMailer(CLOCK, 'no-reply@example.com');
    await mailbox.send(mail('one'));
    await mailbox.send(mail('two'));
    expect(mailbox.list()).toEqual([
      expect.objectContaining({ to: 'two@example.org' }),
      {
        id: mailbox.list()[1]?.id,
        to: 'one@example.org',
        from: 'no-reply@example.com',
        subject: 'Sign in',
        text: mail('one').text,
        html: '<p>Hello</p>',
        received_at: NOW,
      },
    ]);
  });

  it('finds a mail by its id, and none by another', async () => {
    const mailbox = new MailboxMailer(CLOCK);
    await mailbox.send(mail('one'));
    const [kept] = mailbox.list();
    expect(mailbox.find(kept?.id ?? '')).toBe(kept);
    expect(mailbox.find('another')).toBeUndefined();
  });

  it('forgets all but the last 200', async () => {
    const mailbox = new MailboxMailer(CLOCK);
    for (let index = 0; index < 201; index += 1) await mailbox.send(mail(`m${index}`));
    expect(mailbox.list()).toHaveLength(200);
    expect(mailbox.list().at(-1)?.to).toBe('m1@example.org');
  });

  it('prints one line for each mail, with address, subject and the first link', async () => {
    await new MailboxMailer(CLOCK).send(mail('one'));
    expect(lines).toEqual(['one@example.org: Sign in http://localhost:3000/auth/link#token=one']);
  });
});
