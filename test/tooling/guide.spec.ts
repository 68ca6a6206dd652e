import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { inRepository } from '../support/repository';

/**
 * docs/guide.md says where each thing of the implementation guide is. Links whose text is in code
 * type name what is in the file; a title in quotes behind a link is that of a test in it.
 */
const PAGE = 'docs/guide.md';

/** What the guide names, by section: each stands in its section of the page, in code type. */
const GUIDE: Readonly<Record<string, readonly string[]>> = {
  prerequisites: words('mira_admin mira_app FastAPI secure_auth').concat('Universal Testing Guide'),
  '1.1': words('authlib[jose] python-multipart email-validator'),
  '1.2': words(`__init__.py models.py crypto.py magic_links.py sessions.py rate_limiting.py audit.py
    middleware.py api.py config.py exceptions.py`),
  '1.3': [
    ...columns(
      'users',
      `id email tenant_id is_active email_verified failed_login_count account_locked_until
       trusted_device_ids known_ip_addresses security_flags user_metadata created_at updated_at
       last_login_at`,
    ),
    ...columns(
      'magic_links',
      `id user_id email token_hash ip_address user_agent device_fingerprint attempt_count is_used
       expires_at created_at used_at`,
    ),
    ...columns(
      'user_sessions',
      `id user_id session_token_hash ip_address user_agent device_fingerprint device_name
       auth_method remember_device is_active created_at last_accessed_at expires_at`,
    ),
    ...words('User.is_locked User MagicLink UserSession SecurityEvent RateLimit'),
  ],
  '2.1': words(`AuthCrypto _get_master_key generate_magic_link_token verify_magic_link_token
    generate_session_token`),
  '3.1': words(`MagicLinkService request_magic_link verify_magic_link _sanitize_email _sanitize_ip
    _validate_security_context _get_or_create_user`),
  '4.1': words(`SessionService create_session device_name remember_device auth_method session_token
    session_id expires_at validate_session`),
  '5.1': words('RateLimit check_magic_link_request'),
  '6.1': words(`SecurityAudit log_magic_link_request log_magic_link_failure
    log_successful_authentication log_session_created log_rate_limit_violation`),
  '7.1': words('AuthError RateLimitError SessionError TokenError'),
  '8.1': words(`router get_db get_client_info x-device-fingerprint magic_link_id expires_at message
    user_id email session_token 400 401 429`).concat(
    'POST /auth/magic-link/request',
    'POST /auth/magic-link/verify',
  ),
  '9.1': words(`conftest.py test_crypto.py test_magic_links.py test_sessions.py
    test_rate_limiting.py test_security_integration.py test_api.py test_timing_attacks.py
    test_concurrent_operations.py`),
  '9.2': words(`TestMagicLinkSecurity test_magic_link_request_rate_limiting
    test_magic_link_timing_attack_resistance test_magic_link_context_validation
    test_magic_link_single_use_enforcement test_magic_link_expiration_enforcement`),
  '10.1': words(`AuthConfig _get_required_env _build_database_url AUTH_MASTER_KEY
    AUTH_MAGIC_LINK_RATE_LIMIT AUTH_MAGIC_LINK_RATE_WINDOW AUTH_SESSION_LIFETIME_HOURS
    AUTH_MAGIC_LINK_LIFETIME_MINUTES AUTH_DB_HOST AUTH_DB_PORT AUTH_DB_NAME AUTH_DB_USER
    AUTH_DB_PASSWORD`),
  '11.1': words('secure_auth'),
  '11.2': words('migrate_users migrate_sessions'),
  '12.1': words('secure_auth').concat('Universal Testing Guide'),
  '12.2': [],
  '12.3': [],
  '12.4': [],
  conclusion: [],
};

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function columns(table: string, names: string): string[] {
  return words(names).map((name) => `${table}.${name}`);
}

function anchorOf(section: string): string {
  return `section-${section.replaceAll('.', '-')}`;
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A link, and the titles in quotes that follow it. */
const LINK = /\[((?:`[^`]*`|\[[^\]]*\]|[^[\]`])*)\]\(([^)\s]+)\)((?:,? "[^"]+")*)/g;

/** Whether a TypeScript file declares a name, and does not merely mention it. */
function declares(text: string, name: string): boolean {
  const [, type = '', member] = /^([A-Z][a-z]\w*)(?:\.(\w+))?$/.exec(name) ?? [];
  const isDeclared = new RegExp(`\\b(?:class|interface|type|enum|const|function) ${type}\\b`);
  if (!isDeclared.test(text)) return false;
  return member === undefined || new RegExp(`(?<![\\w.$])${member}[?!]?\\s*[(<:=;]`).test(text);
}

/** Whether a file has what a link of the page names: see the page, "How to read the tables". */
function hasName(file: string, text: string, name: string): boolean {
  const called = /^(\w+)\(\)$/.exec(name)?.[1];
  if (called !== undefined) return new RegExp(`\\bfunction ${called}\\b`).test(text);
  if (file.endsWith('.ts') && /^[A-Z][a-z]\w*(?:\.\w+)?$/.test(name)) return declares(text, name);
  return new RegExp(`(?<!\\w)${escaped(name)}(?!\\w)`).test(text);
}

/** Whether a test file has a title, or a row of `it.each` that becomes one. */
function hasTitle(text: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) =>
    text.includes(quote + title.replaceAll(quote, `\\${quote}`) + quote),
  );
}

/** What is wrong with the links of a page, one line for each. */
function brokenLinks(page: string): string[] {
  return page.split('\n').flatMap((line, index) => {
    const place = `${PAGE}:${(index + 1).toString()}`;
    return [...line.matchAll(LINK)].flatMap(([, label = '', target = '', quoted = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      if (target.startsWith('#')) {
        return page.includes(`<a id="${target.slice(1)}"></a>`)
          ? []
          : [`${place}: ${target} is no anchor of this page. Correct the link`];
      }
      const [path = ''] = target.split('#');
      const file = join(dirname(PAGE), path);
      const titles = [...quoted.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
      const name = /^`([^`]+)`$/.exec(label)?.[1];
      if (!existsSync(inRepository(file))) {
        const what = name ?? titles[0] ?? label;
        return [`${place}: ${file} (for ${what}) is gone. Link to where ${what} is now`];
      }
      if (name === undefined && titles.length === 0) return [];
      const text = readFileSync(inRepository(file), 'utf8');
      return [
        ...(name === undefined || hasName(file, text, name)
          ? []
          : [`${place}: ${name} is not in ${file}. Give its new name or file, or say it is gone`]),
        ...titles
          .filter((title) => !hasTitle(text, title))
          .map((title) => `${place}: ${file} has no test "${title}". Give its new title or file`),
      ];
    });
  });
}

/** What the page lacks of the guide, one line for each. */
function omissions(page: string): string[] {
  return Object.entries(GUIDE).flatMap(([section, names]) => {
    const anchor = `<a id="${anchorOf(section)}"></a>`;
    const begin = page.indexOf(anchor);
    if (begin === -1) return [`${PAGE}: ${anchor} is missing, and with it section ${section}`];
    const next = page.indexOf('<a id="', begin + anchor.length);
    const text = page.slice(begin, next === -1 ? undefined : next);
    return names
      .filter((name) => !text.includes(`\`${name}\``))
      .map((name) => `${PAGE}: section ${section} says nothing of \`${name}\`. Add a row for it`);
  });
}

/** Sections of the guide that files cite and that it does not have. */
function wrongCitations(files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([file, text]) =>
    [
      ...text.matchAll(/guide(?:\.md)?(?:'s)?,?[\s*/]+section[\s*/]+(\d+\.\d+)/g),
      ...text.matchAll(/guide\.md#section-(\d+-\d+)/g),
    ]
      .map(([, section = '']) => section.replace('-', '.'))
      .filter((section) => !(section in GUIDE))
      .map((section) => `${file}: the guide has no section ${section}. Cite another one`),
  );
}

function sources(folder: string): string[] {
  return readdirSync(inRepository(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(?:ts|mjs|md)$/.test(entry.name) ? [path] : [];
  });
}

describe('docs/guide.md', () => {
  const page = readFileSync(inRepository(PAGE), 'utf8');

  it('names files, names and tests that are there', () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('leaves out no section, class, method, column, variable, route or test file of the guide', () => {
    expect(omissions(page)).toEqual([]);
  });

  it('has every section that code, tests and pages cite', () => {
    const own = relative(inRepository('.'), __filename);
    const files = ['src', 'test', 'migrations', 'docs'].flatMap(sources);
    const others = files.filter((file) => file !== own);
    const texts = others.map((file) => [file, readFileSync(inRepository(file), 'utf8')] as const);
    expect(wrongCitations(Object.fromEntries(texts))).toEqual([]);
  });

  it('has names and titles to check', () => {
    const links = [...page.matchAll(LINK)];
    expect(links.filter(([, label = '']) => label.startsWith('`')).length).toBeGreaterThan(100);
    expect(links.filter(([, , , titles]) => titles !== '').length).toBeGreaterThan(50);
    expect(statSync(inRepository(PAGE)).size).toBeGreaterThan(10_000);
  });
});

describe('the check of docs/guide.md', () => {
  const ERRORS = '../src/common/errors.ts';
  const SPEC = '../src/common/errors.spec.ts';

  it('takes what is there', () => {
    const page = [
      `| [\`AuthError\`](${ERRORS}), [\`AuthError.code\`](${ERRORS}) | [spec](${SPEC}) "is when to try again" |`,
      '<a id="here"></a> [here](#here), [the web](https://example.com/), [`typeorm`](../package.json)',
    ].join('\n');
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each([
    ['a file', '[`AuthError`](../src/gone.ts)', 'src/gone.ts (for AuthError) is gone'],
    ['a page', '[options](gone.md#keys)', 'docs/gone.md (for options) is gone'],
    ['an anchor', '[below](#gone)', '#gone is no anchor'],
    ['a class', `[\`GoneError\`](${ERRORS})`, 'GoneError is not in src/common/errors.ts'],
    ['a class that is named in passing', `[\`Error\`](${ERRORS})`, 'Error is not in'],
    ['a member', `[\`AuthError.gone\`](${ERRORS})`, 'AuthError.gone is not in'],
    ['a function', `[\`gone()\`](${ERRORS})`, 'gone() is not in'],
    ['a variable', '[`AUTH_GONE`](../src/app/env.ts)', 'AUTH_GONE is not in src/app/env.ts'],
    ['part of a name', `[\`rate_limite\`](${ERRORS})`, 'rate_limite is not in'],
    [
      'a route',
      '[`POST /auth/gone`](../test/e2e/openapi-contract.spec.ts)',
      'POST /auth/gone is not in test/e2e/openapi-contract.spec.ts',
    ],
    [
      'a test',
      `[spec](${SPEC}) "is when to try again", "is gone"`,
      'src/common/errors.spec.ts has no test "is gone"',
    ],
    ['part of a title', `[spec](${SPEC}) "is when to try"`, 'has no test "is when to try"'],
  ])('finds %s that is gone', (_, line, message) => {
    expect(brokenLinks(`first line\n${line}`)).toEqual([expect.stringContaining(message)]);
    expect(brokenLinks(`first line\n${line}`)[0]).toMatch(/^docs\/guide\.md:2: /);
  });

  it('finds what is left out, in the section where it belongs', () => {
    const all = Object.entries(GUIDE)
      .map(([section, names]) => [`<a id="${anchorOf(section)}"></a>`, ...names.map(inCode)])
      .flat();
    expect(omissions(all.join('\n'))).toEqual([]);
    const less = all.filter((line) => line !== inCode('users.email') && line !== inCode('get_db'));
    expect(omissions(less.filter((line) => !line.includes('section-9-1')).join('\n'))).toEqual([
      expect.stringContaining('section 1.3 says nothing of `users.email`'),
      expect.stringContaining('section 8.1 says nothing of `get_db`'),
      expect.stringContaining('<a id="section-9-1"></a> is missing'),
    ]);
  });

  it('finds citations of sections that the guide does not have', () => {
    const texts = {
      'a.ts':
        '/** As it says (guide, section 3.1; guide, section 3.2), and in the guide,\n * section 13.1. */',
      'b.md': '[here](guide.md#section-9-2), [there](../guide.md#section-9-3)',
    };
    expect(wrongCitations(texts).map((line) => line.slice(0, 39))).toEqual([
      'a.ts: the guide has no section 3.2. Cit',
      'a.ts: the guide has no section 13.1. Ci',
      'b.md: the guide has no section 9.3. Cit',
    ]);
  });
});

function inCode(name: string): string {
  return `\`${name}\``;
}
