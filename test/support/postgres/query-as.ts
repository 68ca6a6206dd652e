import { Client } from 'pg';

/**
 * Runs SQL on a connection of its own: behind the scenes, or as a role that shall be refused.
 *
 * @param url of the role.
 * @returns the rows of the last statement.
 */
export async function queryAs<Row extends object = Record<string, unknown>>(
  url: string,
  sql: string,
  parameters?: unknown[],
): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query<Row>(sql, parameters)).rows);
}

/** The same for what takes several statements on one connection. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
