import type { HostDataSource } from './driver/data-source';

/** What of `pg.Pool` tells how busy it is. */
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
  /** How many connections there may be. */
  readonly size: number;
}

/** How busy the pool of a data source is; nothing without one, as after its end. */
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
