import { Inject, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Counter, Histogram, Registry } from 'prom-client';

import { Clock } from '../../common/clock';
import { routePattern } from '../../http/route-pattern';

/** In seconds: from a session that is in memory to the longest time of a statement. */
const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Methods that have a label. Clients may send any other, which must not make more labels. */
const METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
]);

/** Counts and times the requests of the public port. */
@Injectable()
export class RequestMetrics {
  private readonly requests: Counter<'method' | 'route' | 'status'>;
  private readonly durations: Histogram<'method' | 'route'>;

  constructor(
    @Inject(Clock) private readonly clock: Clock,
    registry: Registry,
  ) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'mira_auth_http_requests_total',
      help: 'Requests by route (none: refused before one was found) and status (aborted: the client went away).',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.durations = new Histogram({
      name: 'mira_auth_http_request_duration_seconds',
      help: 'From the arrival of a request to the end of its answer.',
      labelNames: ['method', 'route'],
      buckets: [...DURATION_BUCKETS],
      registers,
    });
  }

  /** Express middleware. Register it before everything else, so that it sees all requests. */
  readonly middleware = (request: Request, response: Response, next: NextFunction): void => {
    const started = this.clock.monotonicMilliseconds();
    response.once('close', () => {
      const labels = {
        method: METHODS.has(request.method) ? request.method : 'other',
        route: routePattern(request) ?? 'none',
      };
      const status = response.writableFinished ? response.statusCode.toString() : 'aborted';
      this.requests.inc({ ...labels, status });
      this.durations.observe(labels, (this.clock.monotonicMilliseconds() - started) / 1_000);
    });
    next();
  };
}
