import { randomBytes } from 'node:crypto';

import type { Response } from 'supertest';

import type { CapturingLogger } from '../capturing-logger';
import { expectProblem } from '../problem';
import { requestLinks } from '../sign-in/link-tokens';
import { sessionOf } from '../sign-in/sign-in-flow';
import type { TestService } from '../test-service';
import { expectInvariants, linesWith } from './invariants';

/** What the development mailbox writes: the whole link, which is what it is for. */
const MAILBOX_CONTEXT = ' Mailbox';
/** What tells of each request. */
const ACCESS_CONTEXT = ' Access';

/** How an address may appear: the tests have theirs under these domains only. */
const ADDRESS = /[^\s"'@]+@(?:[\w-]+\.)*example\.(?:com|org|net)/i;

/**
 * Looks for what must hold in every attack of the catalogue
 * (docs/reference/invariants.md#attack-catalogue): no 5xx but a deliberate 503, problem+json,
 * `no-store`, the process lives, the invariants hold, and canary secrets are in no log, audit trail,
 * body or database.
 */
export class AttackWatch {
  private readonly secrets: string[] = [];
  private readonly services: TestService[] = [];
  private readonly loggers: CapturingLogger[] = [];

  /** Watches these, which may share a database, until all attacks are over. */
  watch(...services: TestService[]): void {
    this.services.push(...services);
    this.watchLogs(...services);
  }

  /** Watches no more than the log of these, which may be stopped at any time. */
  watchLogs(...services: Pick<TestService, 'logger'>[]): void {
    this.loggers.push(...services.map(({ logger }) => logger));
  }

  /** A new text that must appear nowhere: 39 visible ASCII characters. */
  canary(): string {
    const canary = `canary-${randomBytes(16).toString('hex')}`;
    this.secrets.push(canary);
    return canary;
  }

  /** Something that must appear neither in a log nor in the database: a token, a fingerprint. */
  keep(...secrets: readonly string[]): void {
    this.secrets.push(...secrets);
  }

  /** Expects what every answer owes, whatever was asked. */
  expectHandled(response: Response): void {
    expect(response.status < 500 || response.status === 503).toBe(true);
    expect(response.headers['cache-control']).toBe('no-store');
    if (response.status >= 400) expectProblem(response, response.body.code);
    const answer = JSON.stringify([response.headers, response.text]);
    expect(
      this.secrets.filter((secret) => secret.startsWith('canary') && answer.includes(secret)),
    ).toEqual([]);
  }

  /** Defines the tests that come after all attacks of a file. */
  defineAftermath(): void {
    describe('after all that', () => {
      it('every service is alive and signs people in', async () => {
        for (const [index, service] of this.services.entries()) {
          // Every address and network is a new one, so that no limit of a test stands in the way.
          const client = { forwardedFor: `203.0.113.${(index + 1).toString()}` };
          const email = `alive-${index.toString()}@example.com`;
          const [link] = await requestLinks(service, [{ email, ...client }]);
          const { headers } = sessionOf(await service.verify(link!.token, client), client);
          expect((await service.http.get('/auth/session').set(headers)).status).toBe(200);
        }
      });

      it('A7 no secret and no address is in a log', () => {
        const lines = this.loggers
          .flatMap((logger) => logger.lines)
          .filter((line) => !line.endsWith(MAILBOX_CONTEXT));
        // Nest has one logger for a process, the one of the newest service: it must be among them.
        expect(lines.some((line) => line.endsWith(ACCESS_CONTEXT))).toBe(true);
        expect(linesWith(lines, this.secrets)).toEqual([]);
        expect(lines.filter((line) => ADDRESS.test(line))).toEqual([]);
        expect(lines.filter((line) => /eyJ[\w-]{10,}/.test(line))).toEqual([]);
      });

      it('A7 every invariant holds, and no secret is in the database', async () => {
        for (const service of this.services) await expectInvariants(service, this.secrets);
      });
    });
  }
}
