import type { ContextPolicy } from './context-policy-name';

// Defaults and bounds stand in option-table.ts. `@default` repeats them for editors, and a test says
// where it differs.

/** At most `limit` accepted attempts in any span of `windowSeconds`. */
export interface LimitOptions {
  /** `0` turns the limit off. */
  limit: number;
  windowSeconds: number;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` of the runtime role. */
  url: string;
  /** Whether the connection uses TLS, with the server's certificate verified. @default false */
  ssl?: boolean;
  /** Most connections that this process holds. @default 10 */
  poolSize?: number;
  /**
   * Whether connections keep statements prepared. Turn it off behind a pooler that hands a server
   * connection on after each transaction and does not keep track of them. @default true
   */
  preparedStatements?: boolean;
}

export interface MagicLinkOptions {
  /** How long a mailed link works. @default 900 */
  lifetimeSeconds?: number;
  /** Whether addresses without an account are refused at verification. @default false */
  disableSignUp?: boolean;
  /** @default the module's `contextPolicy` */
  contextPolicy?: ContextPolicy;
  /** Link requests for one address from one client network. @default 3 in 900 s */
  addressAndNetworkLimit?: LimitOptions;
  /** Link requests for one address from anywhere. @default 10 in 3,600 s */
  addressLimit?: LimitOptions;
  /** Link requests from one client network. @default 60 in 900 s */
  networkLimit?: LimitOptions;
  /** Link requests to the whole service. @default off (0 in 1 s) */
  serviceLimit?: LimitOptions;
  /** Verifications from one client network, and of one link. @default 60 in 60 s */
  verificationLimit?: LimitOptions;
  /** Wrong codes that the whole service answers. @default 1,000 in 3,600 s */
  wrongCodeLimit?: LimitOptions;
  /**
   * How long mails pause after one was reported; each further one doubles it, up to a day.
   * @default 3,600
   */
  reportPauseSeconds?: number;
}

export interface SessionOptions {
  /** Absolute lifetime. @default 86,400 */
  lifetimeSeconds?: number;
  /** Absolute lifetime where the person asked to remember the device. @default 2,592,000 */
  rememberedLifetimeSeconds?: number;
  /** Ends a session that was not used for so long; `0` is off. @default 0 */
  idleTimeoutSeconds?: number;
  /** Live sessions that one user may have; the oldest ends first. @default 20 */
  maxPerUser?: number;
  /** How long an account knows a device that nobody uses. @default 7,776,000 */
  knownDeviceSeconds?: number;
  /** Devices that one account knows; the one unused longest goes first. @default 20 */
  maxDevicesPerUser?: number;
  /** Suspicious mismatches of context that end a session; `0`: none do. @default 5 in 600 s */
  mismatchLimit?: LimitOptions;
  /** @default the module's `contextPolicy` */
  contextPolicy?: ContextPolicy;
  /**
   * Most sessions that this process keeps in memory, at about 1 KB each, so that checking one takes
   * no query; `0` turns that off. A revocation is seen within a second either way.
   * @default 50,000
   */
  cacheEntries?: number;
}

export interface MailOptions {
  /** The sender's address. */
  from: string;
  /** `smtp://user:password@host:port` or `smtps://…`. */
  smtpUrl: string;
  /**
   * Lets mail, and with it every link, travel unencrypted to a host that is not this machine.
   * @default false
   */
  dangerouslyAllowPlaintext?: boolean;
}

/** When what has expired is deleted. */
export interface CleanUpOptions {
  /** How long to wait between two runs; `0`: this process does none. @default 300 */
  intervalSeconds?: number;
  /** How long an unused link stands after it has expired. @default 604,800 */
  linkRetentionSeconds?: number;
  /** How long a session stands after it has expired, with the link it came of. @default 2,592,000 */
  sessionRetentionSeconds?: number;
  /** How long a mail stands in the outbox after it was sent or given up. @default 604,800 */
  mailRetentionSeconds?: number;
}

/** What a host gives to `AuthModule.forRoot`. */
export interface AuthOptions {
  /** Hexadecimal, at least 64 characters (32 bytes): all other keys are derived from it. */
  masterKey: string;
  /**
   * Previous master keys, and the next one before it signs: they verify and never sign.
   * @default none
   */
  acceptedMasterKeys?: readonly string[];
  /** Where people reach the service, such as `https://auth.example.com`. No path, no query. */
  publicUrl: string;
  /** The page that a mailed link opens. @default `{publicUrl}/auth/link` */
  linkUrl?: string;
  /** Exact origins that may call the API from a browser. @default the public URL's origin */
  allowedOrigins?: readonly string[];
  /** Where a sign-in may lead: exact origin plus path prefix. @default the public URL's origin */
  allowedRedirects?: readonly string[];
  /** Proxies, in CIDR notation, whose `X-Forwarded-For` is believed. @default none */
  trustedProxies?: readonly string[];
  /**
   * Which differences of context are refused, for links and sessions: `exact`, `strict`, `balanced` or
   * `observe` (docs/reference/owner-or-stranger.md#context-policy). @default 'strict'
   */
  contextPolicy?: ContextPolicy;
  /** How the module reaches PostgreSQL; leave it out when the host brings its own data source. */
  database?: DatabaseOptions;
  magicLink?: MagicLinkOptions;
  session?: SessionOptions;
  /** How mail is sent; leave it out when the host brings its own mailer. */
  mail?: MailOptions;
  /**
   * Whether this process sends the mails that are queued, its own and those of other processes on
   * the same database. Without it another process must: `npm run mail-worker`, or one of a host
   * that has it on. @default true
   */
  mailWorker?: boolean;
  cleanUp?: CleanUpOptions;
  /** Whether the hosted pages are served, so that mails may lead to them. @default true */
  pages?: boolean;
  /** Requests to the remaining `/auth` routes from one client network. @default 1,200 in 60 s */
  routeLimit?: LimitOptions;
}
