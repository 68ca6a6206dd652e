import type { AuthOptions, LimitOptions } from './auth-options';
import type { ContextPolicy } from './context-policy-name';
import { parseMasterKey } from './master-key';
import type { ChoiceRow, LimitRow, NumberRow, SwitchRow } from './option-row';
import { LIMIT_BOUNDS, type NameOf, OPTION_TABLE } from './option-table';
import type { RedirectRule, ResolvedAuthOptions } from './resolved-options';
import { parseDatabaseUrl, parseHttpUrl, parseOrigin, parseRedirectRule } from './urls';

/**
 * Fills in the defaults of the module's options, checks every value by the bounds of OPTION_TABLE
 * and freezes the result.
 *
 * @throws TypeError whose one line names the option at fault and what is wanted, never its value.
 */
export function resolveAuthOptions(options: AuthOptions): ResolvedAuthOptions {
  const publicUrl = parseOrigin(options.publicUrl, 'publicUrl');
  const policy = contextPolicy(
    'contextPolicy',
    options.contextPolicy ?? OPTION_TABLE.contextPolicy.default,
  );
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
      ssl: onOrOff('database.ssl', options.database.ssl),
      poolSize: number('database.poolSize', options.database.poolSize),
      preparedStatements: onOrOff(
        'database.preparedStatements',
        options.database.preparedStatements,
      ),
    },
    magicLink: resolveMagicLink(options.magicLink ?? {}, policy),
    session: resolveSession(options.session ?? {}, policy),
    mail: options.mail && {
      from: options.mail.from,
      smtpUrl: options.mail.smtpUrl,
      dangerouslyAllowPlaintext: onOrOff(
        'mail.dangerouslyAllowPlaintext',
        options.mail.dangerouslyAllowPlaintext,
      ),
    },
    mailWorker: onOrOff('mailWorker', options.mailWorker),
    cleanUp: resolveCleanUp(options.cleanUp ?? {}),
    pages: onOrOff('pages', options.pages),
    routeLimit: limit('routeLimit', options.routeLimit),
  });
}

function resolveMagicLink(
  options: NonNullable<AuthOptions['magicLink']>,
  policy: ContextPolicy,
): ResolvedAuthOptions['magicLink'] {
  return {
    lifetimeSeconds: number('magicLink.lifetimeSeconds', options.lifetimeSeconds),
    disableSignUp: onOrOff('magicLink.disableSignUp', options.disableSignUp),
    contextPolicy: contextPolicy('magicLink.contextPolicy', options.contextPolicy ?? policy),
    addressAndNetworkLimit: limit(
      'magicLink.addressAndNetworkLimit',
      options.addressAndNetworkLimit,
    ),
    addressLimit: limit('magicLink.addressLimit', options.addressLimit),
    networkLimit: limit('magicLink.networkLimit', options.networkLimit),
    serviceLimit: limit('magicLink.serviceLimit', options.serviceLimit),
    verificationLimit: limit('magicLink.verificationLimit', options.verificationLimit),
    wrongCodeLimit: limit('magicLink.wrongCodeLimit', options.wrongCodeLimit),
    reportPauseSeconds: number('magicLink.reportPauseSeconds', options.reportPauseSeconds),
  };
}

function resolveSession(
  options: NonNullable<AuthOptions['session']>,
  policy: ContextPolicy,
): ResolvedAuthOptions['session'] {
  return {
    lifetimeSeconds: number('session.lifetimeSeconds', options.lifetimeSeconds),
    rememberedLifetimeSeconds: number(
      'session.rememberedLifetimeSeconds',
      options.rememberedLifetimeSeconds,
    ),
    idleTimeoutSeconds: number('session.idleTimeoutSeconds', options.idleTimeoutSeconds),
    maxPerUser: number('session.maxPerUser', options.maxPerUser),
    knownDeviceSeconds: number('session.knownDeviceSeconds', options.knownDeviceSeconds),
    maxDevicesPerUser: number('session.maxDevicesPerUser', options.maxDevicesPerUser),
    mismatchLimit: limit('session.mismatchLimit', options.mismatchLimit),
    contextPolicy: contextPolicy('session.contextPolicy', options.contextPolicy ?? policy),
    cacheEntries: number('session.cacheEntries', options.cacheEntries),
  };
}

function resolveCleanUp(
  options: NonNullable<AuthOptions['cleanUp']>,
): ResolvedAuthOptions['cleanUp'] {
  return {
    intervalSeconds: number('cleanUp.intervalSeconds', options.intervalSeconds),
    linkRetentionSeconds: number('cleanUp.linkRetentionSeconds', options.linkRetentionSeconds),
    sessionRetentionSeconds: number(
      'cleanUp.sessionRetentionSeconds',
      options.sessionRetentionSeconds,
    ),
    mailRetentionSeconds: number('cleanUp.mailRetentionSeconds', options.mailRetentionSeconds),
  };
}

function number(name: NameOf<NumberRow>, given: number | undefined): number {
  const { default: fallback, minimum, maximum } = OPTION_TABLE[name];
  return integer(given ?? fallback, name, minimum, maximum);
}

function integer(value: number, name: string, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
    throw new TypeError(`${name} must be a whole number from ${minimum} to ${maximum}`);
  }

  return value;
}

/** A host in JavaScript might give the text 'false', which is true. */
function onOrOff(name: NameOf<SwitchRow>, given: unknown): boolean {
  const value = given ?? OPTION_TABLE[name].default;
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
  return value;
}

function limit(name: NameOf<LimitRow>, given: LimitOptions | undefined): LimitOptions {
  const value = given ?? OPTION_TABLE[name].default;
  const { limit: most, windowSeconds: window } = LIMIT_BOUNDS;
  return {
    limit: integer(value.limit, `${name}.limit`, most.minimum, most.maximum),
    windowSeconds: integer(
      value.windowSeconds,
      `${name}.windowSeconds`,
      window.minimum,
      window.maximum,
    ),
  };
}

function contextPolicy(name: NameOf<ChoiceRow>, given: string): ContextPolicy {
  const { values } = OPTION_TABLE[name];
  const policy = values.find((known) => known === given);
  if (policy === undefined) throw new TypeError(`${name} must be one of ${values.join(', ')}`);

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
