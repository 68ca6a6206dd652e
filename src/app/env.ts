import type { AuthOptions, DatabaseOptions, MailOptions } from '../config/auth-options';
import { CONTEXT_POLICIES } from '../config/context-policy-name';
import { parseMasterKey } from '../config/master-key';
import { parseHttpUrl, parseOrigin, parseRedirectRule } from '../config/urls';
import { parseCidrList } from '../context/trusted-proxies';
import type { MigrateSettings } from '../database/migrate';
import { parseSmtpConnection } from '../mail/smtp/smtp-connection';
import { canonicalEmailAddress } from '../users/email-address';
import { ADMIN_CREDENTIALS, readDatabaseUrl, readMigrateSettings } from './database-environment';
import { ConfigurationError, EnvironmentReader, type Variables } from './environment-reader';

/** `development` is asked for by name only; everything else is production. */
export type Mode = 'production' | 'development';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DEFAULT_PORT = 3000;
const ADMIN_KEYS_WANTED = 'a comma-separated list of name:scopes:sha256-of-the-key';
const MASTER_KEY_WANTED = 'a random key of at least 64 hexadecimal characters';

/** Everything that the standalone service is told by its environment. */
export interface ServiceEnvironment {
  readonly auth: AuthOptions & { readonly database: DatabaseOptions };
  readonly http: { readonly host: string; readonly port: number };
  /** Where the metrics are served, if they are. */
  readonly metrics?: ServiceEnvironment['http'];
  /** What is allowed and probably not meant: one line each, without values. */
  readonly warnings: readonly string[];
}

/**
 * Reads the service's variables (docs/reference/http-api.md#environment): lifetimes are minutes and
 * hours there, and seconds in the options.
 *
 * @param mode in production a master key and a way to send mail are required, and credentials of
 *   the admin role are pointed out.
 * @throws ConfigurationError with one line that names the variable and says what is wanted.
 */
export function readEnvironment(variables: Variables, mode: Mode): ServiceEnvironment {
  const reader = new EnvironmentReader(variables);
  const http = readHttp(reader, mode);
  const metrics = readMetrics(reader, http.port);
  const auth = readAuthOptions(reader, mode, http.port);
  const adminKeys = reader.parsedList('AUTH_ADMIN_API_KEYS', checkAdminKey, ADMIN_KEYS_WANTED);
  reader.ignore('AUTH_DB_ADMIN_USER', ...ADMIN_CREDENTIALS);
  const warnings = [
    ...(mode === 'production' ? productionWarnings(variables) : []),
    ...(mode === 'development' && metrics !== undefined
      ? ['AUTH_METRICS_PORT is ignored: npm start serves no metrics']
      : []),
    ...(adminKeys === undefined
      ? []
      : ['AUTH_ADMIN_API_KEYS is ignored: this version has no admin routes']),
    ...reader.unknown('AUTH_').map((name) => `${name} is not a variable of this service`),
  ];
  const isServed = mode === 'production' && metrics !== undefined;
  return { auth, http, ...(isServed && { metrics }), warnings };
}

/**
 * Reads this process's own variables for a service in production, and removes the admin role's
 * credentials from them: a serving process never holds those (docs/reference/security.md#roles).
 *
 * @throws ConfigurationError as {@link readEnvironment}.
 */
export function takeProductionEnvironment(): ServiceEnvironment {
  const environment = readEnvironment(process.env, 'production');
  for (const name of ADMIN_CREDENTIALS) Reflect.deleteProperty(process.env, name);
  return environment;
}

/**
 * Reads what the commands that migrate are told: the admin role's URL, and the runtime role to
 * grant to.
 *
 * @throws ConfigurationError as {@link readEnvironment}.
 */
export function readMigrationEnvironment(variables: Variables): Required<MigrateSettings> {
  return readMigrateSettings(new EnvironmentReader(variables));
}

/** @throws TypeError */
function checkAdminKey(entry: string): void {
  if (!/^[^:]+:[^:]+:[0-9a-f]{64}$/i.test(entry)) throw new TypeError('not an admin key');
}

function readHttp(reader: EnvironmentReader, mode: Mode): ServiceEnvironment['http'] {
  return {
    host: reader.text('AUTH_HTTP_HOST') ?? (mode === 'development' ? '127.0.0.1' : '0.0.0.0'),
    port: reader.integer('PORT', DEFAULT_PORT, 0, 65_535),
  };
}

/**
 * Metrics are off unless they are given a port, and only this machine reaches it unless told
 * otherwise (docs/reference/http-api.md#operation: never on the public port).
 */
function readMetrics(
  reader: EnvironmentReader,
  publicPort: number,
): ServiceEnvironment['metrics'] | undefined {
  const host = reader.text('AUTH_METRICS_HOST') ?? '127.0.0.1';
  if (reader.text('AUTH_METRICS_PORT') === undefined) return undefined;
  const port = reader.integer('AUTH_METRICS_PORT', 0, 0, 65_535);
  if (port !== 0 && port === publicPort)
    throw new ConfigurationError('AUTH_METRICS_PORT must be another port than PORT');

  return { host, port };
}

function readAuthOptions(
  reader: EnvironmentReader,
  mode: Mode,
  port: number,
): ServiceEnvironment['auth'] {
  const masterKey = reader.required('AUTH_MASTER_KEY', MASTER_KEY_WANTED);
  reader.parsed('AUTH_MASTER_KEY', (key) => parseMasterKey(key, 'AUTH_MASTER_KEY'));
  // Port 0 means any free one, which nobody can be sent to.
  const localUrl = `http://localhost:${(port === 0 ? DEFAULT_PORT : port).toString()}`;
  return {
    masterKey,
    publicUrl: reader.parsed('AUTH_PUBLIC_URL', named('AUTH_PUBLIC_URL', parseOrigin)) ?? localUrl,
    ...given({
      acceptedMasterKeys: checkedList(reader, 'AUTH_MASTER_KEYS_ACCEPTED', parseMasterKey),
      linkUrl: reader.parsed('AUTH_LINK_URL', named('AUTH_LINK_URL', parseHttpUrl)),
      allowedOrigins: checkedList(reader, 'AUTH_ALLOWED_ORIGINS', parseOrigin),
      allowedRedirects: checkedList(reader, 'AUTH_ALLOWED_REDIRECTS', parseRedirectRule),
      trustedProxies: checkedList(
        reader,
        'AUTH_TRUSTED_PROXIES',
        (block) => parseCidrList([block]),
        'a comma-separated list of networks such as 10.0.0.0/8, and none of all addresses',
      ),
      contextPolicy: reader.oneOf('AUTH_CONTEXT_POLICY', CONTEXT_POLICIES),
      mail: readMail(reader, mode),
    }),
    database: {
      url: readDatabaseUrl(reader),
      ssl: reader.boolean('AUTH_DB_SSL'),
      poolSize: reader.integer('AUTH_DB_POOL_SIZE', 10, 1, 1_000),
      preparedStatements: reader.boolean('AUTH_DB_PREPARED_STATEMENTS', true),
    },
    magicLink: readMagicLink(reader),
    session: readSession(reader),
    cleanUp: readCleanUp(reader),
  };
}

function readMagicLink(reader: EnvironmentReader): NonNullable<AuthOptions['magicLink']> {
  const limit = (name: string, fallback: number): number =>
    reader.integer(name, fallback, 0, 1_000_000);
  const windowSeconds = reader.integer('AUTH_MAGIC_LINK_RATE_WINDOW', 900, 1, 86_400);
  return {
    lifetimeSeconds: reader.integer('AUTH_MAGIC_LINK_LIFETIME_MINUTES', 15, 1, 1_440) * MINUTE,
    disableSignUp: reader.boolean('AUTH_DISABLE_SIGN_UP'),
    ...given({ contextPolicy: reader.oneOf('AUTH_LINK_CONTEXT_POLICY', CONTEXT_POLICIES) }),
    addressAndNetworkLimit: { limit: limit('AUTH_MAGIC_LINK_RATE_LIMIT', 3), windowSeconds },
    addressLimit: { limit: limit('AUTH_MAGIC_LINK_ADDRESS_RATE_LIMIT', 10), windowSeconds: HOUR },
    networkLimit: { limit: limit('AUTH_MAGIC_LINK_NETWORK_RATE_LIMIT', 60), windowSeconds },
    serviceLimit: { limit: limit('AUTH_MAGIC_LINK_SERVICE_RATE_LIMIT', 0), windowSeconds: 1 },
    verificationLimit: { limit: limit('AUTH_VERIFY_RATE_LIMIT', 60), windowSeconds: MINUTE },
  };
}

function readSession(reader: EnvironmentReader): NonNullable<AuthOptions['session']> {
  const hours = (name: string, fallback: number): number =>
    reader.integer(name, fallback, 1, 8_760) * HOUR;
  return {
    lifetimeSeconds: hours('AUTH_SESSION_LIFETIME_HOURS', 24),
    rememberedLifetimeSeconds: hours('AUTH_REMEMBERED_SESSION_LIFETIME_HOURS', 720),
    idleTimeoutSeconds: reader.integer('AUTH_SESSION_IDLE_MINUTES', 0, 0, 525_600) * MINUTE,
    maxPerUser: reader.integer('AUTH_MAX_SESSIONS_PER_USER', 20, 1, 1_000),
    cacheEntries: reader.integer('AUTH_SESSION_CACHE_ENTRIES', 50_000, 0, 10_000_000),
    ...given({ contextPolicy: reader.oneOf('AUTH_SESSION_CONTEXT_POLICY', CONTEXT_POLICIES) }),
  };
}

function readCleanUp(reader: EnvironmentReader): NonNullable<AuthOptions['cleanUp']> {
  const days = (name: string, fallback: number): number =>
    reader.integer(name, fallback, 0, 3_650) * DAY;
  return {
    intervalSeconds: reader.integer('AUTH_CLEAN_UP_INTERVAL_MINUTES', 5, 0, 1_440) * MINUTE,
    linkRetentionSeconds: days('AUTH_LINK_RETENTION_DAYS', 7),
    sessionRetentionSeconds: days('AUTH_SESSION_RETENTION_DAYS', 30),
    mailRetentionSeconds: days('AUTH_MAIL_RETENTION_DAYS', 7),
  };
}

/** In development mail goes to the mailbox, unless a server is named. */
function readMail(reader: EnvironmentReader, mode: Mode): MailOptions | undefined {
  const dangerouslyAllowPlaintext = reader.boolean('AUTH_SMTP_DANGEROUSLY_ALLOW_PLAINTEXT');
  const urlForm = 'smtp://user:password@host:port or smtps://user:password@host:port';
  const smtpUrl = reader.text('AUTH_SMTP_URL');
  const check = (url: string): unknown =>
    parseSmtpConnection({ smtpUrl: url, dangerouslyAllowPlaintext });
  reader.parsed('AUTH_SMTP_URL', check, urlForm);
  const addressForm = 'one plain address such as no-reply@example.com';
  const from = reader.parsed('AUTH_MAIL_FROM', canonicalEmailAddress, addressForm);
  if (mode === 'development' && smtpUrl === undefined) return undefined;
  return {
    smtpUrl: smtpUrl ?? reader.required('AUTH_SMTP_URL', urlForm),
    from: from ?? reader.required('AUTH_MAIL_FROM', addressForm),
    dangerouslyAllowPlaintext,
  };
}

function productionWarnings(variables: Variables): string[] {
  const held = ADMIN_CREDENTIALS.filter((name) => variables[name] !== undefined);
  return [
    ...held.map((name) => `${name} is ignored: the serving process must not hold it`),
    ...(variables['AUTH_PUBLIC_URL'] === undefined
      ? ['AUTH_PUBLIC_URL is not set: mailed links lead to localhost']
      : []),
  ];
}

/** Checks every entry of a list, and returns the list as it was written. */
function checkedList(
  reader: EnvironmentReader,
  name: string,
  parse: (entry: string, name: string) => unknown,
  wanted?: string,
): string[] | undefined {
  return reader.parsedList(
    name,
    (entry) => {
      parse(entry, `each entry of ${name}`);
      return entry;
    },
    wanted,
  );
}

function named<T>(name: string, parse: (value: string, name: string) => T): (value: string) => T {
  return (value) => parse(value, name);
}

/** Leaves out what is `undefined`, so that the option's own default holds. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export type { Variables };
