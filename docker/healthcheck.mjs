// Checks the health of the service in the same container. Exits with 0 when it is healthy, else
// with 1 and one line. Needs only Node.js, and reads the same environment variables as the service.
//
//   node healthcheck.mjs         whether the process is alive: restart it when this fails
//   node healthcheck.mjs ready   whether it can take requests: the database answers, the schema is
//                                as new as the release, and the service is not stopping
import { once } from 'node:events';
// Not `fetch`, which refuses some ports that a service may listen on.
import { get } from 'node:http';

/** Readiness takes two seconds at most. Callers must allow longer than this timeout. */
const TIMEOUT_MILLISECONDS = 3_000;

/** A service that listens on every address is reached at the loopback address. */
const EVERY_ADDRESS = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const { AUTH_HTTP_HOST = '0.0.0.0', PORT = '3000' } = process.env;
const host = EVERY_ADDRESS[AUTH_HTTP_HOST] ?? AUTH_HTTP_HOST;
const path = `/health/${process.argv[2] ?? 'live'}`;

/** @returns {Promise<string>} the status code of the response, or why there is none. */
async function ask() {
  const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  try {
    const [response] = await once(get({ host, port: PORT, path, signal }), 'response');
    return `${response.statusCode}`;
  } catch (error) {
    return signal.aborted ? 'no answer' : (error.code ?? error.name);
  }
}

const answer = await ask();
if (answer !== '200') console.error(`${path}: ${answer}`);
process.exit(answer === '200' ? 0 : 1);
