import type { DatabaseOptions, LimitOptions, MagicLinkOptions, MailOptions } from './auth-options';
import type { CleanUpOptions, SessionOptions } from './auth-options';
import type { ContextPolicy } from './context-policy-name';

/** One entry of the redirect allow-list: any path at or below `pathPrefix` of `origin`. */
export interface RedirectRule {
  readonly origin: string;
  readonly pathPrefix: string;
}

export interface MasterKeys {
  /** The key that signs. */
  readonly current: Buffer;
  /** Keys that only verify. */
  readonly accepted: readonly Buffer[];
}

type Resolved<T> = { readonly [K in keyof T]-?: T[K] extends object ? Readonly<T[K]> : T[K] };

/** The options with every default filled in, validated and frozen. */
export interface ResolvedAuthOptions {
  readonly masterKeys: MasterKeys;
  /** Origin of the public URL, without a trailing slash. */
  readonly publicUrl: string;
  readonly linkUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedRedirects: readonly RedirectRule[];
  readonly trustedProxies: readonly string[];
  readonly database: Resolved<DatabaseOptions> | undefined;
  readonly magicLink: Resolved<Omit<MagicLinkOptions, LimitName>> & {
    readonly [K in LimitName]: Readonly<LimitOptions>;
  } & { readonly contextPolicy: ContextPolicy };
  readonly session: Resolved<Omit<SessionOptions, 'mismatchLimit'>> & {
    readonly mismatchLimit: Readonly<LimitOptions>;
  };
  readonly mail: Resolved<MailOptions> | undefined;
  /** Whether this process sends the mails that are queued. */
  readonly mailWorker: boolean;
  readonly cleanUp: Resolved<CleanUpOptions>;
  /** Whether the hosted pages are served. */
  readonly pages: boolean;
  readonly routeLimit: Readonly<LimitOptions>;
}

type LimitName =
  | 'addressAndNetworkLimit'
  | 'addressLimit'
  | 'networkLimit'
  | 'serviceLimit'
  | 'verificationLimit'
  | 'wrongCodeLimit';

/** Injection token of the resolved options. */
export const RESOLVED_OPTIONS = Symbol('ResolvedAuthOptions');
