import fc from 'fast-check';

import type { LimitRule } from '../../../src/rate-limit/rate-limiter';
import { age } from '../../support/parts/limiter';
import { commandArbitrary, LimiterModel, STEP_SECONDS } from '../../support/parts/limiter-model';
import { useLimiters } from '../../support/parts/use-limiters';

describe('The rate limiter on PostgreSQL, beside a model in memory', () => {
  const limiters = useLimiters();

  async function expectSameDecision(
    model: LimiterModel,
    rules: readonly LimitRule[],
  ): Promise<void> {
    const [expected, actual] = [model.take(rules), await limiters.a.take(...rules)];
    if (expected.allowed || actual.allowed) {
      expect(actual).toEqual(expected);
      return;
    }
    expect([...actual.refusedBy].sort()).toEqual([...expected.refusedBy].sort());
    expect(actual.firstRefusal).toBe(expected.firstRefusal);
    // The model stands still while the database works.
    expect(actual.retryAfterSeconds).toBeLessThanOrEqual(expected.retryAfterSeconds);
    expect(actual.retryAfterSeconds).toBeGreaterThan(expected.retryAfterSeconds - STEP_SECONDS);
  }

  it('decides any sequence of attempts, markers and waits alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commandArbitrary, { maxLength: 25 }), async (commands) => {
        await limiters.a.database.query('DELETE FROM rate_limits');
        const model = new LimiterModel();
        for (const command of commands) {
          switch (command.kind) {
            case 'take':
              await expectSameDecision(model, command.rules);
              break;
            case 'mark':
              model.mark(command.marker, command.steps);
              await limiters.a.mark(command.marker, command.steps * STEP_SECONDS);
              break;
            case 'wait':
              model.wait(command.steps);
              await age(limiters.a.database, command.steps * STEP_SECONDS);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses the same attempt until the seconds it names have passed, and accepts it then', async () => {
    const tenths = fc.integer({ min: 0, max: 120 * 10 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(tenths, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (waits, limit) => {
          await limiters.a.database.query('DELETE FROM rate_limits');
          const rule = { key: 'retried', windowSeconds: 120 };
          for (const wait of waits) {
            await limiters.a.take({ ...rule, limit: 8 });
            await age(limiters.a.database, wait / 10);
          }
          const decision = await limiters.a.take({ ...rule, limit });
          if (decision.allowed) return;

          // The wait is rounded up, and this test takes time too: two seconds cover both.
          await age(limiters.a.database, decision.retryAfterSeconds - 2);
          expect(await limiters.a.take({ ...rule, limit })).toMatchObject({ allowed: false });
          await age(limiters.a.database, 2);
          expect(await limiters.a.take({ ...rule, limit })).toEqual({ allowed: true });
        },
      ),
      { numRuns: 40 },
    );
  });
});
