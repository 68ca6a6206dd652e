/** A variable of the service that sets no option of the module. */
export interface VariableRow {
  /** What holds without it. */
  readonly default?: string | number;
  /** The same, where that depends on the mode. */
  readonly production?: string;
  readonly development?: string;
  /** The same, where it is no value. */
  readonly defaultInWords?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** What docs/options.md says of it: part of a sentence, in Markdown. */
  readonly text?: string;
}

/**
 * The variables of the standalone service that set no option of the module, with their defaults and
 * bounds. Those that set one stand with it, in `config/option-table.ts`. `npm run docs:options`
 * writes both into docs/options.md.
 */
export const VARIABLE_TABLE = {
  PORT: {
    default: 3000,
    minimum: 0,
    maximum: 65_535,
    text: 'where the service listens; `0`: any free port',
  },
  AUTH_HTTP_HOST: {
    production: '0.0.0.0',
    development: '127.0.0.1',
    text: 'the address that it listens on',
  },
  AUTH_METRICS_PORT: {
    defaultInWords: 'off',
    minimum: 0,
    maximum: 65_535,
    text: 'port of `/metrics`, in production alone; see [operations.md](operations.md#metrics)',
  },
  AUTH_METRICS_HOST: { default: '127.0.0.1', text: 'address of `/metrics`' },

  AUTH_DB_HOST: { default: 'localhost', text: 'a host name or an IP address' },
  AUTH_DB_PORT: { default: 5432, minimum: 1, maximum: 65_535 },
  AUTH_DB_NAME: { default: 'auth_db' },
  AUTH_DB_USER: { default: 'mira_app', text: 'the role that runs the service' },
  AUTH_DB_PASSWORD: { defaultInWords: 'none' },
  AUTH_DATABASE_ADMIN_URL: {
    defaultInWords: 'made of the two below',
    text: 'for `npm run migrate` alone; a serving process never holds it',
  },
  AUTH_DB_ADMIN_USER: { default: 'mira_admin', text: 'the role that migrates' },
  AUTH_DB_ADMIN_PASSWORD: {
    defaultInWords: 'none',
    text: 'for `npm run migrate` alone; a serving process never holds it',
  },
} as const satisfies Readonly<Record<string, VariableRow>>;
