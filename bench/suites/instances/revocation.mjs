import { openConnection } from '../../load/exchange.mjs';

/** @typedef {import('../../load/requests.mjs').HttpRequest} HttpRequest */

/** A revocation that takes longer is lost. */
const LONGEST_MS = 5_000;
/** Connections that ask in turn: often enough to see milliseconds, and no load. */
const PAUSE_MS = 1;

/**
 * Revokes a session that another instance has just accepted, and asks that one until it refuses.
 *
 * @param {string} url of the instance that is asked
 * @param {HttpRequest} request with the session
 * @param {{ url: string, request: HttpRequest } | (() => Promise<void>)} revoke by a request to the
 *   other instance, or otherwise
 * @returns {Promise<number>} milliseconds from the answer to the revocation until the refusal; 0
 *   where the refusal came first, `LONGEST_MS` where there was none.
 */
export async function pollUntilRefused(url, request, revoke) {
  const asking = openConnection(url);
  try {
    for (let warm = 0; warm < 2; warm += 1) {
      const status = await asking.exchange(request);
      if (status !== 200) throw new Error(`a session that nobody revoked is refused: ${status}`);
    }
    /** @type {number | undefined} */
    let revokedAt;
    const revoked = (async () => {
      if (typeof revoke === 'function') await revoke();
      else await send(revoke);
      revokedAt = performance.now();
    })();
    const startedAt = performance.now();
    while (performance.now() - startedAt < LONGEST_MS) {
      const status = await asking.exchange(request);
      const answeredAt = performance.now();
      if (status === 401) {
        await revoked;
        return Math.max(0, answeredAt - (revokedAt ?? answeredAt));
      }
      if (status !== 200) throw new Error(`neither accepted nor refused: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    await revoked;
    return LONGEST_MS;
  } finally {
    await asking.close();
  }
}

/** @param {{ url: string, request: HttpRequest }} revocation */
async function send({ url, request }) {
  const connection = openConnection(url);
  const status = await connection.exchange(request);
  await connection.close();
  if (status < 200 || status > 299) throw new Error(`the revocation was answered with ${status}`);
}
