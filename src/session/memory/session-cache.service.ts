import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { CachedSession } from './cached-session';

/** A session in memory. */
export interface SessionCacheEntry {
  readonly session: CachedSession;
  /** Its last use that this process knows of: Unix milliseconds by the database's clock. */
  lastUsedAt: number;
  /** Its last use that was recorded for the database, in the same unit. */
  recordedAt: number;
  /** Where that use came from. */
  recordedIpAddress: string;
  recordedUserAgent: string;
}

/** Sessions that must no longer be answered from memory. */
export interface Forgotten {
  readonly tokenHashes: ReadonlySet<string>;
  /** All sessions of these users. */
  readonly userIds: ReadonlySet<string>;
}

/**
 * The sessions that this process keeps in memory, by the hash of their tokens. When it is full, the
 * least recently used is evicted. It does not check the lease: callers must hold one.
 */
@Injectable()
export class SessionCache {
  private readonly entries: LRUCache<string, SessionCacheEntry> | undefined;
  /** For each read in progress: what was forgotten since it began. */
  private readonly reads = new Set<(Forgotten | 'everything')[]>();

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'session'>) {
    const { cacheEntries } = options.session;
    if (cacheEntries > 0) this.entries = new LRUCache({ max: cacheEntries });
  }

  /** How many sessions are kept. */
  get size(): number {
    return this.entries?.size ?? 0;
  }

  get(tokenHash: string): SessionCacheEntry | undefined {
    return this.entries?.get(tokenHash);
  }

  /**
   * Reads a session and keeps it, unless it was forgotten during the read. The read may have seen
   * the row from before its revocation, and no revocation is reported twice.
   *
   * @returns the result of `read`.
   * @throws whatever `read` throws.
   */
  async fill<T extends { readonly entry: SessionCacheEntry }>(
    tokenHash: string,
    read: () => Promise<T>,
  ): Promise<T> {
    const forgottenMeanwhile: (Forgotten | 'everything')[] = [];
    this.reads.add(forgottenMeanwhile);
    try {
      const result = await read();
      if (!forgottenMeanwhile.some((forgotten) => concerns(forgotten, tokenHash, result.entry))) {
        this.entries?.set(tokenHash, result.entry);
      }

      return result;
    } finally {
      this.reads.delete(forgottenMeanwhile);
    }
  }

  /** Drops sessions, including those that are being read. */
  forget(forgotten: Forgotten): void {
    if (forgotten.tokenHashes.size === 0 && forgotten.userIds.size === 0) return;
    this.reads.forEach((forgottenMeanwhile) => forgottenMeanwhile.push(forgotten));
    forgotten.tokenHashes.forEach((hash) => this.entries?.delete(hash));
    this.hashesOfUsers(forgotten.userIds).forEach((hash) => this.entries?.delete(hash));
  }

  /** Drops all sessions, including those that are being read. */
  forgetAll(): void {
    this.reads.forEach((forgottenMeanwhile) => forgottenMeanwhile.push('everything'));
    this.entries?.clear();
  }

  /** Scans all entries: users are disabled, locked or changed too rarely to justify an index. */
  private hashesOfUsers(userIds: ReadonlySet<string>): string[] {
    if (this.entries === undefined || userIds.size === 0) return [];
    const hashes: string[] = [];
    for (const [hash, { session }] of this.entries.entries()) {
      if (userIds.has(session.userId)) hashes.push(hash);
    }

    return hashes;
  }
}

function concerns(
  forgotten: Forgotten | 'everything',
  tokenHash: string,
  { session }: SessionCacheEntry,
): boolean {
  return (
    forgotten === 'everything' ||
    forgotten.tokenHashes.has(tokenHash) ||
    forgotten.userIds.has(session.userId)
  );
}
