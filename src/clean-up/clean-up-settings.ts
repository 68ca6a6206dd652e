/** How the clean-up goes about its work. */
export interface CleanUpSettings {
  /** Rows of one kind that one transaction deletes at most. */
  readonly batchSize: number;
  /** How often a run that takes long says how far it has come. */
  readonly reportIntervalMilliseconds: number;
  /** Times as long as a batch took is the rest after it. */
  readonly restFactor: number;
  /** Longest rest between two batches. */
  readonly longestRestMilliseconds: number;
}

export const CleanUpSettings = Symbol('CleanUpSettings');

export const DEFAULT_CLEAN_UP_SETTINGS: CleanUpSettings = {
  // Some milliseconds: for so long a request may have to wait for what a batch has locked, or for
  // the disk to take what it wrote.
  batchSize: 250,
  reportIntervalMilliseconds: 10_000,
  restFactor: 4,
  longestRestMilliseconds: 1_000,
};
