/**
 * jose signs and checks each token on a thread of libuv's pool. That is some microseconds of work,
 * and to wake a sleeping thread costs more. Of two threads, each sleeps less often than of the
 * usual four. One alone would be cheaper, but could be kept from tokens by slow work, such as
 * looking up a mail server that does not answer: libuv gives slow work half of the threads, and at
 * least one.
 */
const THREADS = 2;

/**
 * Sets the size of libuv's thread pool, unless the operator has set `UV_THREADPOOL_SIZE`. Call it
 * before there is work for the pool, whose threads start with the first piece of it.
 *
 * @param variables of the environment that libuv reads.
 */
export function sizeThreadPool(variables: Record<string, string | undefined> = process.env): void {
  variables['UV_THREADPOOL_SIZE'] ??= String(THREADS);
}
