import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';

import type { AuthOptions } from '../config/auth-options';
import type { HostDataSource } from '../database/driver/data-source';
import type { MailTemplateOptions } from '../mail/content/mail-options';
import type { Mailer } from '../mail/mailer';

/** What a host application gives to the module. */
export interface AuthModuleOptions extends Omit<AuthOptions, 'pages'> {
  /**
   * The host's own data source, already initialised, instead of `database`. It is neither migrated
   * nor closed by the module.
   */
  dataSource?: HostDataSource;
  /** Sends the mails instead of `mail`. */
  mailer?: Mailer;
  /** How mails look and what they say. @default the product's own, in English and German */
  mailTemplates?: MailTemplateOptions;
}

/** What cannot wait for a factory: it decides which modules there are. */
export interface AuthModuleStructure {
  /** Whether the host serves the routes of docs/reference/http-api.md#endpoints. @default true */
  routes?: boolean;
  /** Whether the hosted pages are served with them, so that mails may lead there. @default as `routes` */
  pages?: boolean;
}

/** How the options are made when they depend on other providers of the host. */
export interface AuthModuleAsyncOptions extends AuthModuleStructure {
  imports?: ModuleMetadata['imports'];
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (...dependencies: never[]) => AuthModuleOptions | Promise<AuthModuleOptions>;
}

/** Injection token of the options as the host gave them. Private to the composition. */
export const AUTH_MODULE_OPTIONS = Symbol('AuthModuleOptions');
