import type { AuthOptions, LimitOptions } from './auth-options';
import { CONTEXT_POLICIES, type ContextPolicy } from './context-policy-name';
import { parseMasterKey } from './master-key';
import type { RedirectRule, ResolvedAuthOptions } from './resolved-options';
import { parseDatabaseUrl, parseHttpUrl, parseOrigin, parseRedirectRule } from './urls';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/**
 * Fills in the defaults of the module's options, checks every value and freezes the result.
 *
 * @throws TypeError whose one line names the option at fault and what is wanted, never its value.
 */
export function resolveAuthOptions(options: AuthOptions): ResolvedAuthOptions {
  const publicUrl = parseOrigin(options.publicUrl, 'publicUrl');
  const policy = contextPolicy(options.contextPolicy ?? 'strict', 'contextPolicy');
  return deepFreeze({
    masterKeys: {
      current: parseMasterKey(options.masterKey, 'masterKey'),
      accepted: (options.acceptedMasterKeys ?? []).map((key, index) =>
        parseMasterKey(key, `acceptedMasterKeys[${index}]`),
      ),
    },
    publicUrl,
    linkUrl:
      options.linkUrl === undefined
        ? `${publicUrl}/auth/link`
        : parseHttpUrl(options.linkUrl, 'linkUrl'),
    allowedOrigins: (options.allowedOrigins ?? [publicUrl]).map((origin, index) =>
      parseOrigin(origin, `allowedOrigins[${index}]`),
    ),
    allowedRedirects: redirectRules(options.allowedRedirects ?? [publicUrl]),
    trustedProxies: [...(options.trustedProxies ?? [])],
    database: options.database && {
      url: parseDatabaseUrl(options.database.url, 'database.url'),
      ssl: boolean(options.database.ssl ?? false, 'database.ssl'),
      poolSize: integer(options.database.poolSize ?? 10, 'database.poolSize', 1, 1_000),
      preparedStatements: boolean(
        options.database.preparedStatements ?? true,
        'database.preparedStatements',
      ),
    },
    magicLink: resolveMagicLink(options.magicLink ?? {}, policy),
    session: resolveSession(options.session ?? {}, policy),
    mail: options.mail && {
      from: options.mail.from,
      smtpUrl: options.mail.smtpUrl,
      dangerouslyAllowPlaintext: boolean(
        options.mail.dangerouslyAllowPlaintext ?? false,
        'mail.dangerouslyAllowPlaintext',
      ),
    },
    mailWorker: boolean(options.mailWorker ?? true, 'mailWorker'),
    cleanUp: resolveCleanUp(options.cleanUp ?? {}),
    pages: boolean(options.pages ?? true, 'pages'),
    routeLimit: limit(options.routeLimit ?? { limit: 1_200, windowSeconds: MINUTE }, 'routeLimit'),
  });
}

function resolveMagicLink(
  options: NonNullable<AuthOptions['magicLink']>,
  policy: ContextPolicy,
): ResolvedAuthOptions['magicLink'] {
  const limitOf = (
    name: keyof typeof options & `${string}Limit`,
    most: number,
    windowSeconds: number,
  ): LimitOptions => limit(options[name] ?? { limit: most, windowSeconds }, `magicLink.${name}`);
  return {
    lifetimeSeconds: integer(
      options.lifetimeSeconds ?? 15 * MINUTE,
      'magicLink.lifetimeSeconds',
      1,
      DAY,
    ),
    disableSignUp: boolean(options.disableSignUp ?? false, 'magicLink.disableSignUp'),
    contextPolicy: contextPolicy(options.contextPolicy ?? policy, 'magicLink.contextPolicy'),
    addressAndNetworkLimit: limitOf('addressAndNetworkLimit', 3, 15 * MINUTE),
    addressLimit: limitOf('addressLimit', 10, HOUR),
    networkLimit: limitOf('networkLimit', 60, 15 * MINUTE),
    serviceLimit: limitOf('serviceLimit', 0, 1),
    verificationLimit: limitOf('verificationLimit', 60, MINUTE),
    wrongCodeLimit: limitOf('wrongCodeLimit', 1_000, HOUR),
  };
}

function resolveSession(
  options: NonNullable<AuthOptions['session']>,
  policy: ContextPolicy,
): ResolvedAuthOptions['session'] {
  return {
    lifetimeSeconds: integer(options.lifetimeSeconds ?? DAY, 'session.lifetimeSeconds', 1, YEAR),
    rememberedLifetimeSeconds: integer(
      options.rememberedLifetimeSeconds ?? 30 * DAY,
      'session.rememberedLifetimeSeconds',
      1,
      YEAR,
    ),
    idleTimeoutSeconds: integer(
      options.idleTimeoutSeconds ?? 0,
      'session.idleTimeoutSeconds',
      0,
      YEAR,
    ),
    maxPerUser: integer(options.maxPerUser ?? 20, 'session.maxPerUser', 1, 1_000),
    contextPolicy: contextPolicy(options.contextPolicy ?? policy, 'session.contextPolicy'),
    cacheEntries: integer(options.cacheEntries ?? 50_000, 'session.cacheEntries', 0, 10_000_000),
  };
}

function resolveCleanUp(
  options: NonNullable<AuthOptions['cleanUp']>,
): ResolvedAuthOptions['cleanUp'] {
  const seconds = (name: keyof typeof options, fallback: number, most: number): number =>
    integer(options[name] ?? fallback, `cleanUp.${name}`, 0, most);
  return {
    intervalSeconds: seconds('intervalSeconds', 5 * MINUTE, DAY),
    linkRetentionSeconds: seconds('linkRetentionSeconds', 7 * DAY, 10 * YEAR),
    sessionRetentionSeconds: seconds('sessionRetentionSeconds', 30 * DAY, 10 * YEAR),
    mailRetentionSeconds: seconds('mailRetentionSeconds', 7 * DAY, 10 * YEAR),
  };
}

function integer(value: number, name: string, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum)
    throw new TypeError(`${name} must be a whole number from ${minimum} to ${maximum}`);

  return value;
}

/** A host in JavaScript might give the text 'false', which is true. */
function boolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
  return value;
}

function limit(value: LimitOptions, name: string): LimitOptions {
  return {
    limit: integer(value.limit, `${name}.limit`, 0, 1_000_000),
    windowSeconds: integer(value.windowSeconds, `${name}.windowSeconds`, 1, DAY),
  };
}

function contextPolicy(value: string, name: string): ContextPolicy {
  const policy = CONTEXT_POLICIES.find((known) => known === value);
  if (policy === undefined)
    throw new TypeError(`${name} must be one of ${CONTEXT_POLICIES.join(', ')}`);

  return policy;
}

function redirectRules(values: readonly string[]): RedirectRule[] {
  return values.map((value, index) => parseRedirectRule(value, `allowedRedirects[${index}]`));
}

function deepFreeze<T>(value: T): T {
  // A Buffer's bytes cannot be frozen; the object that holds it is.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
