import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';

import type { AuthOptions } from '../config/auth-options';
import type { HostDataSource } from '../database/driver/data-source';
import type { MailTemplateOptions } from '../mail/content/mail-options';
import type { Mailer } from '../mail/mailer';

/** The options that a host application passes to the module. */
export interface AuthModuleOptions extends Omit<AuthOptions, 'pages'> {
  /**
   * The host's own data source, already initialised, instead of `database`. The module neither
   * migrates nor closes it.
   */
  dataSource?: HostDataSource;
  /** The host's own mailer, instead of `mail`. */
  mailer?: Mailer;
  /** Appearance and texts of mails. @default the product's own, in English and German */
  mailTemplates?: MailTemplateOptions;
}

/** Options that must be known before a factory runs, because they decide which modules exist. */
export interface AuthModuleStructure {
  /** Whether the host serves the routes of docs/reference/http-api.md#endpoints. @default true */
  routes?: boolean;
  /** Whether the hosted pages are served too, so that mails can link to them. @default `routes` */
  pages?: boolean;
}

/** A factory for the options, for those that depend on other providers of the host. */
export interface AuthModuleAsyncOptions extends AuthModuleStructure {
  imports?: ModuleMetadata['imports'];
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (...dependencies: never[]) => AuthModuleOptions | Promise<AuthModuleOptions>;
}

/** Injection token of the options as the host passed them. Private to src/auth. */
export const AUTH_MODULE_OPTIONS = Symbol('AuthModuleOptions');
