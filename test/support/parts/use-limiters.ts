import { createTestDatabase, type TestDatabase } from '../postgres/database';
import { type LimiterInstance, openLimiter } from './limiter';

/** The limiter as several instances of the service have it, on a database of the file. */
export interface Limiters {
  readonly database: TestDatabase;
  readonly a: LimiterInstance;
  readonly b: LimiterInstance;
}

/** Each test finds that nothing has been counted. */
export function useLimiters(): Limiters {
  const limiters = {} as { -readonly [Name in keyof Limiters]: Limiters[Name] };

  beforeAll(async () => {
    limiters.database = await createTestDatabase();
    limiters.a = await openLimiter(limiters.database.appUrl);
    limiters.b = await openLimiter(limiters.database.appUrl);
  });

  beforeEach(async () => {
    await limiters.a.database.query('DELETE FROM rate_limits');
  });

  afterAll(async () => {
    await Promise.all([limiters.a.close(), limiters.b.close()]);
    await limiters.database.drop();
  });

  return limiters;
}
