import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { StartFailure } from '../process/start-failure';
import { provideMasterKey } from './master-key-file';

describe('the master key of development mode', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mira-auth-key-'));
    path = join(folder, 'master-key');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is made at the first start, for its owner only, and found again at the next', async () => {
    const key = await provideMasterKey(path);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await provideMasterKey(path)).toBe(key);
    expect(await readFile(path, 'utf8')).toBe(`${key}\n`);
  });

  it('is another one in another place', async () => {
    expect(await provideMasterKey(path)).not.toBe(await provideMasterKey(join(folder, 'other')));
  });

  it('gets its mode back', async () => {
    await provideMasterKey(path);
    await chmod(path, 0o644);
    await provideMasterKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'canary\n', '00'.repeat(32)])(
    'is not taken from a damaged file: %j',
    async (text) => {
      await writeFile(path, text);
      const failure = await provideMasterKey(path).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StartFailure);
      expect((failure as Error).message).toMatch(/holds no master key: remove it/);
      expect((failure as Error).message).not.toContain('canary');
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );
});
