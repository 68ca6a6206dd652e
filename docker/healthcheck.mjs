// Asks the service in the same container how it is, and exits with 0 when it is well, else with 1
// and one line. It needs nothing but Node.js, and reads the same variables as the service.
//
//   node healthcheck.mjs         whether the process lives: restart it when this fails
//   node healthcheck.mjs ready   whether it wants requests: the database answers, the schema is as
//                                new as the release, and the service is not stopping
import { once } from 'node:events';
// Not `fetch`, which refuses a number of ports that a service may well listen on.
import { get } from 'node:http';

/** Readiness takes two seconds at most; whoever runs this gives it more than that. */
const TIMEOUT_MILLISECONDS = 3_000;

/** Listening on every address is also listening on the loopback one. */
const EVERY_ADDRESS = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const { AUTH_HTTP_HOST = '0.0.0.0', PORT = '3000' } = process.env;
const host = EVERY_ADDRESS[AUTH_HTTP_HOST] ?? AUTH_HTTP_HOST;
const path = `/health/${process.argv[2] ?? 'live'}`;

/** @returns {Promise<string>} the status that the service answers with, or why there is none. */
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
