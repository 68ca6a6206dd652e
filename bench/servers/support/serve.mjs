/**
 * What every server under test shares: it is told its settings by its first argument, says where
 * it listens, answers questions, and ends when its parent does.
 */

/** @returns {any} the settings that `startServer` was given. */
export function readSettings() {
  return JSON.parse(process.argv[2] ?? '{}');
}

/**
 * Listens on any free port of the loopback address, and says which.
 *
 * @param {{ listen(port: number, host: string): Promise<unknown>, getHttpServer(): import('node:http').Server }} app
 * @param {Record<string, () => unknown>} [answers] to what this process may be asked
 */
export async function serve(app, answers = {}) {
  await app.listen(0, '127.0.0.1');
  const address = app.getHttpServer().address();
  const all = { memory: readMemory, cpu: readProcessorTime, ...answers };
  process.on('message', async (/** @type {keyof typeof all} */ question) => {
    process.send?.((await all[question]()) ?? null);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
}

/** @returns {import('../../lib/server-process.mjs').MemoryReading} */
function readMemory() {
  // Twice: what a finaliser frees is only seen by the next.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

function readProcessorTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
