/** A request that was refused or got no answer. */
export class Problem extends Error {
  /**
   * @param {string} code the API's error code; `internal` for an answer in another format,
   *   `offline` without an answer.
   * @param {{field: string}[]} fields the invalid fields, for `invalid_request`.
   * @param {number | undefined} retryAfterSeconds after how many seconds to try again.
   */
  constructor(code, fields = [], retryAfterSeconds = undefined) {
    super(code);
    this.code = code;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return ['rate_limited', 'unavailable', 'internal', 'offline'].includes(this.code);
  }

  get isSignedOut() {
    return SIGNED_OUT.includes(this.code);
  }
}

const SIGNED_OUT = ['session_missing', 'session_invalid', 'session_expired', 'session_revoked'];

/**
 * Sends a request to the API.
 *
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body] sent as JSON.
 * @param {string} [shownSession] the id of the session that the page shows. If the browser has
 *   another one by now, the API changes nothing, and answers `session_changed`.
 * @returns {Promise<any>} the parsed body of the response, `undefined` without a body.
 * @throws {Problem}
 */
export async function call(method, path, body, shownSession) {
  const response = await send(method, path, body, shownSession);
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  throw problemOf(response, answer);
}

/**
 * Who is signed in in this browser, and with which session.
 *
 * @returns {Promise<{id: string, address: string, userId: string}>}
 * @throws {Problem} that nobody is, or that the session does not work here.
 */
export async function currentSession() {
  const { user, session } = await call('GET', '/auth/session');
  return { id: session.id, address: user.email, userId: user.id };
}

/**
 * The same for a page that needs nobody to be signed in.
 *
 * @returns {Promise<{id: string, address: string, userId: string} | undefined>}
 * @throws {Problem} that it could not be found out.
 */
export async function currentSessionIfAny() {
  try {
    return await currentSession();
  } catch (problem) {
    if (problem.isPassing) throw problem;
    return undefined;
  }
}

async function send(method, path, body, shownSession) {
  try {
    return await fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        ...(shownSession !== undefined && { 'X-Session-Id': shownSession }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
    });
  } catch {
    throw new Problem('offline');
  }
}

function problemOf(response, answer) {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new Problem(
    typeof answer?.code === 'string' ? answer.code : 'internal',
    answer?.errors,
    Number.isFinite(seconds) ? seconds : undefined,
  );
}
