import { setTimeout as delay } from 'node:timers/promises';

import { Client } from 'pg';

import { startSmtpServer, type TestSmtpServer, type TestSmtpSettings } from '../mail/smtp';
import { createTestDatabase, type TestDatabase } from '../postgres/database';
import { mailedTokenIn } from '../sign-in/sign-in-flow';
import { decodePart } from '../tokens/forged-token';
import { productionEnvironment } from './production-environment';
import { ServiceProcess } from './service-process';

/** Requests that are under way together. */
const CLIENTS = 8;

/** One installation: a database, a mail server, and as many processes as a test starts. */
export interface Installation {
  readonly database: TestDatabase;
  readonly superuser: Client;
  readonly server: TestSmtpServer;
  start(file: string): ServiceProcess;
  close(): Promise<void>;
}

/** Starts none of the processes yet. */
export async function install(settings: TestSmtpSettings = {}): Promise<Installation> {
  const database = await createTestDatabase();
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  const server = await startSmtpServer(settings);
  const env = {
    ...productionEnvironment(database.appUrl),
    AUTH_SMTP_URL: `smtp://127.0.0.1:${server.port.toString()}`,
    AUTH_MAGIC_LINK_RATE_LIMIT: '0',
    AUTH_MAGIC_LINK_ADDRESS_RATE_LIMIT: '0',
    AUTH_MAGIC_LINK_NETWORK_RATE_LIMIT: '0',
    AUTH_VERIFY_RATE_LIMIT: '0',
  };
  const processes: ServiceProcess[] = [];
  return {
    database,
    superuser,
    server,
    start: (file) => {
      const started = new ServiceProcess({ file, env });
      processes.push(started);
      return started;
    },
    close: async () => {
      await Promise.all(processes.map((started) => started.kill()));
      await superuser.end();
      await database.drop();
    },
  };
}

/** A row of the outbox with its link. */
export interface OutboxRow {
  readonly id: string;
  readonly email: string;
  readonly state: string;
  readonly is_replaced: boolean;
}

/** All mails of links, with their links. */
export async function outboxOf({ superuser }: Installation): Promise<OutboxRow[]> {
  const { rows } = await superuser.query<OutboxRow>(
    `SELECT link.id, link.email, mail.state, link.superseded_at IS NOT NULL AS is_replaced
       FROM magic_links link JOIN mail_outbox mail ON mail.magic_link_id = link.id`,
  );
  return rows;
}

/** Waits until every mail has come to its end. */
export async function waitUntilSettled(installation: Installation): Promise<void> {
  const isPending = ({ state }: OutboxRow): boolean => state === 'pending';
  while ((await outboxOf(installation)).some(isPending)) await delay(50);
}

interface Answer {
  readonly status: number;
  readonly body: { readonly magic_link_id: string; readonly session_id: string };
}

/** Posts JSON. @returns the answer, or nothing when the process died meanwhile or before. */
export async function post(port: number, route: string, body: object): Promise<Answer | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port.toString()}/auth/magic-link/${route}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  } catch {
    return undefined;
  }
}

/** Does all of the work, several pieces of it at a time. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(clients);
}

/** How often the mail of each link has arrived, and where. */
export function arrivals({ mails }: TestSmtpServer): Map<string, string[]> {
  const arrived = new Map<string, string[]>();
  for (const { parsed, recipients } of mails) {
    const id = String(decodePart(mailedTokenIn(parsed.text ?? '') ?? '', 1)['jti']);
    arrived.set(id, [...(arrived.get(id) ?? []), recipients.join()]);
  }
  return arrived;
}

/** SQL as the superuser. */
export const sqlOf = ({ superuser }: Installation) => ({
  sql: async <Row extends object>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
    (await superuser.query<Row>(text, parameters)).rows,
});
