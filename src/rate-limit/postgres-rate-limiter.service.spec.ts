import type { Transaction } from '../database/database.service';
import { PostgresRateLimiter } from './postgres-rate-limiter.service';
import { RateLimitRepository } from './rate-limit.repository';

/** A transaction whose every statement fails. */
const fail = (): never => {
  throw new Error('the database was queried');
};
const untouchable: Transaction = {
  transaction: true,
  afterwards: () => undefined,
  query: fail,
  queryOne: fail,
  modify: fail,
  now: fail,
  execute: fail,
  savepoint: fail,
};

const limiter = new PostgresRateLimiter(new RateLimitRepository());

const rule = (key: string, limit: number) => ({ key, limit, windowSeconds: 60 });

describe('PostgresRateLimiter', () => {
  it('allows an attempt without rules, and does not query the database', async () => {
    await expect(limiter.take([], untouchable)).resolves.toEqual({ allowed: true });
  });

  it('allows an attempt whose rules are all off, and does not query the database', async () => {
    const rules = [rule('a', 0), rule('b', 0)];
    await expect(limiter.take(rules, untouchable)).resolves.toEqual({ allowed: true });
  });

  it('queries the database as soon as one rule is on', async () => {
    const rules = [rule('a', 0), rule('b', 1)];
    await expect(limiter.take(rules, untouchable)).rejects.toThrow('the database was queried');
  });

  it('refuses two rules with one key, because each would trim the times of the other', async () => {
    const rules = [rule('a', 1), { ...rule('a', 5), windowSeconds: 3_600 }];
    await expect(limiter.take(rules, untouchable)).rejects.toThrow(TypeError);
  });
});
