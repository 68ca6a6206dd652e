import { waitFor } from '../wait-for';

/**
 * Waits until so many connections of a database wait for a lock of any kind.
 *
 * @param sql asks that database, outside of a transaction: within one PostgreSQL shows the
 *   connections that there were when it was asked first.
 */
export async function waitForLockWaits(
  sql: (text: string) => Promise<readonly unknown[]>,
  count = 1,
): Promise<void> {
  await waitFor(`${count.toString()} connections that wait for a lock`, async () => {
    const waiting = await sql(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length >= count ? true : undefined;
  });
}
