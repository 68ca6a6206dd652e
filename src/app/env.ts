import type { AuthOptions, DatabaseOptions, MailOptions } from '../config/auth-options';
import { parseMasterKey } from '../config/master-key';
import { parseHttpUrl, parseOrigin, parseRedirectRule } from '../config/urls';
import { parseCidrList } from '../context/trusted-proxies';
import type { MigrateSettings } from '../database/migrate';
import { parseSmtpConnection } from '../mail/smtp/smtp-connection';
import { canonicalEmailAddress } from '../users/email-address';
import { ADMIN_CREDENTIALS, readDatabaseUrl, readMigrateSettings } from './database-environment';
import { ConfigurationError, EnvironmentReader, type Variables } from './environment-reader';
import { OptionReader } from './option-reader';
import { VARIABLE_TABLE } from './variable-table';

/** `development` is asked for by name only; everything else is production. */
export type Mode = 'production' | 'development';

const { PORT, AUTH_HTTP_HOST, AUTH_METRICS_PORT, AUTH_METRICS_HOST } = VARIABLE_TABLE;
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
    host: reader.text('AUTH_HTTP_HOST') ?? AUTH_HTTP_HOST[mode],
    port: reader.integer('PORT', PORT.default, PORT.minimum, PORT.maximum),
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
  const host = reader.text('AUTH_METRICS_HOST') ?? AUTH_METRICS_HOST.default;
  if (reader.text('AUTH_METRICS_PORT') === undefined) return undefined;
  const { minimum, maximum } = AUTH_METRICS_PORT;
  const port = reader.integer('AUTH_METRICS_PORT', minimum, minimum, maximum);
  if (port !== 0 && port === publicPort) {
    throw new ConfigurationError('AUTH_METRICS_PORT must be another port than PORT');
  }

  return { host, port };
}

function readAuthOptions(
  reader: EnvironmentReader,
  mode: Mode,
  port: number,
): ServiceEnvironment['auth'] {
  const options = new OptionReader(reader);
  const masterKey = reader.required('AUTH_MASTER_KEY', MASTER_KEY_WANTED);
  reader.parsed('AUTH_MASTER_KEY', (key) => parseMasterKey(key, 'AUTH_MASTER_KEY'));
  // Port 0 means any free one, which nobody can be sent to.
  const localUrl = `http://localhost:${(port === 0 ? PORT.default : port).toString()}`;
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
      contextPolicy: options.contextPolicy('contextPolicy'),
      mail: readMail(reader, options, mode),
    }),
    database: {
      url: readDatabaseUrl(reader),
      ssl: options.onOrOff('database.ssl'),
      poolSize: options.number('database.poolSize'),
      preparedStatements: options.onOrOff('database.preparedStatements'),
    },
    magicLink: readMagicLink(options),
    session: readSession(options),
    cleanUp: readCleanUp(options),
  };
}

function readMagicLink(options: OptionReader): NonNullable<AuthOptions['magicLink']> {
  return {
    lifetimeSeconds: options.number('magicLink.lifetimeSeconds'),
    disableSignUp: options.onOrOff('magicLink.disableSignUp'),
    ...given({ contextPolicy: options.contextPolicy('magicLink.contextPolicy') }),
    addressAndNetworkLimit: options.limit('magicLink.addressAndNetworkLimit'),
    addressLimit: options.limit('magicLink.addressLimit'),
    networkLimit: options.limit('magicLink.networkLimit'),
    serviceLimit: options.limit('magicLink.serviceLimit'),
    verificationLimit: options.limit('magicLink.verificationLimit'),
    reportPauseSeconds: options.number('magicLink.reportPauseSeconds'),
  };
}

function readSession(options: OptionReader): NonNullable<AuthOptions['session']> {
  return {
    lifetimeSeconds: options.number('session.lifetimeSeconds'),
    rememberedLifetimeSeconds: options.number('session.rememberedLifetimeSeconds'),
    idleTimeoutSeconds: options.number('session.idleTimeoutSeconds'),
    maxPerUser: options.number('session.maxPerUser'),
    knownDeviceSeconds: options.number('session.knownDeviceSeconds'),
    maxDevicesPerUser: options.number('session.maxDevicesPerUser'),
    mismatchLimit: options.limit('session.mismatchLimit'),
    cacheEntries: options.number('session.cacheEntries'),
    ...given({ contextPolicy: options.contextPolicy('session.contextPolicy') }),
  };
}

function readCleanUp(options: OptionReader): NonNullable<AuthOptions['cleanUp']> {
  return {
    intervalSeconds: options.number('cleanUp.intervalSeconds'),
    linkRetentionSeconds: options.number('cleanUp.linkRetentionSeconds'),
    sessionRetentionSeconds: options.number('cleanUp.sessionRetentionSeconds'),
    mailRetentionSeconds: options.number('cleanUp.mailRetentionSeconds'),
  };
}

/** In development mail goes to the mailbox, unless a server is named. */
function readMail(
  reader: EnvironmentReader,
  options: OptionReader,
  mode: Mode,
): MailOptions | undefined {
  const dangerouslyAllowPlaintext = options.onOrOff('mail.dangerouslyAllowPlaintext');
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
