import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { inRepository } from '../support/repository';
import { filesBelow } from './repository-files';

/** What a file with one of these suffixes holds is a class of that role. */
const ROLES = [
  'composer',
  'controller',
  'entity',
  'exception',
  'filter',
  'guard',
  'interceptor',
  'mailer',
  'module',
  'pipe',
  'reader',
  'repository',
  'server',
  'service',
];

/** Files that have yet to be named after what they hold. Each is taken out when it is renamed. */
const NOT_YET = ['src/http/body/contract-validation.pipe.ts'];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Of `link-attempts.service.ts`: `link-attempts` and `service`. */
  readonly name: string;
  readonly role: string | undefined;
}

const files = filesBelow('src')
  .filter((path) => /(?<!\.spec)\.ts$/.test(path))
  .map((path): SourceFile => {
    const text = readFileSync(inRepository(path), 'utf8');
    const [name = '', role] = basename(path, '.ts').split('.');
    return { path, text, name, role };
  });

function exportedClasses({ text }: SourceFile): string[] {
  return Array.from(text.matchAll(/^export (?:abstract )?class (\w+)/gm), ([, name]) => name ?? '');
}

function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '-').toLowerCase();
}

describe('A file of src', () => {
  it('that is named after a role holds the class of its name, with or without the role', () => {
    const withRole = files.filter(({ role }) => role !== undefined && ROLES.includes(role));
    expect(withRole.length).toBeGreaterThan(50);
    const misnamed = withRole
      .filter((file) => {
        const wanted = [file.name, `${file.name}-${file.role ?? ''}`];
        return !exportedClasses(file).some((name) => wanted.includes(kebabCase(name)));
      })
      .map(({ path }) => path);
    expect(misnamed).toEqual(NOT_YET);
  });

  it('that holds an injectable class says so by its role', () => {
    const unnamed = files
      .filter(({ text }) => /^@Injectable\(/m.test(text))
      .filter(({ role }) => role === undefined || !ROLES.includes(role))
      .map(({ path }) => path);
    expect(unnamed).toEqual([]);
  });
});
