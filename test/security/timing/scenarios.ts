import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { ContextDigests } from '../../../src/context/context-digests.service';
import { Pseudonyms } from '../../../src/crypto/pseudonyms.service';
import { Database } from '../../../src/database/database.service';
import { privately } from '../../support/privately';
import type { TestService } from '../../support/test-service';
import { busyWait, sample, type Samples, type SamplingPlan, TimedConnection } from './sampler';

/** Requests whose times shall not tell them from those of another class. */
export interface TimingClass {
  readonly name: string;
  /** The next request's bytes, made before the clock starts. */
  next(): Buffer;
}

/** How a request asks for the delay of the positive control. */
const PLANTED = 'planted-request';
const ORDINARY = 'orderly-request';

/**
 * Makes the server work longer on requests that ask for it, so that a run can show what it is able
 * to see.
 */
export function plantDelay({ app }: TestService, microseconds: number): void {
  const server = app.getHttpServer();
  server.prependListener('request', ({ headers }: IncomingMessage) => {
    if (headers['x-request-id'] === PLANTED) busyWait(microseconds);
  });
}

/** What the classes of a scenario are compared with, and with what result. */
export interface Scenario {
  readonly name: string;
  readonly status: number;
  readonly reference: TimingClass;
  /** Must not differ from the reference. */
  readonly others: readonly TimingClass[];
  /** The same as the reference: must not differ either, or the run means nothing. */
  readonly same: TimingClass;
  /** The same as the reference, and slower by the planted delay: must be seen. */
  readonly planted: TimingClass;
}

/**
 * Tokens that lead to no link.
 *
 * @param genuine a token of the service, whose length all classes have.
 */
export function verificationScenario(genuine: string): Scenario {
  const signatureAt = genuine.lastIndexOf('.') + 1;
  const unknown = (filler: string): string =>
    genuine.slice(0, signatureAt) + filler.repeat(genuine.length - signatureAt);
  const middle = Math.floor(signatureAt / 2);
  const flipped = genuine[middle] === 'A' ? 'B' : 'A';
  const presenting = (name: string, token: string, requestId = ORDINARY): TimingClass => {
    const bytes = post('/auth/magic-link/verify', { token }, requestId);
    return { name, next: () => bytes };
  };
  return {
    name: 'presenting a token that is none of ours',
    status: 401,
    reference: presenting('unknown', unknown('A')),
    others: [
      presenting('tampered', genuine.slice(0, middle) + flipped + genuine.slice(middle + 1)),
      presenting('ill-shaped', '.'.repeat(genuine.length)),
    ],
    same: presenting('unknown, again', unknown('B')),
    planted: presenting('unknown, with a planted delay', unknown('C'), PLANTED),
  };
}

/** Tells runs apart: no address is asked for twice. */
let runs = 0;

/**
 * Addresses with and without accounts, each asked for once.
 *
 * @param count of addresses that each class has.
 */
export async function requestScenario(service: TestService, count: number): Promise<Scenario> {
  runs += 1;
  const run = runs.toString().padStart(3, '0');
  const asking = (name: string, letter: string, requestId = ORDINARY): TimingClass => {
    const emails = addresses(letter, run, count);
    let next = 0;
    return {
      name,
      next: () => {
        const email = emails[next];
        next += 1;
        if (email === undefined) throw new Error('the class has no addresses left');
        return post('/auth/magic-link/request', { email }, requestId);
      },
    };
  };
  await addUsers(service, addresses('k', run, count), true);
  await addUsers(service, addresses('d', run, count), false);
  return {
    name: 'asking for a link',
    status: 200,
    reference: asking('unknown', 'u'),
    others: [asking('known', 'k'), asking('disabled', 'd')],
    same: asking('unknown, again', 'v'),
    planted: asking('unknown, with a planted delay', 'p', PLANTED),
  };
}

/** Device secrets as an app sends them: of a device that is known to some accounts, and others. */
const KNOWN_SECRET = `md1.${'k'.repeat(43)}`;
const OTHER_SECRETS = ['o', 'p', 'q'].map((letter) => `md1.${letter.repeat(43)}`);

/**
 * Addresses with and without accounts, each asked for once, by a device that shows a secret. To some
 * of the accounts that device is known.
 *
 * @param count of addresses that each class has.
 */
export async function deviceScenario(service: TestService, count: number): Promise<Scenario> {
  runs += 1;
  const run = runs.toString().padStart(3, '0');
  const asking = (
    name: string,
    letter: string,
    secret: string,
    requestId = ORDINARY,
  ): TimingClass => {
    const emails = addresses(letter, run, count).values();
    return {
      name,
      next: () => {
        const { value: email } = emails.next();
        if (email === undefined) throw new Error('the class has no addresses left');
        return post('/auth/magic-link/request', { email }, requestId, [
          `X-Device-Fingerprint: ${secret}`,
        ]);
      },
    };
  };
  for (const letter of ['a', 'b']) {
    await addUsers(service, addresses(letter, run, count), true);
    await addDevices(service, addresses(letter, run, count), KNOWN_SECRET);
  }

  const [unknown = '', again = '', planted = ''] = OTHER_SECRETS;
  return {
    name: 'asking for a link on a device that shows a secret',
    status: 200,
    reference: asking('unknown address, unknown device', 'u', unknown),
    others: [
      asking('known address, known device', 'a', KNOWN_SECRET),
      asking('known address, unknown device', 'b', unknown),
      asking('unknown address, device that others know', 'w', KNOWN_SECRET),
    ],
    same: asking('unknown address, unknown device, again', 'v', again),
    planted: asking('unknown address, unknown device, with a planted delay', 'p', planted, PLANTED),
  };
}

/** Times all classes of a scenario, on one connection that is kept. */
export async function sampleScenario(
  { url }: TestService,
  { reference, others, same, planted, status }: Scenario,
  plan: SamplingPlan,
): Promise<Samples> {
  const connection = await TimedConnection.open(url);
  const timed = [reference, ...others, same, planted].map(({ name, next }) => ({
    name,
    time: () => connection.time(next(), status),
  }));
  const samples = await sample(timed, plan);
  connection.close();
  return samples;
}

function addresses(letter: string, run: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${letter}-${run}-${index.toString().padStart(6, '0')}@example.com`,
  );
}

/** People who have signed in before, so that the trail knows their addresses too. */
async function addUsers(
  { app }: TestService,
  emails: readonly string[],
  isActive: boolean,
): Promise<void> {
  const database = privately(app, Database);
  const pseudonyms = privately(app, Pseudonyms);
  await database.query(
    `INSERT INTO users (id, email, email_verified, is_active)
     SELECT gen_random_uuid(), email, true, $2 FROM unnest($1::varchar[]) AS email`,
    [emails, isActive],
  );
  const rows = emails.map((email) => {
    const [{ digest, keyId }] = pseudonyms.ofAddress('default', email);
    return { id: randomUUID(), address_digest: digest, key_id: keyId };
  });
  await database.query(
    `INSERT INTO subjects (id, address_digest, key_id)
     SELECT id, address_digest, key_id FROM jsonb_to_recordset($1::jsonb)
         AS subject (id uuid, address_digest varchar, key_id varchar)`,
    [JSON.stringify(rows)],
  );
}

/** Makes one device known to all these users. */
async function addDevices(
  { app }: TestService,
  emails: readonly string[],
  secret: string,
): Promise<void> {
  const database = privately(app, Database);
  const digests = privately(app, ContextDigests);
  const users = await database.query<{ id: string }>(
    'SELECT id FROM users WHERE email = ANY ($1)',
    [emails],
  );
  await database.query(
    `INSERT INTO devices (id, user_id, digest)
     SELECT gen_random_uuid(), user_id, digest
       FROM unnest($1::uuid[], $2::varchar[]) AS device (user_id, digest)`,
    [users.map(({ id }) => id), users.map(({ id }) => digests.secret(id, secret))],
  );
}

function post(
  path: string,
  body: object,
  requestId: string,
  headers: readonly string[] = [],
): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text).toString()}`,
      `X-Request-Id: ${requestId}`,
      ...headers,
      '',
      text,
    ].join('\r\n'),
  );
}
