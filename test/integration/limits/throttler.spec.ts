import type { ExceptionFilter, INestApplication } from '@nestjs/common';
import { type ArgumentsHost, Catch, Controller, Get, Module, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';
import request from 'supertest';

import { RateLimitError } from '../../../src/common/errors';
import type { LimitOptions } from '../../../src/config/auth-options';
import { resolveAuthOptions } from '../../../src/config/resolve-options';
import { RESOLVED_OPTIONS } from '../../../src/config/resolved-options';
import { ClientContextReader } from '../../../src/context/client-context.reader';
import { deviceCookieProfiles } from '../../../src/context/device-cookie';
import { AUTH_DATA_SOURCE } from '../../../src/database/driver/data-source';
import { AuthThrottlerGuard } from '../../../src/rate-limit/http/auth-throttler.guard';
import { RateLimitModule } from '../../../src/rate-limit/rate-limit.module';
import { age, countedByKey } from '../../support/parts/limiter';
import { useLimiters } from '../../support/parts/use-limiters';
import { queryAs } from '../../support/postgres/query-as';

@Controller('first')
@UseGuards(AuthThrottlerGuard)
class FirstController {
  @Get()
  get(): string {
    return 'first';
  }
}

@Controller('second')
@UseGuards(AuthThrottlerGuard)
class SecondController {
  /** As a host would skip its own throttler for every route. */
  @SkipThrottle()
  @Get()
  get(): string {
    return 'second';
  }
}

@Catch(RateLimitError)
class RateLimitFilter implements ExceptionFilter<RateLimitError> {
  catch(error: RateLimitError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    response.status(429).json({ retryAfterSeconds: error.retryAfterSeconds });
  }
}

/** What the composition gives to the modules of features. */
@Module({})
class GivenModule {}

/** Behind a proxy on this machine, so that a test says where its client is. */
const contextReader = new ClientContextReader(
  ['127.0.0.0/8', '::1'],
  deviceCookieProfiles('http://localhost:3000'),
);

describe('The throttler on PostgreSQL', () => {
  const limiters = useLimiters();

  describe('its storage', () => {
    it('lets exactly the limit through of 50 hits at once, again and again', async () => {
      for (let round = 0; round < 10; round += 1) {
        const records = await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            (i % 2 ? limiters.a : limiters.b).throttlerStorage.increment(
              `round-${round}`,
              60_000,
              7,
            ),
          ),
        );
        expect(records.filter((record) => !record.isBlocked)).toHaveLength(7);
      }
    });

    it('tells how many hits the window covers, and when the oldest leaves it', async () => {
      const hit = () => limiters.a.throttlerStorage.increment('told', 60_000, 3);
      expect(await hit()).toEqual({
        totalHits: 1,
        timeToExpire: 60,
        isBlocked: false,
        timeToBlockExpire: 0,
      });
      await age(limiters.a.database, 20.5);
      expect(await hit()).toMatchObject({ totalHits: 2, timeToExpire: 40, isBlocked: false });
      await age(limiters.a.database, 39);
      expect(await hit()).toMatchObject({ totalHits: 3, timeToExpire: 1, isBlocked: false });
      await age(limiters.a.database, 1);
      expect(await hit()).toMatchObject({ totalHits: 3, timeToExpire: 20, isBlocked: false });
    });

    it('tells how long a refused client has to wait, and that this is true', async () => {
      const hit = (limit: number) =>
        limiters.a.throttlerStorage.increment('refused', 60_000, limit);
      await hit(5);
      await age(limiters.a.database, 10.5);
      await hit(5);
      await age(limiters.a.database, 10);
      await hit(5);
      expect(await hit(3)).toEqual({
        totalHits: 4,
        timeToExpire: 40,
        isBlocked: true,
        timeToBlockExpire: 40,
      });
      // Under a lowered limit two of the three have to leave.
      expect(await hit(2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 50 });
      await age(limiters.a.database, 50);
      expect(await hit(2)).toMatchObject({ isBlocked: false, totalHits: 2 });
    });

    it('changes nothing for a hit that is refused', async () => {
      const versions = () => limiters.a.database.query('SELECT key, xmin, ctid FROM rate_limits');
      await limiters.a.throttlerStorage.increment('full', 60_000, 1);
      const before = await versions();
      expect(await limiters.b.throttlerStorage.increment('full', 60_000, 1)).toMatchObject({
        isBlocked: true,
      });
      expect(await versions()).toEqual(before);
    });

    it('takes windows of less than a second', async () => {
      await limiters.a.throttlerStorage.increment('short', 500, 1);
      expect(await limiters.a.throttlerStorage.increment('short', 500, 1)).toMatchObject({
        isBlocked: true,
        timeToBlockExpire: 1,
      });
      await age(limiters.a.database, 0.5);
      expect(await limiters.a.throttlerStorage.increment('short', 500, 1)).toMatchObject({
        isBlocked: false,
      });
    });

    it('keeps the order of its times when the clock of the server was set back', async () => {
      await limiters.a.throttlerStorage.increment('clock', 60_000, 3);
      await age(limiters.a.database, -90);
      await limiters.a.throttlerStorage.increment('clock', 60_000, 3);
      await limiters.a.throttlerStorage.increment('clock', 60_000, 3);
      expect(await limiters.a.throttlerStorage.increment('clock', 60_000, 3)).toMatchObject({
        isBlocked: true,
      });
      const rows = await limiters.a.database.query(
        `SELECT accepted_at = ARRAY(SELECT time FROM unnest(accepted_at) AS time ORDER BY time)
                  AS sorted
           FROM rate_limits`,
      );
      expect(rows).toEqual([{ sorted: true }]);
    });
  });

  describe('its guard', () => {
    let application: INestApplication | undefined;

    afterEach(async () => {
      await application?.close();
      application = undefined;
    });

    async function start(routeLimit: LimitOptions): Promise<void> {
      const options = resolveAuthOptions({
        masterKey: '00112233445566778899aabbccddeeff'.repeat(2),
        publicUrl: 'https://auth.example.com',
        routeLimit,
      });
      const given = [
        { provide: RESOLVED_OPTIONS, useValue: options },
        { provide: AUTH_DATA_SOURCE, useValue: limiters.a.dataSource },
        { provide: ClientContextReader, useValue: contextReader },
      ];
      const module = await Test.createTestingModule({
        imports: [
          { module: GivenModule, global: true, providers: given, exports: given },
          RateLimitModule,
        ],
        controllers: [FirstController, SecondController],
      }).compile();
      application = module.createNestApplication({ logger: false });
      application.useGlobalFilters(new RateLimitFilter());
      await application.init();
    }

    const get = (path: string, network: string): request.Test =>
      request(application!.getHttpServer())
        .get(path)
        .set('X-Forwarded-For', network)
        .set('X-Request-Id', 'request-of-the-test');

    it('counts all guarded routes of one client network together', async () => {
      await start({ limit: 3, windowSeconds: 60 });
      for (const path of ['/first', '/second', '/first']) {
        await get(path, '203.0.113.1').expect(200);
      }

      await get('/first', '203.0.113.1').expect(429);
      await get('/second', '203.0.113.1').expect(429);
      await get('/second', '203.0.113.2').expect(200);
    });

    it('refuses with the true wait, and lets the client in again after it', async () => {
      await start({ limit: 1, windowSeconds: 60 });
      await get('/first', '203.0.113.1').expect(200);
      await age(limiters.a.database, 20.5);
      await get('/first', '203.0.113.1').expect(429, { retryAfterSeconds: 40 });
      await age(limiters.a.database, 40);
      await get('/first', '203.0.113.1').expect(200);
    });

    it('has the trail tell once for each window and network that it began to refuse', async () => {
      await start({ limit: 1, windowSeconds: 60 });
      const refuse = (network: string) => get('/first', network).expect(429);
      const recorded = async (): Promise<object[]> =>
        queryAs(
          limiters.database.superuserUrl,
          `SELECT details, request_id, host(ip_address) AS ip_address
             FROM security_events event JOIN security_event_personal ON event_id = event.id
            WHERE type = 'rate_limit.exceeded' AND ip_address = ANY ($1) ORDER BY event.seq`,
          [['203.0.113.11', '203.0.113.12']],
        );
      const told = (network: string) => ({
        details: { limit: 'routes' },
        request_id: 'request-of-the-test',
        ip_address: network,
      });
      await get('/first', '203.0.113.11').expect(200);
      await Promise.all(Array.from({ length: 10 }, () => refuse('203.0.113.11')));
      expect(await recorded()).toEqual([told('203.0.113.11')]);

      await get('/first', '203.0.113.12').expect(200);
      await refuse('203.0.113.12');
      await age(limiters.a.database, 60);
      await get('/first', '203.0.113.11').expect(200);
      await refuse('203.0.113.11');
      await refuse('203.0.113.11');
      expect(await recorded()).toEqual(
        ['203.0.113.11', '203.0.113.12', '203.0.113.11'].map((network) => told(network)),
      );
    });

    it('adds no headers that tell of the limit', async () => {
      await start({ limit: 1, windowSeconds: 60 });
      for (const status of [200, 429]) {
        const { headers } = await get('/first', '203.0.113.1').expect(status);
        expect(Object.keys(headers).filter((name) => /limit|retry/i.test(name))).toEqual([]);
      }
    });

    it('stores no address', async () => {
      await start({ limit: 1, windowSeconds: 60 });
      await get('/first', '203.0.113.1').expect(200);
      const [key] = Object.keys(await countedByKey(limiters.a.database));
      expect(key).toMatch(/^[\w-]{43}$/);
    });

    it('limits nothing and counts nothing when the limit is 0', async () => {
      await start({ limit: 0, windowSeconds: 60 });
      for (let i = 0; i < 5; i += 1) await get('/first', '203.0.113.1').expect(200);
      expect(await countedByKey(limiters.a.database)).toEqual({});
    });
  });
});
