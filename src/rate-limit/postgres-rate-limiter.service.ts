import { Injectable } from '@nestjs/common';

import type { Transaction } from '../database/database.service';
import { RateLimitRepository } from './rate-limit.repository';
import type { LimitDecision, LimitRule, RateLimiter } from './rate-limiter';

/** A limiter that keeps its state in PostgreSQL, shared by all instances of the service. */
@Injectable()
export class PostgresRateLimiter implements RateLimiter {
  constructor(private readonly repository: RateLimitRepository) {}

  async take(rules: readonly LimitRule[], transaction: Transaction): Promise<LimitDecision> {
    const active = rules.filter(({ limit }) => limit > 0);
    if (active.length === 0) return { allowed: true };

    const keys = active.map(({ key }) => key);
    if (new Set(keys).size < keys.length) {
      throw new TypeError('Two rules of one attempt share a key: give each rule its own');
    }

    const rows = await this.repository.count(active, transaction);
    const lifted = rows.filter((row) => row.is_lifted).map(({ key }) => key);
    const counted = rows.filter((row) => !row.is_lifted).map(({ key }) => key);
    if (rows.length === active.length) return { allowed: true };

    this.repository.takeBack(counted, transaction);
    const refusals = await this.repository.consume(
      active.filter(({ key }) => !lifted.includes(key)),
      transaction,
    );
    if (refusals.length === 0) return { allowed: true };
    return {
      allowed: false,
      retryAfterSeconds: Math.max(...refusals.map((refusal) => refusal.retry_after_seconds)),
      refusedBy: refusals.map((refusal) => refusal.key),
      firstRefusal: refusals.some((refusal) => refusal.first_refusal),
    };
  }

  async mark(key: string, lifetimeSeconds: number, transaction: Transaction): Promise<void> {
    this.repository.mark(key, lifetimeSeconds, transaction);
  }
}
