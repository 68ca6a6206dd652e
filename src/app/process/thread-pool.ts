/**
 * jose signs and checks every token on a thread beside the main one: some microseconds of work, and
 * to wake one of Node.js's usual four threads for them costs more than that. Two threads are awake
 * more often. One would be cheaper still, but libuv gives slow work, such as looking up the name of
 * a mail server that does not answer, half of the threads and at least one: of two, one always
 * stands ready for tokens.
 */
const THREADS = 2;

/**
 * Says how many threads Node.js shall have beside the main one, where the operator has not said so.
 * To be called before there is any work for them: they are started with the first piece.
 *
 * @param variables those that Node.js reads.
 */
export function sizeThreadPool(variables: Record<string, string | undefined> = process.env): void {
  variables['UV_THREADPOOL_SIZE'] ??= String(THREADS);
}
