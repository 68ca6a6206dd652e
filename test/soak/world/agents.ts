/** A browser or an app on one system. Its user agent changes with every update. */
export interface AgentKind {
  readonly family: string;
  readonly system: string;
  /** @param updates how many there have been. */
  userAgent(updates: number): string;
  /** What it sends after "request desktop site", where it has that. */
  desktopSite?(updates: number): string;
}

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const MAC = 'Macintosh; Intel Mac OS X 10_15_7';
const WINDOWS = 'Windows NT 10.0; Win64; x64';
const LINUX = 'X11; Linux x86_64';

const chrome = (system: string, updates: number): string =>
  `Mozilla/5.0 (${system}) ${BLINK} Chrome/${138 + updates}.0.0.0 Safari/537.36`;
const safari = (updates: number): string =>
  `Mozilla/5.0 (${MAC}) ${WEBKIT} Version/18.${updates} Safari/605.1.15`;
const firefox = (system: string, updates: number): string =>
  `Mozilla/5.0 (${system}; rv:${140 + updates}.0) Gecko/20100101 Firefox/${140 + updates}.0`;

const SAFARI_ON_IPHONE: AgentKind = {
  family: 'Safari',
  system: 'iOS',
  userAgent: (updates) =>
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_${updates} like Mac OS X) ${WEBKIT} Version/18.${updates} Mobile/15E148 Safari/604.1`,
  desktopSite: safari,
};

export const CHROME_ON_ANDROID: AgentKind = {
  family: 'Chrome',
  system: 'Android',
  userAgent: (updates) =>
    `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/${138 + updates}.0.0.0 Mobile Safari/537.36`,
  desktopSite: (updates) => chrome(LINUX, updates),
};

const SAFARI_ON_MAC: AgentKind = {
  family: 'Safari',
  system: 'macOS',
  userAgent: safari,
};

/** Those of desks and laps. */
export const COMPUTERS: readonly [AgentKind, ...AgentKind[]] = [
  {
    family: 'Chrome',
    system: 'Windows',
    userAgent: (updates) => chrome(WINDOWS, updates),
  },
  {
    family: 'Edge',
    system: 'Windows',
    userAgent: (updates) => `${chrome(WINDOWS, updates)} Edg/${138 + updates}.0.0.0`,
  },
  {
    family: 'Firefox',
    system: 'Windows',
    userAgent: (updates) => firefox(WINDOWS, updates),
  },
  SAFARI_ON_MAC,
  {
    family: 'Chrome',
    system: 'macOS',
    userAgent: (updates) => chrome(MAC, updates),
  },
  {
    family: 'Firefox',
    system: 'Linux',
    userAgent: (updates) => firefox(LINUX, updates),
  },
];

export const PHONES: readonly [AgentKind, ...AgentKind[]] = [SAFARI_ON_IPHONE, CHROME_ON_ANDROID];

/** The app of a product that uses the service, on each system. */
export const APPS: readonly [AgentKind, ...AgentKind[]] = [
  {
    family: 'ExampleApp',
    system: 'iOS',
    userAgent: (updates) => `ExampleApp/3.${updates} (iPhone; iOS 18.5; Scale/3.00)`,
  },
  {
    family: 'ExampleApp',
    system: 'Android',
    userAgent: (updates) => `ExampleApp/3.${updates} (Linux; Android 15; Pixel 8) okhttp/4.12.0`,
  },
];

/** Programs that open the links of mails before people do. */
export const SCANNERS: readonly [string, ...string[]] = [
  `Mozilla/5.0 (${LINUX}) ${BLINK} HeadlessChrome/131.0.0.0 Safari/537.36`,
  'Mozilla/5.0 (compatible; LinkScan/2.1; +https://scanner.example/bot)',
  'python-requests/2.32.3',
];
