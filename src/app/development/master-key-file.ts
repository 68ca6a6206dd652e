import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';

import { parseMasterKey } from '../../config/master-key';
import { StartFailure } from '../process/start-failure';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * Reads the master key of development mode, and makes a random one at the first start, so that
 * sessions and links outlive a restart.
 *
 * @param path of a file that only its owner may read; its folder exists.
 * @returns the key in hexadecimal.
 * @throws StartFailure when the file holds no key.
 */
export async function provideMasterKey(path: string): Promise<string> {
  const key = (await readKey(path)) ?? (await makeKey(path));
  try {
    parseMasterKey(key, path);
  } catch (error) {
    throw new StartFailure(
      `${path} holds no master key: remove it, and the next start makes another (all sessions end)`,
      { cause: error },
    );
  }
  return key;
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    // A copied repository may have lost the mode.
    await chmod(path, OWNER_ONLY);
    return text.trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartFailure(`${path} cannot be read: is it another user's?`, { cause: error });
  }
}

async function makeKey(path: string): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString('hex');
  // `wx` fails where the file exists: of two first starts at the same time, one makes the key.
  await writeFile(path, `${key}\n`, { mode: OWNER_ONLY, flag: 'wx' }).catch((error: unknown) => {
    throw new StartFailure(`${path} cannot be written`, { cause: error });
  });
  return key;
}
