import type { IncomingMessage } from 'node:http';

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';

import { RateLimitError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ClientContextReader } from '../../context/client-context.reader';
import { clientNetwork } from '../../context/ip-address';
import { LimiterKeys } from '../../crypto/limiter-keys.service';
import { requestId } from '../../http/request-id';
import { PostgresThrottlerStorage } from '../postgres-throttler-storage.service';
import { RouteRefusals } from '../route-refusals.service';

/**
 * What `@SkipThrottle()` and `@Throttle()` of a host's own throttler name is another: they do not
 * reach our routes.
 */
const THROTTLER_NAME = 'mira-auth';

/**
 * Limits what one client network may ask of all routes with this guard together, by
 * `routeLimit`. It carries its own configuration, so that a host's `ThrottlerModule` and ours
 * never meet.
 *
 * @throws RateLimitError (`rate_limited`); UnavailableError (`unavailable`).
 */
@Injectable()
export class AuthThrottlerGuard extends ThrottlerGuard {
  private readonly off: boolean;

  constructor(
    @Inject(RESOLVED_OPTIONS) { routeLimit }: Pick<ResolvedAuthOptions, 'routeLimit'>,
    // Named, because the base class names another one for this place.
    @Inject(PostgresThrottlerStorage) storage: PostgresThrottlerStorage,
    reflector: Reflector,
    private readonly limiterKeys: LimiterKeys,
    private readonly contextReader: ClientContextReader,
    private readonly refusals: RouteRefusals,
  ) {
    super(
      {
        throttlers: [
          {
            name: THROTTLER_NAME,
            limit: routeLimit.limit,
            ttl: routeLimit.windowSeconds * 1_000,
            blockDuration: 0,
          },
        ],
        setHeaders: false,
      },
      storage,
      reflector,
    );
    this.off = routeLimit.limit === 0;
  }

  protected override async shouldSkip(): Promise<boolean> {
    return this.off;
  }

  protected override async getTracker(request: IncomingMessage): Promise<string> {
    return clientNetwork(this.contextReader.ipAddress(request));
  }

  /** One count for all routes: the handler is no part of the key. */
  protected override generateKey(_context: ExecutionContext, network: string): string {
    return this.limiterKeys.of('routes', network);
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    { key, ttl, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    // Without the fingerprint, whose form may be wrong: a refusal is no place for another one.
    await this.refusals.record(key, ttl, {
      ipAddress: this.contextReader.ipAddress(request),
      userAgent: this.contextReader.userAgent(request),
      requestId: requestId(request),
    });
    throw new RateLimitError(timeToBlockExpire);
  }
}
