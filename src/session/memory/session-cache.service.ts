import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { CachedSession } from './cached-session';

/** A session in memory. */
export interface SessionCacheEntry {
  readonly session: CachedSession;
  /** When it was used last, as far as this process knows: Unix milliseconds, database's clock. */
  lastUsedAt: number;
  /** When a use was last noted for the database; the same. */
  recordedAt: number;
}

/** Sessions that must not be answered for from memory any more. */
export interface Forgotten {
  readonly tokenHashes: ReadonlySet<string>;
  /** All sessions of these users. */
  readonly userIds: ReadonlySet<string>;
}

/**
 * The sessions that this process keeps in memory, by the hash of their tokens; the least recently
 * used goes first. It knows nothing of leases: whoever asks must hold one.
 */
@Injectable()
export class SessionCache {
  private readonly entries: LRUCache<string, SessionCacheEntry> | undefined;
  /** What was forgotten since each of the reads under way began. */
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
   * Reads a session and keeps it, unless it was forgotten meanwhile: what was read may be from
   * before its revocation, of which nobody will tell again.
   *
   * @returns what `read` resolved to.
   * @throws what `read` threw.
   */
  async fill<T extends { readonly entry: SessionCacheEntry }>(
    tokenHash: string,
    read: () => Promise<T>,
  ): Promise<T> {
    const forgotten: (Forgotten | 'everything')[] = [];
    this.reads.add(forgotten);
    try {
      const result = await read();
      if (!forgotten.some((what) => concerns(what, tokenHash, result.entry)))
        this.entries?.set(tokenHash, result.entry);

      return result;
    } finally {
      this.reads.delete(forgotten);
    }
  }

  /** Drops sessions, also those that are being read. */
  forget(what: Forgotten): void {
    if (what.tokenHashes.size === 0 && what.userIds.size === 0) return;
    this.reads.forEach((forgotten) => forgotten.push(what));
    what.tokenHashes.forEach((hash) => this.entries?.delete(hash));
    this.hashesOfUsers(what.userIds).forEach((hash) => this.entries?.delete(hash));
  }

  /** Drops all sessions, also those that are being read. */
  forgetAll(): void {
    this.reads.forEach((forgotten) => forgotten.push('everything'));
    this.entries?.clear();
  }

  /** Users are disabled, locked and changed too rarely for an index of their sessions. */
  private hashesOfUsers(userIds: ReadonlySet<string>): string[] {
    if (this.entries === undefined || userIds.size === 0) return [];
    const hashes: string[] = [];
    for (const [hash, { session }] of this.entries.entries())
      if (userIds.has(session.userId)) hashes.push(hash);

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
