import { CONTEXT_POLICIES } from './context-policy-name';
import { type OptionRows, SECONDS_IN } from './option-row';

const { minutes: MINUTE, hours: HOUR, days: DAY } = SECONDS_IN;
const YEAR = 365 * DAY;

/** The smallest and largest values of every limit on attempts. */
export const LIMIT_BOUNDS = {
  limit: { minimum: 0, maximum: 1_000_000 },
  windowSeconds: { minimum: 1, maximum: DAY },
} as const;

/**
 * Every option of the module, by its path, with its default, its bounds and its variable. The code
 * reads them here, and `npm run docs:options` writes the tables of docs/options.md. Times are
 * seconds; `unit` is only the unit of the variable.
 *
 * After a change, also mend by hand `@default` in auth-options.ts, which a test compares, and the
 * contract in docs/reference/http-api.md, which none does. A variable that is no option of the module stands in
 * `src/app/variable-table.ts`.
 */
export const OPTION_TABLE = {
  masterKey: {
    variable: 'AUTH_MASTER_KEY',
    defaultInWords: 'required',
    text: '64 or more hexadecimal characters: `openssl rand -hex 32`',
  },
  acceptedMasterKeys: {
    variable: 'AUTH_MASTER_KEYS_ACCEPTED',
    defaultInWords: 'none',
    text: 'keys that verify and never sign; see below',
  },
  publicUrl: {
    variable: 'AUTH_PUBLIC_URL',
    defaultInWords: 'required; for the standalone service `http://localhost:{port}`',
    text: 'origin under which people reach the service',
  },
  linkUrl: {
    variable: 'AUTH_LINK_URL',
    defaultInWords: '`{publicUrl}/auth/link`',
    text: 'page that mailed links open',
  },
  allowedOrigins: {
    variable: 'AUTH_ALLOWED_ORIGINS',
    defaultInWords: "the public URL's origin",
    text: 'exact origins that may call the API from a browser',
  },
  allowedRedirects: {
    variable: 'AUTH_ALLOWED_REDIRECTS',
    defaultInWords: "the public URL's origin",
    text: 'origins with path prefixes that `redirect_to` may name',
  },
  trustedProxies: {
    variable: 'AUTH_TRUSTED_PROXIES',
    defaultInWords: 'none',
    text: 'networks whose `X-Forwarded-For` is believed',
  },
  contextPolicy: {
    variable: 'AUTH_CONTEXT_POLICY',
    default: 'strict',
    values: CONTEXT_POLICIES,
    text: 'how closely links and sessions are held to where they were made; see below',
  },

  'database.url': {
    variable: 'AUTH_DATABASE_URL',
    defaultInWords: 'required; the service: made of the five below',
    text: '`postgres://user:password@host:port/database`; replaces the five below',
  },
  'database.ssl': {
    variable: 'AUTH_DB_SSL',
    default: false,
    text: 'with the certificate verified',
  },
  'database.poolSize': {
    variable: 'AUTH_DB_POOL_SIZE',
    default: 10,
    minimum: 1,
    maximum: 1_000,
    text: 'most connections that a process holds',
  },
  'database.preparedStatements': {
    variable: 'AUTH_DB_PREPARED_STATEMENTS',
    default: true,
    text: 'see below',
  },
  dataSource: {
    defaultInWords: 'none',
    text: "the host's own initialised `DataSource`, in place of `database`",
  },

  'mail.smtpUrl': {
    variable: 'AUTH_SMTP_URL',
    defaultInWords: 'required; in development the mailbox',
    text: '`smtps://user:password@host:port`, or `smtp://…` with STARTTLS',
  },
  'mail.from': {
    variable: 'AUTH_MAIL_FROM',
    defaultInWords: 'required; in development only if `smtpUrl` is set',
    text: "the sender's address",
  },
  'mail.dangerouslyAllowPlaintext': {
    variable: 'AUTH_SMTP_DANGEROUSLY_ALLOW_PLAINTEXT',
    default: false,
    text: 'lets links travel unencrypted',
  },
  mailer: {
    defaultInWords: 'none',
    text: "the host's own `Mailer`, in place of `mail`",
  },

  'magicLink.lifetimeSeconds': {
    variable: 'AUTH_MAGIC_LINK_LIFETIME_MINUTES',
    unit: 'minutes',
    default: 15 * MINUTE,
    minimum: 1,
    maximum: DAY,
    text: 'set 10 where ASVS 6.5.5 is wanted',
  },
  'magicLink.disableSignUp': {
    variable: 'AUTH_DISABLE_SIGN_UP',
    default: false,
    text: 'refuses addresses without an account, after they have proven the mailbox',
  },
  'magicLink.contextPolicy': {
    variable: 'AUTH_LINK_CONTEXT_POLICY',
    defaultInWords: "the module's `contextPolicy`",
    values: CONTEXT_POLICIES,
    text: 'for links alone; see [below](#sessions-and-context)',
  },
  'magicLink.addressAndNetworkLimit': {
    variable: 'AUTH_MAGIC_LINK_RATE_LIMIT',
    windowVariable: 'AUTH_MAGIC_LINK_RATE_WINDOW',
    default: { limit: 3, windowSeconds: 15 * MINUTE },
    text: 'link requests per address and client network',
  },
  'magicLink.addressLimit': {
    variable: 'AUTH_MAGIC_LINK_ADDRESS_RATE_LIMIT',
    default: { limit: 10, windowSeconds: HOUR },
    text: 'per address from anywhere, except networks it has signed in from within 30 days',
  },
  'magicLink.networkLimit': {
    variable: 'AUTH_MAGIC_LINK_NETWORK_RATE_LIMIT',
    windowVariable: 'AUTH_MAGIC_LINK_RATE_WINDOW',
    default: { limit: 60, windowSeconds: 15 * MINUTE },
    text: 'per client network',
  },
  'magicLink.serviceLimit': {
    variable: 'AUTH_MAGIC_LINK_SERVICE_RATE_LIMIT',
    default: { limit: 0, windowSeconds: 1 },
    text: 'for the whole service',
  },
  'magicLink.verificationLimit': {
    variable: 'AUTH_VERIFY_RATE_LIMIT',
    default: { limit: 60, windowSeconds: MINUTE },
    text: 'verifications per client network, and per link',
  },
  'magicLink.wrongCodeLimit': {
    default: { limit: 1_000, windowSeconds: HOUR },
    text: 'wrong codes that the whole service answers',
  },
  'magicLink.reportPauseSeconds': {
    variable: 'AUTH_REPORT_PAUSE_MINUTES',
    default: HOUR,
    minimum: MINUTE,
    maximum: DAY,
    unit: 'minutes',
    text: 'how long mails pause after one was reported; each further one doubles it, up to a day',
  },
  routeLimit: {
    default: { limit: 1_200, windowSeconds: MINUTE },
    text: 'the other `/auth` routes, per client network',
  },

  'session.lifetimeSeconds': {
    variable: 'AUTH_SESSION_LIFETIME_HOURS',
    unit: 'hours',
    default: DAY,
    minimum: 1,
    maximum: YEAR,
    text: 'absolute',
  },
  'session.rememberedLifetimeSeconds': {
    variable: 'AUTH_REMEMBERED_SESSION_LIFETIME_HOURS',
    unit: 'hours',
    default: 30 * DAY,
    minimum: 1,
    maximum: YEAR,
    text: 'with `remember_device` and a device secret or a fingerprint',
  },
  'session.idleTimeoutSeconds': {
    variable: 'AUTH_SESSION_IDLE_MINUTES',
    unit: 'minutes',
    default: 0,
    minimum: 0,
    maximum: YEAR,
    text: 'ends a session that was not used for so long; `0` is off',
  },
  'session.maxPerUser': {
    variable: 'AUTH_MAX_SESSIONS_PER_USER',
    default: 20,
    minimum: 1,
    maximum: 1_000,
    text: 'the oldest ends first',
  },
  'session.knownDeviceSeconds': {
    variable: 'AUTH_KNOWN_DEVICE_DAYS',
    default: 90 * DAY,
    minimum: DAY,
    maximum: 10 * YEAR,
    unit: 'days',
    text: 'how long an account knows a device that nobody uses',
  },
  'session.maxDevicesPerUser': {
    variable: 'AUTH_MAX_DEVICES_PER_USER',
    default: 20,
    minimum: 1,
    maximum: 1_000,
    text: 'devices that an account knows; the one unused longest goes first',
  },
  'session.mismatchLimit': {
    variable: 'AUTH_SESSION_MISMATCH_LIMIT',
    windowVariable: 'AUTH_SESSION_MISMATCH_WINDOW',
    default: { limit: 5, windowSeconds: 10 * MINUTE },
    text: 'suspicious mismatches of context that end a session',
  },
  'session.contextPolicy': {
    variable: 'AUTH_SESSION_CONTEXT_POLICY',
    defaultInWords: "the module's `contextPolicy`",
    values: CONTEXT_POLICIES,
    text: 'for sessions alone; see below',
  },
  'session.cacheEntries': {
    variable: 'AUTH_SESSION_CACHE_ENTRIES',
    default: 50_000,
    minimum: 0,
    maximum: 10_000_000,
    text: 'sessions kept in memory, at about 1 KB each; `0` turns it off',
  },

  'cleanUp.intervalSeconds': {
    variable: 'AUTH_CLEAN_UP_INTERVAL_MINUTES',
    unit: 'minutes',
    default: 5 * MINUTE,
    minimum: 0,
    maximum: DAY,
    text: 'time between two runs in this process; `0`: this process does none, see [operations.md](operations.md#clean-up)',
  },
  'cleanUp.linkRetentionSeconds': {
    variable: 'AUTH_LINK_RETENTION_DAYS',
    unit: 'days',
    default: 7 * DAY,
    minimum: 0,
    maximum: 10 * YEAR,
    text: 'unused links, from when they expire; with less, "this wasn\'t me" works for less than its 7 days',
  },
  'cleanUp.sessionRetentionSeconds': {
    variable: 'AUTH_SESSION_RETENTION_DAYS',
    unit: 'days',
    default: 30 * DAY,
    minimum: 0,
    maximum: 10 * YEAR,
    text: 'sessions with the links they came of, from when they expire; for as long, the kind of browser of a client without a device secret is known, and a sign-in with it is not mailed as a new one',
  },
  'cleanUp.mailRetentionSeconds': {
    variable: 'AUTH_MAIL_RETENTION_DAYS',
    unit: 'days',
    default: 7 * DAY,
    minimum: 0,
    maximum: 10 * YEAR,
    text: 'mails in the outbox, from when they were sent or given up',
  },

  routes: { default: true, text: 'whether the host serves the routes of the API' },
  pages: {
    default: true,
    text: 'whether the hosted pages are served, so that mails may lead to them; `false` where `routes` is',
  },
  mailTemplates: {
    defaultInWords: "the product's own, in English and German",
    text: 'product name, colours, support address, texts, whole mails',
  },
  mailWorker: {
    default: true,
    text: 'whether this process sends the queued mails; `npm run mail-worker` does nothing else',
  },
} satisfies OptionRows;

/** The options whose row is of one kind. */
export type NameOf<Kind> = {
  [Name in keyof typeof OPTION_TABLE]: (typeof OPTION_TABLE)[Name] extends Kind ? Name : never;
}[keyof typeof OPTION_TABLE];
