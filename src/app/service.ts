import type { AddressInfo } from 'node:net';

import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import type { AuthModuleOptions, AuthModuleStructure } from '../auth/auth.module';
import { SystemClock } from '../common/clock';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { configureAuthHttp } from '../http/configure-http';
import { AppModule } from './app.module';
import { accessLog } from './logging/access-log';
import { MetricsModule } from './metrics/metrics.module';
import { MetricsServer } from './metrics/metrics.server';
import { RequestMetrics } from './metrics/request-metrics.service';
import { DOCS_PATH, serveOpenApi } from './openapi';
import { Drain } from './process/drain.service';
import { stopService } from './process/shutdown';
import { listenFailure, METRICS_VARIABLES } from './process/start-failure';

/** A port of 0 means any free one. */
interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ServiceSettings {
  readonly auth: AuthModuleOptions & AuthModuleStructure;
  readonly http: ListenAddress;
  /** Where the metrics are served. @default nowhere */
  readonly metrics?: ListenAddress;
  readonly logger: LoggerService;
  /** How long readiness fails before the service stops listening. */
  readonly graceMilliseconds: number;
  /** Modules of the mode that the service runs in. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
}

export interface RunningService {
  /** Where the service listens. */
  readonly address: string;
  readonly port: number;
  /** Where the metrics are served, if they are. */
  readonly metrics: AddressInfo | undefined;
  /** Stops gracefully, within ten seconds. */
  stop(): Promise<void>;
}

/**
 * Makes the whole application, set up and not yet listening.
 * @internal for tests, which listen where they like
 */
export async function createService({
  auth,
  logger,
  imports = [],
  metrics,
}: Pick<
  ServiceSettings,
  'auth' | 'logger' | 'imports' | 'metrics'
>): Promise<NestExpressApplication> {
  const modules = metrics === undefined ? imports : [...imports, MetricsModule];
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(auth, modules), {
    logger,
    bodyParser: false,
    // Nest would end the process itself, with a dump.
    abortOnError: false,
  });
  const { publicUrl, allowedOrigins } = app.get<ResolvedAuthOptions>(RESOLVED_OPTIONS);
  if (metrics !== undefined) app.use(app.get(RequestMetrics).middleware);
  app.use(accessLog(new SystemClock()));
  configureAuthHttp(app, { publicUrl, allowedOrigins, docsPath: DOCS_PATH });
  app.use(app.get(Drain).middleware);
  serveOpenApi(app, publicUrl);
  return app;
}

/**
 * Starts the service.
 *
 * @throws StartFailure when a port cannot be listened on.
 */
export async function startService(settings: ServiceSettings): Promise<RunningService> {
  const { http, logger, graceMilliseconds } = settings;
  const app = await createService(settings);
  let served: AddressInfo | undefined;
  try {
    served = await serveMetrics(app, settings.metrics);
    await app.listen(http.port, http.host);
  } catch (error) {
    await app.close();
    throw listenFailure(error, http.port);
  }
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  logger.log('Listening', { address, port }, 'Service');
  if (served !== undefined) {
    logger.log('Serving metrics', { address: served.address, port: served.port }, 'Service');
  }

  return {
    address,
    port,
    metrics: served,
    stop: () => stopService(app, { graceMilliseconds, logger }),
  };
}

async function serveMetrics(
  app: NestExpressApplication,
  metrics: ListenAddress | undefined,
): Promise<AddressInfo | undefined> {
  if (metrics === undefined) return undefined;
  try {
    return await app.get(MetricsServer).listen(metrics.host, metrics.port);
  } catch (error) {
    throw listenFailure(error, metrics.port, METRICS_VARIABLES);
  }
}
