import { type AddressInfo, createServer, type Socket } from 'node:net';

import type { OutgoingMail } from '../../../src/mail/mailer';
import { SmtpMailer, type SmtpMailerOptions } from '../../../src/mail/smtp/smtp.mailer';
import { smtpReply, startSmtpServer, type TestSmtpServer, WITH_TLS } from '../../support/mail/smtp';
import { TEST_CERTIFICATE } from '../../support/mail/smtp-certificate';
import { waitFor } from '../../support/wait-for';

const MAIL: OutgoingMail = {
  id: '0a0e24d2-7a65-4d36-9d9b-6ce6d9a0a1c1',
  to: { address: 'ada@example.org' },
  subject: 'Sign in to Grünwald',
  text: 'https://auth.example.com/auth/link#token=abc\n',
  html: '<a href="https://auth.example.com/auth/link#token=abc">Sign in</a>',
};

/** A connection to it ends at this machine, but the rules for other machines apply. */
const NOT_KNOWN_AS_LOOPBACK = '0.0.0.0';

const NEVER = new AbortController().signal;

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function newMailer(port: number, options: Partial<SmtpMailerOptions> = {}): SmtpMailer {
  const mailer = new SmtpMailer({
    smtpUrl: `smtp://127.0.0.1:${port.toString()}`,
    from: 'no-reply@auth.example.com',
    senderName: 'Grünwald',
    connections: 2,
    dangerouslyAllowPlaintext: false,
    ...options,
  });
  stops.push(() => mailer.close());
  return mailer;
}

async function newServer(...settings: Parameters<typeof startSmtpServer>): Promise<TestSmtpServer> {
  const server = await startSmtpServer(...settings);
  stops.push(server.stop);
  return server;
}

/** A server that says what it is told to, whatever it hears. */
async function newRawServer(converse: (socket: Socket) => void): Promise<number> {
  const server = createServer(converse);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

async function failureOf(sending: Promise<void>): Promise<unknown> {
  return sending.then(
    () => 'sent',
    (error: unknown) => error,
  );
}

describe('a server that accepts', () => {
  it('gets both parts, the sender by name and the one recipient', async () => {
    const server = await newServer();
    await newMailer(server.port).send(MAIL, NEVER);
    const [received] = server.mails;
    expect(received?.recipients).toEqual(['ada@example.org']);
    expect(received?.parsed.from?.value).toEqual([
      { name: 'Grünwald', address: 'no-reply@auth.example.com' },
    ]);
    expect(received?.parsed.subject).toBe(MAIL.subject);
    expect(received?.parsed.text?.trim()).toBe(MAIL.text.trim());
    expect(String(received?.parsed.html).trim()).toBe(MAIL.html);
  });

  it('can tell a repetition, and that no program shall answer', async () => {
    const server = await newServer();
    const mailer = newMailer(server.port);
    await mailer.send(MAIL, NEVER);
    await mailer.send(MAIL, NEVER);
    expect(server.mails.map(({ parsed }) => parsed.messageId)).toEqual([
      `<${MAIL.id}@auth.example.com>`,
      `<${MAIL.id}@auth.example.com>`,
    ]);
    expect(server.mails[0]?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('keeps its connection for the next mail', async () => {
    const server = await newServer();
    const mailer = newMailer(server.port);
    await mailer.send(MAIL, NEVER);
    await mailer.send(MAIL, NEVER);
    expect(server.connections()).toBe(1);
  });

  it('gets user and password as they were before percent-encoding', async () => {
    const logins: unknown[] = [];
    const server = await newServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, answer) => {
        logins.push([username, password]);
        answer(null, { user: username });
      },
    });
    const smtpUrl = `smtp://mira%40example.com:p%2Fw%3A@127.0.0.1:${server.port.toString()}`;
    await newMailer(server.port, { smtpUrl }).send(MAIL, NEVER);
    expect(logins).toEqual([['mira@example.com', 'p/w:']]);
  });

  it.each([
    'eve@example.net, ada@example.org',
    'Eve <eve@example.net>',
    'team: eve@example.net;',
    'ada@example.org\r\nRCPT TO:<eve@example.net>',
    'ada@example.org>\r\nBcc: eve@example.net',
  ])('never gets a second recipient out of an address such as %j', async (address) => {
    const server = await newServer();
    await failureOf(newMailer(server.port).send({ ...MAIL, to: { address } }, NEVER));
    const recipients = server.mails.flatMap((mail) => mail.recipients);
    expect(recipients).not.toContain('eve@example.net');
    expect(server.mails.map(({ source }) => source).join()).not.toMatch(/^bcc:/im);
  });
});

describe('a server that does not accept', () => {
  it.each([
    [421, 'TransientMailError'],
    [451, 'TransientMailError'],
    [503, 'TransientMailError'],
    [530, 'TransientMailError'],
    [550, 'PermanentMailError'],
    [554, 'PermanentMailError'],
  ])('and answers the recipient with %d makes it a %s', async (code, name) => {
    const server = await newServer({
      onRcptTo: ({ address }, _session, answer) => answer(smtpReply(code, `no ${address}`)),
    });
    const error = await failureOf(newMailer(server.port).send(MAIL, NEVER));
    expect(error).toMatchObject({ name, failure: `smtp ${code.toString()}` });
  });

  it('is refusing for good when it answers the content with 552', async () => {
    const server = await newServer({
      beforeAccept: () => {
        throw smtpReply(552, 'too much');
      },
    });
    const error = await failureOf(newMailer(server.port).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'PermanentMailError', failure: 'smtp 552' });
  });

  it('may do so later when it is the login that it refuses', async () => {
    const server = await newServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, answer) => answer(smtpReply(535, 'wrong password')),
    });
    const smtpUrl = `smtp://user:wrong@127.0.0.1:${server.port.toString()}`;
    const error = await failureOf(newMailer(server.port, { smtpUrl }).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'smtp 535' });
  });

  it('may do so later when its greeting is a refusal', async () => {
    const port = await newRawServer((socket) => socket.end('554 no service here\r\n'));
    const error = await failureOf(newMailer(port).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'smtp 554' });
  });

  it('is not there: the connection is refused', async () => {
    const server = await startSmtpServer();
    await server.stop();
    const error = await failureOf(newMailer(server.port).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'connection' });
  });

  it('hangs up in the middle of the mail', async () => {
    const port = await newRawServer((socket) => {
      socket.write('220 ready\r\n');
      socket.on('data', (data) => {
        if (/^DATA/im.test(data.toString())) socket.destroy();
        else socket.write('250 ok\r\n');
      });
      socket.on('error', () => undefined);
    });
    const error = await failureOf(newMailer(port).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'connection' });
  });

  it('says nothing: the signal ends the waiting', async () => {
    let isConnected = false;
    const port = await newRawServer((socket) => {
      isConnected = true;
      socket.on('error', () => undefined);
    });
    const attempt = new AbortController();
    const failure = failureOf(newMailer(port).send(MAIL, attempt.signal));
    await waitFor('the connection', () => isConnected || undefined);
    attempt.abort();
    expect(await failure).toMatchObject({ name: 'TransientMailError', failure: 'aborted' });
  });

  it('is not quoted: its words may repeat the address', async () => {
    const server = await newServer({
      onRcptTo: ({ address }, _session, answer) => answer(smtpReply(550, `no ${address} here`)),
    });
    const error = (await failureOf(newMailer(server.port).send(MAIL, NEVER))) as Error;
    const everything = [error.message, error.stack, JSON.stringify(error), String(error.cause)];
    expect(everything.join()).not.toMatch(/ada|here/);
  });
});

describe('TLS', () => {
  const remote = (port: number): Partial<SmtpMailerOptions> => ({
    smtpUrl: `smtp://${NOT_KNOWN_AS_LOOPBACK}:${port.toString()}`,
  });

  it('is begun by STARTTLS with a server elsewhere', async () => {
    const server = await newServer(WITH_TLS);
    const options = { ...remote(server.port), certificateAuthority: TEST_CERTIFICATE };
    await newMailer(server.port, options).send(MAIL, NEVER);
    expect(server.mails.map(({ overTls }) => overTls)).toEqual([true]);
  });

  it('fails with a certificate that nobody vouches for, and no mail leaves', async () => {
    const server = await newServer(WITH_TLS);
    const mailer = newMailer(server.port, remote(server.port));
    const error = await failureOf(mailer.send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'tls' });
    expect(server.mails).toEqual([]);
  });

  it('is required of a server elsewhere: without STARTTLS no mail leaves', async () => {
    const server = await newServer();
    const mailer = newMailer(server.port, remote(server.port));
    const error = await failureOf(mailer.send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError', failure: 'tls' });
    expect(server.mails).toEqual([]);
  });

  it('may be absent when the dangerous option says so', async () => {
    const server = await newServer();
    const options = { ...remote(server.port), dangerouslyAllowPlaintext: true };
    await newMailer(server.port, options).send(MAIL, NEVER);
    expect(server.mails.map(({ overTls }) => overTls)).toEqual([false]);
  });

  it('is used on this machine where it is offered, whoever vouches for it', async () => {
    const server = await newServer(WITH_TLS);
    await newMailer(server.port).send(MAIL, NEVER);
    expect(server.mails.map(({ overTls }) => overTls)).toEqual([true]);
  });

  it('comes first with smtps, and is verified on this machine too', async () => {
    const server = await newServer({ ...WITH_TLS, secure: true });
    const smtpUrl = `smtps://localhost:${server.port.toString()}`;
    const error = await failureOf(newMailer(server.port, { smtpUrl }).send(MAIL, NEVER));
    expect(error).toMatchObject({ name: 'TransientMailError' });
    expect(server.mails).toEqual([]);

    const options = { smtpUrl, certificateAuthority: TEST_CERTIFICATE };
    await newMailer(server.port, options).send(MAIL, NEVER);
    expect(server.mails.map(({ overTls }) => overTls)).toEqual([true]);
  });
});
