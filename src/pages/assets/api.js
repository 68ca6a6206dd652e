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
    return this.code.startsWith('session_') || this.code === 'context_mismatch';
  }
}

/**
 * Sends a request to the API.
 *
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body] sent as JSON.
 * @returns {Promise<any>} the parsed body of the response, `undefined` without a body.
 * @throws {Problem}
 */
export async function call(method, path, body) {
  const response = await send(method, path, body);
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  throw problemOf(response, answer);
}

async function send(method, path, body) {
  try {
    return await fetch(path, {
      method,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
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
