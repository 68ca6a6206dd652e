/** How fast the clean-up works, and how often it reports. */
export interface CleanUpSettings {
  /** The most rows of one kind that one transaction deletes. */
  readonly batchSize: number;
  /** How often a long run logs its progress. */
  readonly reportIntervalMilliseconds: number;
  /** The pause after a batch, as a multiple of the time that the batch took. */
  readonly pauseFactor: number;
  /** The longest pause that `pauseFactor` may cause. */
  readonly maxPauseMilliseconds: number;
}

export const CleanUpSettings = Symbol('CleanUpSettings');

export const DEFAULT_CLEAN_UP_SETTINGS: CleanUpSettings = {
  // A batch of this size takes some milliseconds. That is how long a request may have to wait for
  // rows that the batch has locked, or for the disk to take what it has written.
  batchSize: 250,
  reportIntervalMilliseconds: 10_000,
  pauseFactor: 4,
  maxPauseMilliseconds: 1_000,
};
