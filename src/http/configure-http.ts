import { HttpAdapterHost } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { JSON_BODY_OPTIONS, refuseBodyByHeaders } from './body/json-body';
import { ProblemFilter } from './errors/problem.filter';
import type { HttpOptions } from './http-options';
import { corsMiddleware } from './origin/cors';
import { requestIdMiddleware } from './request-id';
import { methodMiddleware, type RouteTable } from './server/method-not-allowed';
import { securityHeaders } from './server/security-headers';
import { limitServer, refuseWrongHost } from './server/server-limits';

export interface ConfigureHttpOptions extends HttpOptions {
  /** Path of Swagger UI (`/docs`), which may load its own scripts and styles. @default none */
  readonly docsPath?: string;
}

/**
 * Sets a whole Nest application up as the contract describes the standalone service: request ids,
 * security headers, CORS, methods, bodies, problem+json, timeouts. For all routes of the
 * application, those of the host included.
 *
 * Create the application with `bodyParser: false`, and call this before `init`, `listen` and
 * `SwaggerModule.setup`: Express runs what was registered first.
 * @throws TypeError for another HTTP adapter than Express, Error if routes exist already
 */
export function configureAuthHttp(
  app: NestExpressApplication,
  options: ConfigureHttpOptions,
): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== 'express') {
    throw new TypeError('configureAuthHttp sets up Express applications only.');
  }

  // The types of Express 5 describe the router of Express 4.
  const routes = adapter.getInstance().router as unknown as RouteTable;
  if (routes.stack.some((layer) => layer.route)) {
    throw new Error('configureAuthHttp must be called before any route is registered.');
  }

  const { publicUrl, docsPath } = options;
  const headers = securityHeaders({ publicUrl, docsPath });
  limitServer(app.getHttpServer(), headers);
  app.disable('x-powered-by');
  // Answers that are not stored are never revalidated.
  app.disable('etag');
  app.use(requestIdMiddleware);
  app.use(headers);
  app.use(corsMiddleware(options.allowedOrigins));
  app.use(refuseWrongHost);
  app.use(methodMiddleware(routes));
  app.use(refuseBodyByHeaders);
  app.useBodyParser('json', JSON_BODY_OPTIONS);
  app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
}
