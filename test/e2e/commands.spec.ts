import { existsSync } from 'node:fs';

import { scripts } from '../../package.json';
import { type ProcessEnd, ServiceProcess } from '../support/processes/service-process';

const CANARY = 'canary-9c4f';

/** The programs that npm runs from the build, as they are called and as their source is named. */
const COMMANDS = Object.entries(scripts).flatMap(([script, line]): [string, string][] => {
  const [, file] =
    /^node (?:--enable-source-maps )?dist\/(src\/(?:app|cli)\/.+)\.js$/.exec(line) ?? [];
  const name = script === 'start' ? 'npm start' : `npm run ${script}`;
  return file === undefined ? [] : [[name, `${file}.ts`]];
});

const run = (file: string, ...args: string[]): Promise<ProcessEnd> =>
  new ServiceProcess({ file, args }).ended();

it('the commands are those of package.json', () => {
  expect(COMMANDS.map(([name]) => name)).toEqual([
    'npm start',
    'npm run start:prod',
    'npm run migrate',
    'npm run migrate:revert',
    'npm run mail-worker',
    'npm run clean-up',
  ]);
});

describe.each(COMMANDS)('%s', (name, file) => {
  it('is a program', () => {
    expect(existsSync(file)).toBe(true);
  });

  it('tells how it is called, and which variables it reads', async () => {
    for (const argument of ['--help', '-h']) {
      const { code, stdout, stderr } = await run(file, argument);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.split('\n').slice(0, 2)).toEqual([`Usage: ${name}`, '']);
      expect(stdout).toMatch(/\bAUTH_[A-Z_]+\b/);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it.each([[[CANARY]], [['--verbose']], [['--help', CANARY]]])(
    'takes no arguments: %j',
    async (args) => {
      const { code, stdout, stderr } = await run(file, ...args);
      expect([code, stdout, stderr]).toEqual([2, '', `${name} takes no arguments: see --help\n`]);
    },
  );
});

describe.each(COMMANDS.filter(([name]) => name !== 'npm start'))('%s', (_name, file) => {
  it('fails with one line where it has no environment', async () => {
    const { code, stdout, stderr } = await new ServiceProcess({
      file,
      env: { AUTH_DB_HOST: '127.0.0.1', AUTH_DB_PORT: '1' },
    }).ended();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^[^\n]+: (?:AUTH_\w+ is missing: |the database cannot be reached )[^\n]+\n$/,
    );
  });
});
