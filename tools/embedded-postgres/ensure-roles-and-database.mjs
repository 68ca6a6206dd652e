import { Client, DatabaseError } from 'pg';

/**
 * @typedef {object} Login
 * @property {string} name
 * @property {string} password
 */

/**
 * @typedef {object} RolesAndDatabase
 * @property {Login} adminRole owns the database and migrates it.
 * @property {Login} appRole may connect to it; the migrations grant the rest.
 * @property {string} database
 */

const DUPLICATE_DATABASE = '42P04';
/** The code that the loser of a race gets instead. */
const UNIQUE_VIOLATION = '23505';

/**
 * Creates both roles and the database as in a real installation (docs/reference/data.md#roles), or
 * brings existing ones into that state. Repeatable.
 *
 * @param {string} superuserUrl `postgres://…` of any other database of the server.
 * @param {RolesAndDatabase} wanted
 * @returns {Promise<void>}
 */
export async function ensureRolesAndDatabase(superuserUrl, { adminRole, appRole, database }) {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await ensureRole(client, adminRole);
    await ensureRole(client, appRole);
    await ensureDatabase(client, database, { owner: adminRole.name, user: appRole.name });
  } finally {
    await client.end();
  }
}

/**
 * @param {Client} client
 * @param {Login} role
 */
async function ensureRole(client, { name, password }) {
  const role = client.escapeIdentifier(name);
  await client.query(
    `DO $do$ BEGIN CREATE ROLE ${role};
     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$`,
  );
  await client.query(
    `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
       PASSWORD ${client.escapeLiteral(password)}`,
  );
}

/**
 * @param {Client} client
 * @param {string} name
 * @param {{ owner: string, user: string }} roles
 */
async function ensureDatabase(client, name, roles) {
  const database = client.escapeIdentifier(name);
  const owner = client.escapeIdentifier(roles.owner);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  // CREATE DATABASE has no IF NOT EXISTS, and an error would be logged on every later start.
  if (rowCount === 0) {
    await client.query(`CREATE DATABASE ${database} OWNER ${owner}`).catch(ignoreIfThere);
  }

  await client.query(`ALTER DATABASE ${database} OWNER TO ${owner}`);
  await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
  const user = client.escapeIdentifier(roles.user);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${user}`);
}

/**
 * Ignores that somebody else has just created the database.
 *
 * @param {unknown} error
 */
function ignoreIfThere(error) {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code !== DUPLICATE_DATABASE && code !== UNIQUE_VIOLATION) throw error;
}
