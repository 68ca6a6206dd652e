import { type DynamicModule, Module } from '@nestjs/common';

import { CleanUpModule } from '../clean-up/clean-up.module';
import { MagicLinkModule } from '../magic-link/magic-link.module';
import { PagesModule } from '../pages/pages.module';
import { SessionGuard } from '../session/http/session.guard';
import { SessionModule } from '../session/session.module';
import { AuthCoreModule } from './auth-core.module';
import { AuthHttpModule } from './auth-http.module';
import type {
  AuthModuleAsyncOptions,
  AuthModuleOptions,
  AuthModuleStructure,
} from './auth-module-options';

export type {
  AuthModuleAsyncOptions,
  AuthModuleOptions,
  AuthModuleStructure,
} from './auth-module-options';

/**
 * Passwordless sign-in for a NestJS application. Import it once, in the root module; the session
 * guard can then be used everywhere.
 */
@Module({})
export class AuthModule {
  /** @throws TypeError while the application starts, naming the option that is wrong or missing. */
  static forRoot({
    routes = true,
    pages = routes,
    ...options
  }: AuthModuleOptions & AuthModuleStructure): DynamicModule {
    return AuthModule.forRootAsync({ routes, pages, useFactory: () => options });
  }

  /** The same with options that a factory of the host returns. */
  static forRootAsync({
    routes = true,
    pages = routes,
    ...options
  }: AuthModuleAsyncOptions): DynamicModule {
    const features = [SessionModule, MagicLinkModule];
    return {
      module: AuthModule,
      // Makes the dependencies of `SessionGuard` available in every module of the host.
      global: true,
      imports: [
        AuthCoreModule.forRootAsync(options, pages),
        ...features,
        CleanUpModule,
        ...(routes ? [AuthHttpModule] : []),
        ...(pages ? [PagesModule] : []),
      ],
      providers: [SessionGuard],
      exports: [SessionGuard, ...features],
    };
  }
}
