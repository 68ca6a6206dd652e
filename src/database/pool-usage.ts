import type { HostDataSource } from './driver/data-source';

/** The counters of `pg.Pool`. */
interface CountingPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number };
}

/** The connections of a pool at one moment. */
export interface PoolUsage {
  readonly used: number;
  readonly idle: number;
  /** How many callers wait until a connection is free. */
  readonly waiting: number;
  /** The most connections that the pool may open. */
  readonly size: number;
}

/** @returns how busy a data source's pool is; `undefined` without a pool, such as after its end. */
export function poolUsage(dataSource: HostDataSource): PoolUsage | undefined {
  const { master } = dataSource.driver as unknown as { readonly master?: CountingPool };
  if (master === undefined) return undefined;
  const { totalCount, idleCount, waitingCount, options } = master;
  return {
    used: totalCount - idleCount,
    idle: idleCount,
    waiting: waitingCount,
    size: options.max ?? 0,
  };
}
