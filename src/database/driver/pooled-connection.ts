import type { Connection, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { UnavailableError } from '../../common/errors';
import { isQueryTimeout } from '../database-errors';
import { type Statement, StatementBatch, type StatementResult } from './statement-batch';

/** The part of TypeORM's PostgreSQL driver that hands out pooled connections. */
interface PoolDriver {
  obtainMasterConnection(): Promise<[DriverClient, (error?: Error) => void]>;
}

type DriverClient = Omit<PoolClient, 'connection'> & {
  /** `undefined` with pg-native. */
  readonly connection: Connection | undefined;
};

/** Clients that have an error listener. Without one, a lost connection would crash the process. */
const watched = new WeakSet<DriverClient>();

/**
 * A connection taken from the data source's pool. Statements go directly to the driver, because
 * TypeORM's query runner costs more than many of them do.
 */
export class PooledConnection {
  private isInvalid = false;

  private constructor(
    private readonly client: DriverClient,
    private readonly giveBack: (error?: Error) => void,
  ) {}

  /**
   * Takes a connection, and waits for one if all are taken.
   *
   * @throws UnavailableError (`unavailable`) for any failure to connect: no statement has run yet,
   *   so the request itself is not at fault.
   * @throws TypeError when the data source uses pg-native.
   */
  static async take(dataSource: DataSource): Promise<PooledConnection> {
    const driver = dataSource.driver as unknown as PoolDriver;
    const [client, giveBack] = await driver.obtainMasterConnection().catch((error: unknown) => {
      throw new UnavailableError(1, undefined, { cause: error });
    });
    if (client.connection === undefined) {
      giveBack();
      throw new TypeError('the data source uses pg-native, which cannot send statements together');
    }
    if (!watched.has(client)) {
      watched.add(client);
      // A statement under way rejects by itself, and the pool notices when the client is returned.
      client.on('error', () => undefined);
    }
    return new PooledConnection(client, giveBack);
  }

  /**
   * Runs statements in order, in one round trip. After a failure none of the rest runs.
   *
   * If the answer does not come in time, the connection is closed. Otherwise the next statement,
   * even the ROLLBACK, would queue behind an answer that may never come, and the pool would keep a
   * connection that does not work.
   *
   * @returns the results, in the same order.
   * @throws the driver's error for the first statement that failed.
   */
  async run(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    try {
      return await new Promise((resolve, reject) => {
        const batch = new StatementBatch(statements, (error, results) => {
          if (error === null) resolve(results ?? []);
          else reject(error);
        });
        this.client.query(batch);
      });
    } catch (error) {
      if (isQueryTimeout(error)) await this.close();
      throw error;
    }
  }

  /** Marks the connection's state as unknown, so that the pool closes it on release. */
  invalidate(): void {
    this.isInvalid = true;
  }

  /** Returns the connection to the pool, which keeps it if it still works. */
  release(): void {
    if (this.isInvalid) this.giveBack(new Error('the state of this connection is unknown'));
    else this.giveBack();
  }

  /** Destroys the socket without informing the server, and waits until the pool has noticed. */
  private async close(): Promise<void> {
    const { connection } = this.client;
    if (connection === undefined) return;
    await new Promise<void>((resolve) => {
      this.client.once('end', resolve);
      connection.stream.destroy();
    });
  }
}
