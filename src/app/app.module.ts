import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { AuthModule, type AuthModuleOptions, type AuthModuleStructure } from '../auth/auth.module';
import { SessionGuard } from '../session/http/session.guard';
import { HealthController } from './health/health.controller';
import { ReadinessService } from './health/readiness.service';
import { Drain } from './process/drain.service';

/**
 * The standalone service: a host of `AuthModule` like any other, with health routes. Every route
 * wants a session that is not opened by `@Public()`.
 */
@Module({})
export class AppModule {
  /** @param imports modules of the mode that the service runs in. */
  static forRoot(
    options: AuthModuleOptions & AuthModuleStructure,
    imports: NonNullable<DynamicModule['imports']> = [],
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [AuthModule.forRoot(options), ...imports],
      controllers: [HealthController],
      providers: [Drain, ReadinessService, { provide: APP_GUARD, useExisting: SessionGuard }],
    };
  }
}
