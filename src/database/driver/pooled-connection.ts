import type { Connection, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { UnavailableError } from '../../common/errors';
import { isQueryTimeout } from '../database-errors';
import { type Statement, StatementBatch, type StatementResult } from './statement-batch';

/** How TypeORM's PostgreSQL driver hands out connections of its pool. */
interface PoolDriver {
  obtainMasterConnection(): Promise<[DriverClient, (error?: Error) => void]>;
}

type DriverClient = Omit<PoolClient, 'connection'> & {
  /** `undefined` with pg-native. */
  readonly connection: Connection | undefined;
};

/** Clients that are listened to: a lost connection's error must not go unheard. */
const watched = new WeakSet<DriverClient>();

/**
 * A connection that was taken from the data source's pool. Statements go to the driver directly:
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
   * @throws UnavailableError (`unavailable`) whatever kept us from the server: no statement has run
   *   yet, so that the request itself was not at fault.
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
      // Whoever waits for an answer is told as well, and the pool finds out when it is given back.
      client.on('error', () => undefined);
    }
    return new PooledConnection(client, giveBack);
  }

  /**
   * Runs statements in order, in one round trip. After one that fails none of the rest runs.
   *
   * If the answer does not come in time, the connection is closed: the next statement, be it the
   * one that ends the transaction, would only queue behind an answer that may never come, and the
   * pool needs a connection that works.
   *
   * @returns what came of each, in the same order.
   * @throws what the driver says of the first that failed.
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

  /** Notes that nobody knows the state it is in, so that the pool closes it. */
  invalidate(): void {
    this.isInvalid = true;
  }

  /** Gives it back to the pool, which keeps it if it still works. */
  release(): void {
    if (this.isInvalid) this.giveBack(new Error('the state of this connection is not known'));
    else this.giveBack();
  }

  /** Closes the connection without a word to the server, and waits until the pool has seen it. */
  private async close(): Promise<void> {
    const { connection } = this.client;
    if (connection === undefined) return;
    await new Promise<void>((resolve) => {
      this.client.once('end', resolve);
      connection.stream.destroy();
    });
  }
}
