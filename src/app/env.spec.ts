import fc from 'fast-check';

import { defaultsOf } from '../../test/support/option-defaults';
import { OPTION_TABLE } from '../config/option-table';
import {
  type Mode,
  readEnvironment,
  readMigrationEnvironment,
  takeProductionEnvironment,
  type Variables,
} from './env';
import { ConfigurationError } from './environment-reader';
import { VARIABLE_TABLE } from './variable-table';

const KEY = '0123456789abcdef'.repeat(4);
const OTHER_KEY = 'fedcba9876543210'.repeat(4);

const PRODUCTION = {
  AUTH_MASTER_KEY: KEY,
  AUTH_SMTP_URL: 'smtps://user:password@mail.example.com',
  AUTH_MAIL_FROM: 'no-reply@example.com',
  AUTH_PUBLIC_URL: 'https://auth.example.com',
};

const read = (variables: Variables, mode: Mode = 'production') =>
  readEnvironment({ ...PRODUCTION, ...variables }, mode);

function failureOf(work: () => unknown): ConfigurationError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const VARIABLES = [
  'AUTH_MASTER_KEY',
  'AUTH_MASTER_KEYS_ACCEPTED',
  'AUTH_DATABASE_URL',
  'AUTH_DB_HOST',
  'AUTH_DB_PORT',
  'AUTH_DB_NAME',
  'AUTH_DB_USER',
  'AUTH_DB_PASSWORD',
  'AUTH_DB_SSL',
  'PORT',
  'AUTH_HTTP_HOST',
  'AUTH_METRICS_PORT',
  'AUTH_METRICS_HOST',
  'AUTH_PUBLIC_URL',
  'AUTH_LINK_URL',
  'AUTH_ALLOWED_ORIGINS',
  'AUTH_ALLOWED_REDIRECTS',
  'AUTH_TRUSTED_PROXIES',
  'AUTH_SMTP_URL',
  'AUTH_MAIL_FROM',
  'AUTH_VERIFY_RATE_LIMIT',
  'AUTH_CONTEXT_POLICY',
  'AUTH_DISABLE_SIGN_UP',
];

describe('the environment of the service', () => {
  it('has the defaults of the contract, in the units of the options', () => {
    expect(readEnvironment({ AUTH_MASTER_KEY: KEY }, 'development')).toEqual({
      auth: {
        masterKey: KEY,
        publicUrl: 'http://localhost:3000',
        database: {
          ...defaultsOf('database', 'variable'),
          url: 'postgres://mira_app@localhost:5432/auth_db',
        },
        magicLink: defaultsOf('magicLink', 'variable'),
        session: defaultsOf('session', 'variable'),
        cleanUp: defaultsOf('cleanUp', 'variable'),
      },
      http: { host: '127.0.0.1', port: 3000 },
      warnings: [],
    });
  });

  it('hands every variable on to the option that it names', () => {
    const { auth, http } = read({
      AUTH_MASTER_KEYS_ACCEPTED: ` ${OTHER_KEY} , ${KEY}`,
      AUTH_DATABASE_URL: 'postgresql://app:p%40ss@db.example.com/service',
      AUTH_DB_SSL: 'true',
      AUTH_DB_POOL_SIZE: '7',
      AUTH_DB_PREPARED_STATEMENTS: 'false',
      PORT: '8080',
      AUTH_HTTP_HOST: '::1',
      AUTH_LINK_URL: 'https://app.example.com/open',
      AUTH_ALLOWED_ORIGINS: 'https://app.example.com, https://other.example.com',
      AUTH_ALLOWED_REDIRECTS: 'https://app.example.com/in',
      AUTH_TRUSTED_PROXIES: '10.0.0.0/8,2001:db8::/32',
      AUTH_SMTP_DANGEROUSLY_ALLOW_PLAINTEXT: 'true',
      AUTH_MAGIC_LINK_RATE_LIMIT: '4',
      AUTH_MAGIC_LINK_RATE_WINDOW: '600',
      AUTH_MAGIC_LINK_ADDRESS_RATE_LIMIT: '11',
      AUTH_MAGIC_LINK_NETWORK_RATE_LIMIT: '0',
      AUTH_MAGIC_LINK_SERVICE_RATE_LIMIT: '50',
      AUTH_VERIFY_RATE_LIMIT: '61',
      AUTH_MAGIC_LINK_LIFETIME_MINUTES: '10',
      AUTH_SESSION_LIFETIME_HOURS: '8',
      AUTH_REMEMBERED_SESSION_LIFETIME_HOURS: '100',
      AUTH_SESSION_IDLE_MINUTES: '30',
      AUTH_MAX_SESSIONS_PER_USER: '5',
      AUTH_KNOWN_DEVICE_DAYS: '30',
      AUTH_MAX_DEVICES_PER_USER: '6',
      AUTH_SESSION_MISMATCH_LIMIT: '3',
      AUTH_SESSION_MISMATCH_WINDOW: '120',
      AUTH_REPORT_PAUSE_MINUTES: '15',
      AUTH_SESSION_CACHE_ENTRIES: '0',
      AUTH_CLEAN_UP_INTERVAL_MINUTES: '0',
      AUTH_LINK_RETENTION_DAYS: '1',
      AUTH_SESSION_RETENTION_DAYS: '2',
      AUTH_MAIL_RETENTION_DAYS: '3',
      AUTH_CONTEXT_POLICY: 'balanced',
      AUTH_LINK_CONTEXT_POLICY: 'strict',
      AUTH_SESSION_CONTEXT_POLICY: 'observe',
      AUTH_DISABLE_SIGN_UP: 'true',
    });
    expect(http).toEqual({ host: '::1', port: 8080 });
    expect(auth).toEqual({
      masterKey: KEY,
      acceptedMasterKeys: [OTHER_KEY, KEY],
      publicUrl: 'https://auth.example.com',
      linkUrl: 'https://app.example.com/open',
      allowedOrigins: ['https://app.example.com', 'https://other.example.com'],
      allowedRedirects: ['https://app.example.com/in'],
      trustedProxies: ['10.0.0.0/8', '2001:db8::/32'],
      contextPolicy: 'balanced',
      mail: {
        smtpUrl: PRODUCTION.AUTH_SMTP_URL,
        from: 'no-reply@example.com',
        dangerouslyAllowPlaintext: true,
      },
      database: {
        url: 'postgres://app:p%40ss@db.example.com:5432/service',
        ssl: true,
        poolSize: 7,
        preparedStatements: false,
      },
      magicLink: {
        lifetimeSeconds: 600,
        disableSignUp: true,
        contextPolicy: 'strict',
        addressAndNetworkLimit: { limit: 4, windowSeconds: 600 },
        addressLimit: { limit: 11, windowSeconds: 3_600 },
        networkLimit: { limit: 0, windowSeconds: 600 },
        serviceLimit: { limit: 50, windowSeconds: 1 },
        verificationLimit: { limit: 61, windowSeconds: 60 },
        reportPauseSeconds: 900,
      },
      session: {
        lifetimeSeconds: 28_800,
        rememberedLifetimeSeconds: 360_000,
        idleTimeoutSeconds: 1_800,
        maxPerUser: 5,
        knownDeviceSeconds: 2_592_000,
        maxDevicesPerUser: 6,
        mismatchLimit: { limit: 3, windowSeconds: 120 },
        cacheEntries: 0,
        contextPolicy: 'observe',
      },
      cleanUp: {
        intervalSeconds: 0,
        linkRetentionSeconds: 86_400,
        sessionRetentionSeconds: 172_800,
        mailRetentionSeconds: 259_200,
      },
    });
  });

  it.each(['AUTH_MASTER_KEY', 'AUTH_SMTP_URL', 'AUTH_MAIL_FROM'])(
    'must name %s in production',
    (name) => {
      const { message } = failureOf(() => read({ [name]: undefined }));
      expect(message).toMatch(new RegExp(`^${name} is missing: set it to `));
    },
  );

  it('needs no mail server in development, but a sender as soon as it names one', () => {
    const noServer = { AUTH_SMTP_URL: undefined, AUTH_MAIL_FROM: undefined };
    expect(read(noServer, 'development').auth.mail).toBeUndefined();
    const noSender = { AUTH_MAIL_FROM: undefined };
    expect(failureOf(() => read(noSender, 'development')).message).toMatch(/^AUTH_MAIL_FROM /);
  });

  it('listens on all addresses in production, and on this machine only in development', () => {
    expect(read({}).http.host).toBe('0.0.0.0');
    expect(read({}, 'development').http.host).toBe('127.0.0.1');
  });

  it('serves metrics on a port of their own, to this machine, and only when given one', () => {
    expect(read({ AUTH_METRICS_HOST: '0.0.0.0' })).not.toHaveProperty('metrics');
    expect(read({ AUTH_METRICS_PORT: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    const everywhere = { AUTH_METRICS_PORT: '0', AUTH_METRICS_HOST: '0.0.0.0', PORT: '0' };
    expect(read(everywhere).metrics).toEqual({ host: '0.0.0.0', port: 0 });
  });

  it('serves no metrics in development, and points out that they were asked for', () => {
    const environment = read({ AUTH_METRICS_PORT: '9464' }, 'development');
    expect(environment).not.toHaveProperty('metrics');
    expect(environment.warnings).toEqual([
      'AUTH_METRICS_PORT is ignored: npm start serves no metrics',
    ]);
  });

  it('leads people to the port that it listens on, unless it is told otherwise', () => {
    const { auth } = read({ PORT: '4000', AUTH_PUBLIC_URL: undefined }, 'development');
    expect(auth.publicUrl).toBe('http://localhost:4000');
  });

  it.each([
    ['AUTH_MASTER_KEY', 'canary'],
    ['AUTH_MASTER_KEY', '00'.repeat(32)],
    ['AUTH_MASTER_KEYS_ACCEPTED', `${KEY},`],
    ['AUTH_MASTER_KEYS_ACCEPTED', `${KEY},canary`],
    ['AUTH_DATABASE_URL', 'mysql://a:canary@b/c'],
    ['AUTH_DATABASE_URL', 'postgres://a:canary@b'],
    ['AUTH_DATABASE_URL', 'postgres://b/c'],
    ['AUTH_DATABASE_URL', 'postgres://a:canary@b/c?sslmode=require'],
    ['AUTH_DATABASE_URL', 'postgres://a:canary%@b/c'],
    ['AUTH_DB_HOST', 'canary/socket'],
    ['AUTH_DB_HOST', 'canary@host'],
    ['AUTH_DB_PORT', '0'],
    ['AUTH_DB_NAME', ' '],
    ['AUTH_DB_PASSWORD', ''],
    ['AUTH_DB_PASSWORD', 'canary\nsecond line'],
    ['AUTH_DB_SSL', 'yes'],
    ['AUTH_DB_SSL', 'TRUE'],
    ['AUTH_DB_POOL_SIZE', '0'],
    ['PORT', '65536'],
    ['PORT', '3e3'],
    ['PORT', '-1'],
    ['PORT', ' 3000'],
    ['PORT', '٣٠٠٠'],
    ['AUTH_METRICS_PORT', '65536'],
    ['AUTH_METRICS_PORT', '9464/metrics'],
    ['AUTH_METRICS_PORT', '3000'],
    ['AUTH_METRICS_HOST', ''],
    ['AUTH_PUBLIC_URL', 'https://canary.example/path'],
    ['AUTH_PUBLIC_URL', 'canary'],
    ['AUTH_LINK_URL', 'https://canary.example/#x'],
    ['AUTH_ALLOWED_ORIGINS', 'https://canary.example,'],
    ['AUTH_ALLOWED_ORIGINS', '*'],
    ['AUTH_ALLOWED_REDIRECTS', 'javascript:canary'],
    ['AUTH_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['AUTH_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['AUTH_TRUSTED_PROXIES', 'true'],
    ['AUTH_SMTP_URL', 'https://canary.example'],
    ['AUTH_SMTP_URL', 'smtp://u:canary@host?secure=false'],
    ['AUTH_MAIL_FROM', 'Canary <canary@example.com>'],
    ['AUTH_SMTP_DANGEROUSLY_ALLOW_PLAINTEXT', '1'],
    ['AUTH_MAGIC_LINK_RATE_LIMIT', '-3'],
    ['AUTH_MAGIC_LINK_RATE_WINDOW', '0'],
    ['AUTH_MAGIC_LINK_ADDRESS_RATE_LIMIT', 'ten'],
    ['AUTH_MAGIC_LINK_NETWORK_RATE_LIMIT', '1.5'],
    ['AUTH_MAGIC_LINK_SERVICE_RATE_LIMIT', '0x10'],
    ['AUTH_VERIFY_RATE_LIMIT', '1000001'],
    ['AUTH_MAGIC_LINK_LIFETIME_MINUTES', '0'],
    ['AUTH_MAGIC_LINK_LIFETIME_MINUTES', '1441'],
    ['AUTH_SESSION_LIFETIME_HOURS', '0'],
    ['AUTH_REMEMBERED_SESSION_LIFETIME_HOURS', '8761'],
    ['AUTH_SESSION_IDLE_MINUTES', '99999999999999999999'],
    ['AUTH_MAX_SESSIONS_PER_USER', '0'],
    ['AUTH_SESSION_CACHE_ENTRIES', '-1'],
    ['AUTH_CLEAN_UP_INTERVAL_MINUTES', '1441'],
    ['AUTH_LINK_RETENTION_DAYS', '7d'],
    ['AUTH_SESSION_RETENTION_DAYS', '3651'],
    ['AUTH_MAIL_RETENTION_DAYS', '-1'],
    ['AUTH_CONTEXT_POLICY', 'Strict'],
    ['AUTH_LINK_CONTEXT_POLICY', 'canary'],
    ['AUTH_SESSION_CONTEXT_POLICY', 'none'],
    ['AUTH_DISABLE_SIGN_UP', 'on'],
    ['AUTH_ADMIN_API_KEYS', 'canary'],
    ['AUTH_ADMIN_API_KEYS', `ops:read:${'0'.repeat(64)},ops:canary`],
  ])('is refused with one line that names %s and not its value (%j)', (name, value) => {
    const { message } = failureOf(() => read({ [name]: value }));
    expect(message).toMatch(new RegExp(`\\b${name}\\b`));
    expect(message).not.toMatch(/\n|canary|second line/i);
  });

  it('never repeats a value, whatever it is', () => {
    const values = fc.string({ minLength: 12, maxLength: 40, unit: 'binary' });
    fc.assert(
      fc.property(fc.constantFrom(...VARIABLES), values, (name, value) => {
        try {
          read({ [name]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          expect((error as Error).message).toContain(name);
          expect((error as Error).message).not.toContain(value);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
    );
  });

  it('points out what was misspelt, by name', () => {
    const { warnings } = read({ AUTH_CONTEXT_POLICIES: 'canary' });
    expect(warnings).toEqual(['AUTH_CONTEXT_POLICIES is not a variable of this service']);
  });

  it('points out keys of routes that are not there', () => {
    const { warnings } = read({ AUTH_ADMIN_API_KEYS: `ops:read:${'0'.repeat(64)}` });
    expect(warnings).toEqual(['AUTH_ADMIN_API_KEYS is ignored: this version has no admin routes']);
  });

  it('points out credentials of the admin role in production only', () => {
    const held = { AUTH_DATABASE_ADMIN_URL: 'canary', AUTH_DB_ADMIN_PASSWORD: 'canary' };
    expect(read(held).warnings).toEqual([
      'AUTH_DATABASE_ADMIN_URL is ignored: the serving process must not hold it',
      'AUTH_DB_ADMIN_PASSWORD is ignored: the serving process must not hold it',
    ]);
    expect(read(held, 'development').warnings).toEqual([]);
  });

  it('loses the credentials of the admin role when the service takes it', () => {
    const before = process.env;
    const held = { AUTH_DATABASE_ADMIN_URL: 'canary', AUTH_DB_ADMIN_PASSWORD: 'canary' };
    process.env = { ...PRODUCTION, ...held };
    try {
      expect(takeProductionEnvironment().warnings).toHaveLength(2);
      expect(process.env).toEqual(PRODUCTION);
    } finally {
      process.env = before;
    }
  });

  it('points out in production that mailed links would lead to localhost', () => {
    const { warnings } = read({ AUTH_PUBLIC_URL: undefined });
    expect(warnings).toEqual(['AUTH_PUBLIC_URL is not set: mailed links lead to localhost']);
  });
});

describe('the database in the environment', () => {
  it('may have any user and any password', () => {
    const name = fc
      .string({ minLength: 1, unit: 'grapheme-ascii' })
      .filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(name, name, (user, password) => {
        const { url } = read({ AUTH_DB_USER: user, AUTH_DB_PASSWORD: password }).auth.database;
        const parsed = new URL(url);
        expect(decodeURIComponent(parsed.username)).toBe(user);
        expect(decodeURIComponent(parsed.password)).toBe(password);
        expect(parsed.host).toBe('localhost:5432');
      }),
    );
  });

  it('may be reached by an IPv6 address', () => {
    const { url } = read({ AUTH_DB_HOST: '::1', AUTH_DB_PORT: '5433' }).auth.database;
    expect(url).toBe('postgres://mira_app@[::1]:5433/auth_db');
  });

  it('is named by its URL alone when there is one', () => {
    const given = { AUTH_DATABASE_URL: 'postgres://a:b@c:1/d', AUTH_DB_PORT: 'nonsense' };
    expect(read(given).auth.database.url).toBe('postgres://a:b@c:1/d');
  });
});

describe('the environment of the migrations', () => {
  it('reaches the same database as the admin role and grants to the runtime role', () => {
    const variables = { AUTH_DB_HOST: 'db', AUTH_DB_USER: 'app', AUTH_DB_ADMIN_PASSWORD: 'a/b' };
    expect(readMigrationEnvironment(variables)).toEqual({
      adminUrl: 'postgres://mira_admin:a%2Fb@db:5432/auth_db',
      runtimeRole: 'app',
      ssl: false,
    });
  });

  it('takes the admin URL instead, and the runtime role from the runtime URL', () => {
    const variables = {
      AUTH_DATABASE_ADMIN_URL: 'postgres://root:secret@db:5433/service',
      AUTH_DATABASE_URL: 'postgres://runner:secret@db:5433/service',
      AUTH_DB_SSL: 'true',
    };
    expect(readMigrationEnvironment(variables)).toEqual({
      adminUrl: 'postgres://root:secret@db:5433/service',
      runtimeRole: 'runner',
      ssl: true,
    });
  });

  it('is refused with a line that names the variable', () => {
    const { message } = failureOf(() =>
      readMigrationEnvironment({ AUTH_DATABASE_ADMIN_URL: 'canary' }),
    );
    expect(message).toBe(
      'AUTH_DATABASE_ADMIN_URL must be postgres://user:password@host:port/database, without a query',
    );
  });
});

describe('the variables of the tables', () => {
  /** The names that are asked for of an environment. */
  function namesRead(work: (variables: Variables) => unknown): string[] {
    const names = new Set<string>();
    const given: Variables = PRODUCTION;
    work(
      new Proxy(given, {
        get: (variables, name: string) => {
          names.add(name);
          return variables[name];
        },
      }),
    );
    return [...names];
  }

  it('are all that is read, and each of them is', () => {
    const ofOptions = Object.values<object>(OPTION_TABLE).flatMap((row) => [
      ...('variable' in row ? [row.variable] : []),
      ...('windowVariable' in row ? [row.windowVariable] : []),
    ]);
    const listed = new Set([...ofOptions, ...Object.keys(VARIABLE_TABLE)]);
    const read = new Set([
      ...namesRead((variables) => readEnvironment(variables, 'production')),
      ...namesRead(readMigrationEnvironment),
    ]);
    // It is read to say that it has no use yet.
    read.delete('AUTH_ADMIN_API_KEYS');
    expect([...read].sort()).toEqual([...listed].sort());
  });

  it('have the defaults that hold for the database', () => {
    const { AUTH_DB_HOST, AUTH_DB_PORT, AUTH_DB_NAME, AUTH_DB_USER } = VARIABLE_TABLE;
    const place = `${AUTH_DB_HOST.default}:${AUTH_DB_PORT.default}/${AUTH_DB_NAME.default}`;
    expect(read({}).auth.database.url).toBe(`postgres://${AUTH_DB_USER.default}@${place}`);
    expect(readMigrationEnvironment({})).toMatchObject({
      adminUrl: `postgres://${VARIABLE_TABLE.AUTH_DB_ADMIN_USER.default}@${place}`,
      runtimeRole: AUTH_DB_USER.default,
    });
  });
});
