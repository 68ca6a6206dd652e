import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';

import { Clock, SystemClock } from '../common/clock';
import { resolveAuthOptions } from '../config/resolve-options';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { ClientContextReader } from '../context/client-context.reader';
import { deviceCookieProfiles } from '../context/device-cookie';
import { AUTH_DATA_SOURCE, type HostDataSource } from '../database/driver/data-source';
import { HTTP_OPTIONS, type HttpOptions } from '../http/http-options';
import { MAIL_TEMPLATE_OPTIONS } from '../mail/content/mail-options';
import { HOST_MAILER } from '../mail/mailer';
import { PAGE_OPTIONS, type PageOptions } from '../pages/page-options';
import {
  AUTH_MODULE_OPTIONS,
  type AuthModuleAsyncOptions,
  type AuthModuleOptions,
} from './auth-module-options';
import { DataSourceLifecycle, openDataSource } from './data-source-lifecycle.service';

const providers: Provider[] = [
  { provide: Clock, useClass: SystemClock },
  {
    provide: AUTH_DATA_SOURCE,
    inject: [AUTH_MODULE_OPTIONS, RESOLVED_OPTIONS],
    useFactory: (given: AuthModuleOptions, options: ResolvedAuthOptions): Promise<HostDataSource> =>
      openDataSource(given.dataSource, options.database),
  },
  DataSourceLifecycle,
  {
    provide: HOST_MAILER,
    inject: [AUTH_MODULE_OPTIONS],
    useFactory: (options: AuthModuleOptions) => options.mailer,
  },
  {
    provide: MAIL_TEMPLATE_OPTIONS,
    inject: [AUTH_MODULE_OPTIONS],
    useFactory: (options: AuthModuleOptions) => options.mailTemplates ?? {},
  },
  {
    provide: PAGE_OPTIONS,
    inject: [AUTH_MODULE_OPTIONS],
    useFactory: ({ mailTemplates }: AuthModuleOptions): PageOptions =>
      mailTemplates?.productName === undefined ? {} : { productName: mailTemplates.productName },
  },
  {
    provide: HTTP_OPTIONS,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ allowedOrigins, publicUrl }: ResolvedAuthOptions): HttpOptions => ({
      allowedOrigins,
      publicUrl,
    }),
  },
  {
    provide: ClientContextReader,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ trustedProxies, publicUrl }: ResolvedAuthOptions) =>
      new ClientContextReader(trustedProxies, deviceCookieProfiles(publicUrl)),
  },
];

/**
 * What all feature modules share: the resolved options and the providers built from them. Because
 * this module is global, features can be plain static modules, of which Nest keeps one instance.
 */
@Global()
@Module({})
export class AuthCoreModule {
  /** @param pages whether the hosted pages are served. */
  static forRootAsync(
    options: Omit<AuthModuleAsyncOptions, 'routes' | 'pages'>,
    pages: boolean,
  ): DynamicModule {
    return {
      module: AuthCoreModule,
      imports: options.imports ?? [],
      providers: [
        {
          provide: AUTH_MODULE_OPTIONS,
          inject: options.inject ?? [],
          useFactory: options.useFactory,
        },
        {
          provide: RESOLVED_OPTIONS,
          inject: [AUTH_MODULE_OPTIONS],
          useFactory: (given: AuthModuleOptions) => resolveAuthOptions({ ...given, pages }),
        },
        ...providers,
      ],
      exports: [
        RESOLVED_OPTIONS,
        Clock,
        AUTH_DATA_SOURCE,
        HOST_MAILER,
        MAIL_TEMPLATE_OPTIONS,
        PAGE_OPTIONS,
        HTTP_OPTIONS,
        ClientContextReader,
      ],
    };
  }
}
