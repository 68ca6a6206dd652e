/** A request that was refused, or never answered. */
export class Problem extends Error {
  /**
   * @param {string} code of the API, `internal` for an answer that is not the API's, `offline`
   *   where there was none.
   * @param {{field: string}[]} fields at fault, for `invalid_request`.
   * @param {number | undefined} retryAfterSeconds after which trying again makes sense.
   */
  constructor(code, fields = [], retryAfterSeconds = undefined) {
    super(code);
    this.code = code;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may well succeed later. */
  get isPassing() {
    return ['rate_limited', 'unavailable', 'internal', 'offline'].includes(this.code);
  }

  get isSignedOut() {
    return this.code.startsWith('session_') || this.code === 'context_mismatch';
  }
}

/**
 * Asks the API for something.
 *
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body] sent as JSON.
 * @returns {Promise<any>} the answer's body, `undefined` when it has none.
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
