import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import type { Clock } from '../../common/clock';
import { requestId } from '../../http/request-id';
import { routePattern } from '../../http/route-pattern';

/** Load balancers ask these every few seconds; only failures are logged. */
const HEALTH_ROUTES = '/health/';

/**
 * Makes the middleware that writes one record for each request. It names the pattern of the route
 * and never the URL, which may hold personal data. Register it first, so that it also sees the
 * requests that other middleware refuses.
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
