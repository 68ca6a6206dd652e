import type { IncomingMessage } from 'node:http';

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';

import { RateLimitError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ClientContextReader } from '../../context/client-context.reader';
import { clientNetwork } from '../../context/ip-address';
import { LimiterKeys } from '../../crypto/limiter-keys.service';
import { requestId } from '../../http/request-id';
import { PostgresThrottlerStorage } from '../postgres-throttler-storage.service';
import { RouteRefusals } from '../route-refusals.service';

/**
 * Differs from the names of a host application's own throttlers, so that its `@SkipThrottle()` and
 * `@Throttle()` do not apply to our routes.
 */
const THROTTLER_NAME = 'mira-auth';

/** Takes a route out of the limit: for what only takes rights away, and must always work. */
export const Unthrottled = (): MethodDecorator => SkipThrottle({ [THROTTLER_NAME]: true });

/**
 * Limits the requests of one client network to all routes with this guard together, as set by
 * `routeLimit`. Has its own configuration, so that it is independent of a host application's
 * `ThrottlerModule`.
 *
 * @throws RateLimitError (`rate_limited`); UnavailableError (`unavailable`).
 */
@Injectable()
export class AuthThrottlerGuard extends ThrottlerGuard {
  private readonly off: boolean;

  constructor(
    @Inject(RESOLVED_OPTIONS) { routeLimit }: Pick<ResolvedAuthOptions, 'routeLimit'>,
    // @Inject() overrides the token that the base class injects here.
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

  /** One count for all routes: the key does not contain the handler. */
  protected override generateKey(_context: ExecutionContext, network: string): string {
    return this.limiterKeys.of('routes', network);
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    { key, ttl, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    // Does not read the fingerprint: if malformed, it would cause another error than this one.
    await this.refusals.record(key, ttl, {
      ipAddress: this.contextReader.ipAddress(request),
      userAgent: this.contextReader.userAgent(request),
      requestId: requestId(request),
    });
    throw new RateLimitError(timeToBlockExpire);
  }
}
