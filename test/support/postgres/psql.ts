import { spawnSync } from 'node:child_process';

import { Client } from 'pg';

import { withClient } from './query-as';

type Environment = Readonly<Record<string, string>>;

const PSQL = 'psql';

/** The oldest psql that has `\getenv`. */
const OLDEST_PSQL = 15;

/** Runs a script for psql as a superuser, in an environment with these variables. */
export type PsqlRunner = (url: string, script: string, environment: Environment) => Promise<void>;

/** The ways to run a script that this machine has, by name. */
export function psqlRunners(): [string, PsqlRunner][] {
  const { status, stdout } = spawnSync(PSQL, ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? Number(/\d+/.exec(stdout)?.[0]) : 0;
  return [
    ['pg', runByClient],
    ...(version >= OLDEST_PSQL ? [['psql', runByPsql] satisfies [string, PsqlRunner]] : []),
  ];
}

/** As the PostgreSQL image does on the first start. */
const runByPsql: PsqlRunner = async (url, script, environment) => {
  const options = ['--set=ON_ERROR_STOP=1', '--no-psqlrc', '--no-password', `--dbname=${url}`];
  const { status, stderr } = spawnSync(PSQL, options, {
    input: script,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
  });
  if (status !== 0) throw new Error(`psql ended with ${String(status)}: ${stderr}`);
};

/** The same where there is no psql: of its own commands, those that the script needs. */
const runByClient: PsqlRunner = (url, script, environment) =>
  withClient(url, async (client) => {
    for (const statement of statementsOf(script, environment)) await client.query(statement);
  });

function statementsOf(script: string, environment: Environment): string[] {
  const values = new Map<string, string>();
  const sql = script.replaceAll(/^\\.*$/gm, (command) => {
    const [, name = '', variable = ''] = /^\\getenv (\w+) (\w+)$/.exec(command) ?? [];
    const value = environment[variable];
    if (value === undefined) throw new Error(`only psql itself can run this: ${command}`);
    values.set(name, value);
    return '';
  });
  const literals = new Client();
  return sql
    .replaceAll(/:'(\w+)'/g, (form, name: string) => {
      const value = values.get(name);
      return value === undefined ? form : literals.escapeLiteral(value);
    })
    .split(/;$/m)
    .filter((statement) => statement.trim() !== '');
}
