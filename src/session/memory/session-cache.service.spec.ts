import type { CachedSession } from './cached-session';
import { SessionCache, type SessionCacheEntry } from './session-cache.service';

const newCache = (cacheEntries = 10): SessionCache =>
  new SessionCache({ session: { cacheEntries } } as never);

const sessionOf = (userId: string): SessionCacheEntry => ({
  session: { userId } as CachedSession,
  lastUsedAt: 0,
  recordedAt: 0,
  recordedIpAddress: '',
  recordedUserAgent: '',
});

const keep = async (
  cache: SessionCache,
  hash: string,
  userId = 'ada',
): Promise<SessionCacheEntry> =>
  (await cache.fill(hash, async () => ({ entry: sessionOf(userId) }))).entry;

const forgotten = (tokenHashes: string[], userIds: string[] = []) => ({
  tokenHashes: new Set(tokenHashes),
  userIds: new Set(userIds),
});

describe('A session cache', () => {
  it('returns the session that was read', async () => {
    const cache = newCache();
    const session = await keep(cache, 'hash');
    expect(cache.get('hash')).toBe(session);
    expect(cache.get('other')).toBeUndefined();
  });

  it('drops the least recently used when it is full', async () => {
    const cache = newCache(2);
    await keep(cache, 'one');
    await keep(cache, 'two');
    cache.get('one');
    await keep(cache, 'three');
    expect(['one', 'two', 'three'].map((hash) => cache.get(hash) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    expect(cache.size).toBe(2);
  });

  it('keeps nothing when it is off', async () => {
    const cache = newCache(0);
    await keep(cache, 'hash');
    expect([cache.get('hash'), cache.size]).toEqual([undefined, 0]);
  });

  it('forgets single sessions, and all sessions of a user', async () => {
    const cache = newCache();
    await keep(cache, 'one', 'ada');
    await keep(cache, 'two', 'ada');
    await keep(cache, 'three', 'bob');
    await keep(cache, 'four', 'eve');
    cache.forget(forgotten(['three'], ['ada']));
    expect(['one', 'two', 'three', 'four'].filter((hash) => cache.get(hash))).toEqual(['four']);
    cache.forgetAll();
    expect(cache.size).toBe(0);
  });

  it.each([
    ['drops a session that', (cache: SessionCache) => cache.forget(forgotten(['hash'])), false],
    [
      'drops a session whose user',
      (cache: SessionCache) => cache.forget(forgotten([], ['ada'])),
      false,
    ],
    ['drops a session if everything', (cache: SessionCache) => cache.forgetAll(), false],
    [
      'keeps a session if another one',
      (cache: SessionCache) => cache.forget(forgotten(['b'], ['bob'])),
      true,
    ],
  ])('%s is forgotten while it is read', async (_, forget, isKept) => {
    const cache = newCache();
    const { entry } = await cache.fill('hash', async () => {
      forget(cache);
      return { entry: sessionOf('ada') };
    });
    expect(entry.session.userId).toBe('ada');
    expect(cache.get('hash')).toBe(isKept ? entry : undefined);
  });

  it('keeps a session that is read after it was forgotten', async () => {
    const cache = newCache();
    cache.forget(forgotten(['hash']));
    await keep(cache, 'hash');
    expect(cache.size).toBe(1);
  });

  it('keeps nothing when the read fails', async () => {
    const cache = newCache();
    const failed = cache.fill('hash', () => Promise.reject(new Error('no such session')));
    await expect(failed).rejects.toThrow('no such session');
    expect(cache.size).toBe(0);
  });
});
