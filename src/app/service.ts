import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import type { AuthModuleOptions, AuthModuleStructure } from '../auth/auth.module';
import { SystemClock } from '../common/clock';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { configureAuthHttp } from '../http/configure-http';
import { AppModule } from './app.module';
import { Drain } from './drain';
import { accessLog } from './logging/access-log';
import { DOCS_PATH, serveOpenApi } from './openapi';
import { stopService } from './shutdown';
import { listenFailure } from './start-failure';

export interface ServiceSettings {
  readonly auth: AuthModuleOptions & AuthModuleStructure;
  readonly http: { readonly host: string; readonly port: number };
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
  imports,
}: Pick<ServiceSettings, 'auth' | 'logger' | 'imports'>): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(auth, imports), {
    logger,
    bodyParser: false,
    // Nest would end the process itself, with a dump.
    abortOnError: false,
  });
  const { publicUrl, allowedOrigins } = app.get<ResolvedAuthOptions>(RESOLVED_OPTIONS);
  app.use(accessLog(new SystemClock()));
  configureAuthHttp(app, { publicUrl, allowedOrigins, docsPath: DOCS_PATH });
  app.use(app.get(Drain).middleware);
  serveOpenApi(app, publicUrl);
  return app;
}

/**
 * Starts the service.
 *
 * @throws StartFailure when the port cannot be listened on.
 */
export async function startService(settings: ServiceSettings): Promise<RunningService> {
  const { http, logger, graceMilliseconds } = settings;
  const app = await createService(settings);
  try {
    await app.listen(http.port, http.host);
  } catch (error) {
    await app.close();
    throw listenFailure(error, http.port);
  }
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  logger.log('Listening', { address, port }, 'Service');
  return { address, port, stop: () => stopService(app, { graceMilliseconds, logger }) };
}
