import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { inRepository } from '../repository';

/** What the tests look at of a service in `docker-compose.yml`. */
export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly init?: boolean;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<
    Record<'postgres' | 'migrate' | 'service' | 'mailpit', ComposeService>
  >;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/**
 * Reads `docker-compose.yml` as Compose does: its merges, then its variables.
 *
 * @param variables what `.env` would hold.
 * @throws Error in the words of the file when a variable is missing that it wants.
 */
export function readComposeFile(variables: Readonly<Record<string, string>>): ComposeFile {
  const text = readFileSync(inRepository('docker-compose.yml'), 'utf8');
  const file = parse(text, { merge: true }) as unknown;
  return withStrings(file, (value) => interpolate(value, variables)) as ComposeFile;
}

/** Changes every string; what Compose hands on as text becomes text: numbers of the environment. */
function withStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value === 'number') return value.toString();
  if (Array.isArray(value)) return value.map((entry) => withStrings(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, withStrings(entry, change)]),
  );
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`: the forms that the file needs. */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$(?:\{(\w+)(?:(:[-?])([^${}]*))?\}|.?)/g,
    (form: string, name?: string, operator?: string, word = ''): string => {
      if (name === undefined) throw new Error(`${form} is a form that these tests do not know`);
      const value = variables[name] ?? '';
      if (value !== '' || operator === undefined) return value;
      if (operator === ':?') throw new Error(`${name} ${word}`);
      return word;
    },
  );
}
