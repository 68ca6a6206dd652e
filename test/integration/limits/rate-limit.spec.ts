import type { LimitDecision, LimitRule } from '../../../src/rate-limit/rate-limiter';
import { age, countedByKey, type LimiterInstance } from '../../support/parts/limiter';
import { useLimiters } from '../../support/parts/use-limiters';
import { waitForLockWaits } from '../../support/postgres/lock-waits';

const rule = (key: string, limit: number, windowSeconds = 900): LimitRule => ({
  key,
  limit,
  windowSeconds,
});

const allowed = (decisions: LimitDecision[]): number =>
  decisions.filter((decision) => decision.allowed).length;

const ALLOWED = { allowed: true };

describe('The rate limiter on PostgreSQL', () => {
  const limiters = useLimiters();

  /** The same attempt many times at once, half of them by each instance. */
  const takeAtOnce = (times: number, ...rules: LimitRule[]): Promise<LimitDecision[]> =>
    Promise.all(
      Array.from({ length: times }, (_, i) => (i % 2 ? limiters.a : limiters.b).take(...rules)),
    );

  describe('under concurrency', () => {
    it('accepts exactly 3 of 50 attempts at once at a limit of 3, again and again', async () => {
      for (let round = 0; round < 15; round += 1) {
        const decisions = await takeAtOnce(50, rule(`round-${round}`, 3));
        expect(allowed(decisions)).toBe(3);
      }
    });

    it('flags the first refusal of a window once among 50 refusals at once', async () => {
      await limiters.a.take(rule('flood', 1));
      const decisions = await takeAtOnce(50, rule('flood', 1));
      expect(decisions.filter((d) => !d.allowed && d.firstRefusal)).toHaveLength(1);
    });

    it('never deadlocks over keys in any order, and counts all keys of an attempt or none', async () => {
      const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
      for (let round = 0; round < 10; round += 1) {
        await limiters.a.database.query('DELETE FROM rate_limits');
        const attempts = Array.from({ length: 40 }, (_, i) => {
          // Each attempt begins elsewhere in the list, and every other one goes backwards.
          const rotated = [...keys.slice(i % 6), ...keys.slice(0, i % 6)].slice(0, 2 + (i % 4));
          return i % 2 ? rotated : rotated.reverse();
        });
        // A deadlock is an error of PostgreSQL's, and would reject here.
        const decisions = await Promise.all(
          attempts.map((attempt, i) =>
            (i % 3 ? limiters.a : limiters.b).take(...attempt.map((k) => rule(k, 7))),
          ),
        );

        const counted = await countedByKey(limiters.a.database);
        for (const key of keys) {
          const accepted = attempts.filter((k, i) => decisions[i]!.allowed && k.includes(key));
          expect(counted[key]).toBe(accepted.length);
          expect(counted[key]).toBeLessThanOrEqual(7);
        }
        expect(allowed(decisions)).toBeGreaterThan(0);
        expect(allowed(decisions)).toBeLessThan(40);
      }
    });

    it('waits for an attempt whose transaction is open, and counts it only if it commits', async () => {
      for (const outcome of ['commits', 'fails']) {
        const key = `open-${outcome}`;
        let waiting: Promise<LimitDecision> | undefined;
        const open = limiters.a.database.transaction(async (transaction) => {
          await limiters.a.limiter.take([rule(key, 1)], transaction);
          waiting = limiters.b.take(rule(key, 1));
          await waitForLockWaits((text) => limiters.a.database.query(text));
          if (outcome === 'fails') throw new Error('something else went wrong');
        });
        await open.catch(() => undefined);
        expect((await waiting!).allowed).toBe(outcome === 'fails');
      }
    });

    it('records the time of the decision, not of the beginning of the transaction', async () => {
      await limiters.a.database.transaction(async (begunFirst) => {
        await begunFirst.query('SELECT now()');
        await limiters.b.take(rule('order', 5));
        await limiters.a.limiter.take([rule('order', 5)], begunFirst);
        // In PostgreSQL's microseconds: a Date would round them.
        const rows = await begunFirst.query(
          'SELECT accepted_at[1] < accepted_at[2] AS ascending FROM rate_limits',
        );
        expect(rows).toEqual([{ ascending: true }]);
      });
    });
  });

  describe('over a sliding window', () => {
    it('never accepts more than the limit within any window of its length', async () => {
      const limit = 5;
      const windowSeconds = 1;
      // Microseconds, as PostgreSQL records them: a Date would round them.
      const accepted: number[] = [];
      const attempt = (instance: LimiterInstance): Promise<void> =>
        instance.database.transaction(async (transaction) => {
          const decision = await instance.limiter.take(
            [rule('sliding', limit, windowSeconds)],
            transaction,
          );
          if (!decision.allowed) return;
          const [row] = await transaction.query<{ microseconds: string }>(
            `SELECT (extract(epoch FROM accepted_at[cardinality(accepted_at)]) * 1000000)::bigint
                      AS microseconds
               FROM rate_limits WHERE key = 'sliding'`,
          );
          accepted.push(Number(row!.microseconds));
        });
      const keepTrying = async (instance: LimiterInstance): Promise<void> => {
        while (accepted.length < 3 * limit) await attempt(instance);
      };
      await Promise.all([limiters.a, limiters.a, limiters.b, limiters.b].map(keepTrying));

      accepted.sort((x, y) => x - y);
      const spans = accepted.slice(limit).map((time, i) => time - accepted[i]!);
      expect(Math.min(...spans)).toBeGreaterThanOrEqual(windowSeconds * 1_000_000);
    });

    it('keeps the order of its times when the clock of the server was set back', async () => {
      await limiters.a.take(rule('clock', 3));
      await age(limiters.a.database, -60);
      expect(await limiters.a.take(rule('clock', 3))).toEqual(ALLOWED);
      expect(await limiters.a.take(rule('clock', 3))).toEqual(ALLOWED);
      expect(await limiters.a.take(rule('clock', 3))).toMatchObject({ allowed: false });
      const [row] = await limiters.a.database.query<{ sorted: boolean }>(
        `SELECT accepted_at = ARRAY(SELECT time FROM unnest(accepted_at) AS time ORDER BY time)
                  AS sorted
           FROM rate_limits`,
      );
      expect(row).toEqual({ sorted: true });
    });

    it('refuses until the oldest attempts have left, after the limit was lowered', async () => {
      for (const wait of [10, 20, 30, 40]) {
        expect(await limiters.a.take(rule('lowered', 5))).toEqual(ALLOWED);
        await age(limiters.a.database, wait);
      }
      // Four were accepted 100, 90, 70 and 40 seconds ago; two more must leave than the first.
      expect(await limiters.a.take(rule('lowered', 2))).toMatchObject({ retryAfterSeconds: 830 });
      expect(await countedByKey(limiters.a.database)).toEqual({ lowered: 4 });
      await age(limiters.a.database, 830);
      expect(await limiters.a.take(rule('lowered', 2))).toEqual(ALLOWED);
    });
  });

  describe('with several rules', () => {
    it('counts an attempt nowhere when one rule refuses it', async () => {
      await limiters.a.take(rule('narrow', 1));
      for (let i = 0; i < 5; i += 1) {
        expect(
          await limiters.a.take(rule('wide', 10), rule('narrow', 1), rule('new', 10)),
        ).toMatchObject({
          allowed: false,
          refusedBy: ['narrow'],
        });
      }
      expect(await countedByKey(limiters.a.database)).toEqual({ narrow: 1, wide: 0, new: 0 });
    });

    it('names every rule that refused, and the longest wait among them', async () => {
      await limiters.a.take(rule('short', 1, 60), rule('long', 1, 3_600));
      const decision = await limiters.a.take(
        rule('short', 1, 60),
        rule('long', 1, 3_600),
        rule('free', 1),
      );
      expect(decision).toMatchObject({ allowed: false, retryAfterSeconds: 3_600 });
      expect(!decision.allowed && [...decision.refusedBy].sort()).toEqual(['long', 'short']);
    });

    it('leaves out rules that are off', async () => {
      await limiters.a.take(rule('off', 0), rule('on', 1));
      expect(await countedByKey(limiters.a.database)).toEqual({ on: 1 });
    });
  });

  describe('a refusal', () => {
    it('is flagged as the first one once in a window, however the window slides on', async () => {
      const isFirst = async (): Promise<boolean> => {
        const decision = await limiters.a.take(rule('flagged', 2, 100));
        return !decision.allowed && decision.firstRefusal;
      };
      await limiters.a.take(rule('flagged', 2, 100));
      await age(limiters.a.database, 60);
      await limiters.a.take(rule('flagged', 2, 100));
      expect([await isFirst(), await isFirst()]).toEqual([true, false]);
      await age(limiters.a.database, 60);
      await limiters.a.take(rule('flagged', 2, 100));
      expect(await isFirst()).toBe(false);
      await age(limiters.a.database, 40);
      await limiters.a.take(rule('flagged', 2, 100));
      expect([await isFirst(), await isFirst()]).toEqual([true, false]);
    });

    it('is still flagged when the transaction that saw the first one failed', async () => {
      await limiters.a.take(rule('undone', 1));
      const failing = limiters.a.database.transaction(async (transaction) => {
        await limiters.a.limiter.take([rule('undone', 1)], transaction);
        throw new Error('no event was recorded');
      });
      await expect(failing).rejects.toThrow('no event was recorded');
      expect(await limiters.a.take(rule('undone', 1))).toMatchObject({ firstRefusal: true });
    });
  });

  describe('a marker', () => {
    const lifted: LimitRule = { ...rule('address', 1), unlessMarked: ['old', 'current'] };

    it('lifts the rules that name it: they neither refuse nor count', async () => {
      await limiters.a.take(lifted);
      expect(await limiters.a.take(lifted)).toMatchObject({ allowed: false });
      await limiters.a.mark('current', 60);
      expect(await limiters.a.take(lifted, rule('other', 5))).toEqual(ALLOWED);
      expect(await limiters.a.take(lifted)).toEqual(ALLOWED);
      expect(await countedByKey(limiters.a.database)).toMatchObject({ address: 1, other: 1 });
    });

    it('leaves other rules as they are', async () => {
      await limiters.a.mark('current', 60);
      await limiters.a.take(lifted, rule('network', 1));
      expect(await limiters.a.take(lifted, rule('network', 1))).toMatchObject({
        refusedBy: ['network'],
      });
    });

    it('stands for its lifetime, which begins anew when it is set again', async () => {
      await limiters.a.take(lifted);
      await limiters.a.mark('old', 60);
      await age(limiters.a.database, 40);
      await limiters.a.mark('old', 60);
      await age(limiters.a.database, 40);
      expect(await limiters.a.take(lifted)).toEqual(ALLOWED);
      await age(limiters.a.database, 20);
      expect(await limiters.a.take(lifted)).toMatchObject({ allowed: false });
    });

    it('and a limit do not meet, even under the same key', async () => {
      await limiters.a.mark('address', 60);
      await limiters.a.take(lifted);
      expect(await limiters.a.take({ ...lifted, unlessMarked: ['network'] })).toMatchObject({
        allowed: false,
      });
      await limiters.a.take(rule('network', 5));
      expect(await limiters.a.take({ ...lifted, unlessMarked: ['network'] })).toMatchObject({
        allowed: false,
      });
      expect(await limiters.a.take({ ...lifted, unlessMarked: ['address'] })).toEqual(ALLOWED);
    });
  });

  describe('clean-up', () => {
    it('deletes what has expired, and nothing that still counts', async () => {
      await limiters.a.database.query(
        `INSERT INTO rate_limits (key, expires_at)
         SELECT 'expired-' || n, now() - interval '1 second' FROM generate_series(1, 2500) AS n`,
      );
      await limiters.a.take(rule('counted', 1));
      await limiters.a.mark('standing', 60);
      expect(await limiters.a.deleteExpired()).toBe(2_500);
      expect(Object.keys(await countedByKey(limiters.a.database)).sort()).toEqual([
        'counted',
        'marker:standing',
      ]);
    });

    it('neither waits for an attempt nor takes its row away', async () => {
      await limiters.a.take(rule('held', 1));
      await age(limiters.a.database, 1_000);
      await limiters.a.database.transaction(async (transaction) => {
        await limiters.a.limiter.take([rule('held', 1)], transaction);
        expect(await limiters.b.deleteExpired()).toBe(0);
      });
      expect(await limiters.a.take(rule('held', 1))).toMatchObject({ allowed: false });
    });

    it('keeps a refusal that is noted as long as its window lasts', async () => {
      await limiters.a.take(rule('noted', 1, 100));
      await age(limiters.a.database, 99);
      expect(await limiters.a.take(rule('noted', 1, 100))).toMatchObject({ firstRefusal: true });
      await age(limiters.a.database, 50);
      await limiters.a.deleteExpired();
      await limiters.a.take(rule('noted', 1, 100));
      expect(await limiters.a.take(rule('noted', 1, 100))).toMatchObject({ firstRefusal: false });
    });
  });
});
