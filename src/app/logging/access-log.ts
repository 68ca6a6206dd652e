import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import type { Clock } from '../../common/clock';
import { requestId } from '../../http/request-id';
import { routePattern } from '../../http/route-pattern';

/** Balancers ask these every few seconds; only a changed answer is news. */
const HEALTH_ROUTES = '/health/';

/**
 * Makes the middleware that writes one record for each request: the pattern of its route and never
 * its URL, which may hold what belongs to a person. Register it before everything else, so that it
 * also sees what is refused early.
 */
export function accessLog(
  clock: Clock,
): (request: Request, response: Response, next: NextFunction) => void {
  const logger = new Logger('Access');
  return (request, response, next) => {
    const started = clock.monotonicMilliseconds();
    response.once('close', () => {
      const route = routePattern(request) ?? '-';
      const status = response.statusCode;
      if (status === 200 && route.startsWith(HEALTH_ROUTES)) return;
      const fields = {
        request_id: requestId(request),
        method: request.method,
        route,
        status,
        duration_ms: Math.round((clock.monotonicMilliseconds() - started) * 10) / 10,
        // The client went away before the whole answer was written.
        ...(!response.writableFinished && { aborted: true }),
      };
      if (status >= 500 && status !== 503) logger.error('Request', fields);
      else if (status >= 400) logger.warn('Request', fields);
      else logger.log('Request', fields);
    });
    next();
  };
}
