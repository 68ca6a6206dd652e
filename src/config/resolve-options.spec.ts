import { defaultsOf } from '../../test/support/option-defaults';
import type { AuthOptions, LimitOptions } from './auth-options';
import { LIMIT_BOUNDS, OPTION_TABLE } from './option-table';
import { resolveAuthOptions } from './resolve-options';
import type { ResolvedAuthOptions } from './resolved-options';

const KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const OTHER_KEY = KEY.replaceAll('00', '01');

const MINIMAL: AuthOptions = { masterKey: KEY, publicUrl: 'https://auth.example.com' };
const resolve = (options: Partial<AuthOptions> = {}): ResolvedAuthOptions =>
  resolveAuthOptions({ ...MINIMAL, ...options });

describe('Options that are left out', () => {
  it('have the documented defaults', () => {
    expect(resolve()).toEqual({
      masterKeys: { current: Buffer.from(KEY, 'hex'), accepted: [] },
      publicUrl: 'https://auth.example.com',
      linkUrl: 'https://auth.example.com/auth/link',
      allowedOrigins: ['https://auth.example.com'],
      allowedRedirects: [{ origin: 'https://auth.example.com', pathPrefix: '/' }],
      trustedProxies: [],
      database: undefined,
      magicLink: { ...defaultsOf('magicLink'), contextPolicy: 'strict' },
      session: { ...defaultsOf('session'), contextPolicy: 'strict' },
      mail: undefined,
      mailWorker: true,
      cleanUp: defaultsOf('cleanUp'),
      pages: true,
      routeLimit: OPTION_TABLE.routeLimit.default,
    });
  });

  it('have them within a group too that is given in part', () => {
    const url = 'postgres://mira_app@localhost:5432/auth_db';
    const mail = { from: 'a@example.com', smtpUrl: 'smtps://mail.example.com' };
    const options = resolve({ database: { url }, mail, session: { maxPerUser: 1 } });
    expect(options.database).toEqual({ ...defaultsOf('database'), url });
    expect(options.mail).toEqual({ ...defaultsOf('mail'), ...mail });
    expect(options.session).toEqual({ ...resolve().session, maxPerUser: 1 });
  });
});

describe('Options that are given', () => {
  it('are kept', () => {
    const limit = (most: number): LimitOptions => ({ limit: most, windowSeconds: most + 1 });
    const given = {
      linkUrl: 'https://app.example.com/link',
      allowedOrigins: ['https://app.example.com', 'http://localhost:4200'],
      trustedProxies: ['10.0.0.0/8'],
      database: {
        url: 'postgres://localhost/auth',
        ssl: true,
        poolSize: 3,
        preparedStatements: false,
      },
      magicLink: {
        lifetimeSeconds: 600,
        disableSignUp: true,
        contextPolicy: 'balanced',
        addressAndNetworkLimit: limit(1),
        addressLimit: limit(2),
        networkLimit: limit(3),
        serviceLimit: limit(4),
        verificationLimit: limit(5),
        wrongCodeLimit: limit(7),
      },
      session: {
        lifetimeSeconds: 3_600,
        rememberedLifetimeSeconds: 7_200,
        idleTimeoutSeconds: 60,
        maxPerUser: 2,
        contextPolicy: 'observe',
        cacheEntries: 0,
      },
      mail: {
        from: 'a@example.com',
        smtpUrl: 'smtp://localhost:1025',
        dangerouslyAllowPlaintext: true,
      },
      mailWorker: false,
      cleanUp: {
        intervalSeconds: 60,
        linkRetentionSeconds: 1,
        sessionRetentionSeconds: 2,
        mailRetentionSeconds: 3,
      },
      pages: false,
      routeLimit: limit(6),
    } as const;
    expect(resolve(given)).toMatchObject(given);
  });

  it('read every accepted key and every redirect', () => {
    const options = resolve({
      acceptedMasterKeys: [OTHER_KEY],
      allowedRedirects: ['https://app.example.com/in', 'http://localhost:4200'],
    });
    expect(options.masterKeys.accepted).toEqual([Buffer.from(OTHER_KEY, 'hex')]);
    expect(options.allowedRedirects).toEqual([
      { origin: 'https://app.example.com', pathPrefix: '/in' },
      { origin: 'http://localhost:4200', pathPrefix: '/' },
    ]);
  });

  it('set one context policy for links and sessions, or one alone', () => {
    const both = resolve({ contextPolicy: 'balanced' });
    expect([both.magicLink.contextPolicy, both.session.contextPolicy]).toEqual([
      'balanced',
      'balanced',
    ]);
    const apart = resolve({ contextPolicy: 'observe', session: { contextPolicy: 'strict' } });
    expect([apart.magicLink.contextPolicy, apart.session.contextPolicy]).toEqual([
      'observe',
      'strict',
    ]);
  });

  it('may turn what can be left out into nothing', () => {
    const options = resolve({ allowedOrigins: [], allowedRedirects: [] });
    expect(options.allowedOrigins).toEqual([]);
    expect(options.allowedRedirects).toEqual([]);
  });
});

describe('Resolved options', () => {
  it('are frozen in all their depth', () => {
    const options = resolve({
      acceptedMasterKeys: [OTHER_KEY],
      trustedProxies: ['10.0.0.0/8'],
      database: { url: 'postgres://localhost/auth' },
      mail: { from: 'a@example.com', smtpUrl: 'smtps://mail.example.com' },
    });
    expect(unfrozen(options, 'options')).toEqual([]);
  });

  it('do not change when the host changes what it gave', () => {
    const given = {
      ...MINIMAL,
      trustedProxies: ['10.0.0.0/8'],
      allowedOrigins: ['https://app.example.com'],
      routeLimit: { limit: 5, windowSeconds: 5 },
    };
    const options = resolveAuthOptions(given);
    given.trustedProxies.push('0.0.0.0/0');
    given.allowedOrigins.push('https://evil.example');
    given.routeLimit.limit = 0;
    expect(options.trustedProxies).toEqual(['10.0.0.0/8']);
    expect(options.allowedOrigins).toEqual(['https://app.example.com']);
    expect(options.routeLimit.limit).toBe(5);
  });
});

interface Bounds {
  /** The path of a whole number: of an option, or of a limit's part. */
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
}

const BOUNDS = Object.entries<object>(OPTION_TABLE).flatMap(([name, row]): Bounds[] => {
  if ('minimum' in row) return [{ name, ...(row as Omit<Bounds, 'name'>) }];
  if (!('default' in row) || typeof row.default !== 'object') return [];
  return Object.entries(LIMIT_BOUNDS).map(([part, bounds]) => ({
    name: `${name}.${part}`,
    ...bounds,
  }));
});

/** Options that have one number, and what it cannot be without. */
function withNumber(name: string, value: number): Partial<AuthOptions> {
  const path = name.split('.');
  const last = path.pop()!;
  const beside = name.startsWith('database.')
    ? { url: 'postgres://localhost/auth' }
    : { limit: 1, windowSeconds: 60 };
  return path.reduceRight<object>((inner, key) => ({ [key]: inner }), { ...beside, [last]: value });
}

/** What the options have at a path. */
function numberAt(options: object, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], options);
}

describe.each(BOUNDS)('$name', ({ name, minimum, maximum }) => {
  it(`is taken from ${minimum.toString()} to ${maximum.toString()}`, () => {
    expect(numberAt(resolve(withNumber(name, minimum)), name)).toBe(minimum);
    expect(numberAt(resolve(withNumber(name, maximum)), name)).toBe(maximum);
  });

  it('is refused outside, in one line that names it and what is wanted', () => {
    const wrong: unknown[] = [minimum - 1, maximum + 1, minimum + 0.5, NaN, Infinity, '7', null];
    // `null` is a slip of JavaScript hosts where a default fills in for nothing at all.
    const values = wrong.filter((value) => value !== null || name.includes('imit.'));
    for (const value of values) {
      expect(() => resolve(withNumber(name, value as number))).toThrow(
        new TypeError(
          `${name} must be a whole number from ${minimum.toString()} to ${maximum.toString()}`,
        ),
      );
    }
  });
});

const SECRET = 'canary-8e1f';

describe.each<[string, Partial<Record<keyof AuthOptions, unknown>>]>([
  ['masterKey', { masterKey: SECRET }],
  ['masterKey', { masterKey: undefined }],
  ['acceptedMasterKeys[1]', { acceptedMasterKeys: [OTHER_KEY, SECRET] }],
  ['publicUrl', { publicUrl: `https://auth.example.com/${SECRET}` }],
  ['publicUrl', { publicUrl: undefined }],
  ['linkUrl', { linkUrl: `https://auth.example.com/?${SECRET}` }],
  ['linkUrl', { linkUrl: `https://:${SECRET}@auth.example.com/` }],
  ['allowedOrigins[1]', { allowedOrigins: ['https://a.example', `https://b.example/${SECRET}`] }],
  ['allowedOrigins[0]', { allowedOrigins: ['*'] }],
  ['allowedRedirects[1]', { allowedRedirects: ['https://a.example', SECRET] }],
  ['allowedRedirects[0]', { allowedRedirects: [`https://a.example/#${SECRET}`] }],
  ['contextPolicy', { contextPolicy: SECRET }],
  ['contextPolicy', { contextPolicy: 'Strict' }],
  ['magicLink.contextPolicy', { magicLink: { contextPolicy: SECRET } }],
  ['session.contextPolicy', { session: { contextPolicy: SECRET } }],
  ['magicLink.disableSignUp', { magicLink: { disableSignUp: SECRET } }],
  ['mailWorker', { mailWorker: SECRET }],
  ['database.ssl', { database: { url: 'postgres://localhost/auth', ssl: SECRET } }],
  ['database.url', { database: { url: `mysql://${SECRET}@localhost/auth` } }],
  ['database.url', { database: { url: SECRET } }],
  ['database.url', { database: {} }],
  [
    'mail.dangerouslyAllowPlaintext',
    {
      mail: { from: 'a@example.com', smtpUrl: 'smtp://h:25', dangerouslyAllowPlaintext: 'false' },
    },
  ],
])('A wrong %s', (name, options) => {
  it('is refused in one line that names it and what is wanted, and never its value', () => {
    let refusal: unknown;
    try {
      resolve(options as Partial<AuthOptions>);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(TypeError);
    const { message } = refusal as TypeError;
    expect(message.startsWith(`${name} must `)).toBe(true);
    expect(message).not.toContain(SECRET);
    expect(message).not.toContain('\n');
  });
});

/** The paths of whatever in a value could still be changed. Bytes of a Buffer always can. */
function unfrozen(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  const inner = Object.entries(value).flatMap(([key, each]) => unfrozen(each, `${path}.${key}`));
  return Object.isFrozen(value) ? inner : [path, ...inner];
}
