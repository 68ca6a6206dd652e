import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The usual name, which PostgreSQL's Linux packages create too. */
const ACCOUNT_NAME = 'postgres';

/**
 * The system account that the server runs as.
 *
 * @typedef {object} ServerAccount
 * @property {number} uid
 * @property {number} gid
 */

/** Whether this process is root. PostgreSQL refuses to run as root. */
export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * Finds the account `postgres`, or creates it as a system account that nobody can log in to. Only
 * for root.
 *
 * @returns {Promise<ServerAccount>}
 * @throws Error when the account does not exist and cannot be created.
 */
export async function provideServerAccount() {
  const existing = await findServerAccount();
  if (existing !== undefined) return existing;
  try {
    await createServerAccount();
  } catch (error) {
    throw new Error(
      `PostgreSQL refuses to run as root, and the user "${ACCOUNT_NAME}" could not be created: ` +
        'start as another user',
      { cause: error },
    );
  }
  const created = await findServerAccount();
  if (created !== undefined) return created;
  throw new Error(`the user "${ACCOUNT_NAME}" was created but cannot be found`);
}

/** @returns {Promise<ServerAccount | undefined>} */
async function findServerAccount() {
  try {
    const uid = await run('id', ['-u', ACCOUNT_NAME]);
    const gid = await run('id', ['-g', ACCOUNT_NAME]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function createServerAccount() {
  // The group may exist without the user, and `useradd` would then refuse to create it.
  await run('groupadd', ['--system', '--force', ACCOUNT_NAME]);
  await run('useradd', [
    ...['--system', '--no-create-home', '--home-dir', '/nonexistent'],
    ...['--shell', '/bin/false', '--gid', ACCOUNT_NAME, ACCOUNT_NAME],
  ]);
}
