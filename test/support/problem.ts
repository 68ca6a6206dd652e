import type { Response } from 'supertest';

import type { AuthErrorCode } from '../../src/common/errors';

/**
 * docs/reference/http-api.md#errors, written down once more and not taken from the source: what
 * every test compares with.
 */
export const CONTRACT_STATUS: Readonly<Record<AuthErrorCode, number>> = {
  invalid_request: 400,
  link_invalid: 401,
  link_used: 401,
  link_expired: 401,
  context_mismatch: 401,
  code_invalid: 401,
  code_exhausted: 401,
  session_missing: 401,
  session_invalid: 401,
  session_expired: 401,
  session_revoked: 401,
  session_changed: 409,
  account_disabled: 403,
  account_locked: 403,
  sign_up_disabled: 403,
  origin_forbidden: 403,
  fresh_sign_in_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  unavailable: 503,
};

/**
 * Expects an answer to be one of the contract's errors in every respect: status, body and headers,
 * those included that only some errors have.
 *
 * @param fields the fields at fault, in order, for `invalid_request`.
 */
export function expectProblem(
  response: Response,
  code: AuthErrorCode,
  fields?: readonly string[],
): void {
  const status = CONTRACT_STATUS[code];
  const isRetryable = status === 429 || status === 503;
  expect([response.status, response.body]).toEqual([
    status,
    {
      type: `urn:mira-auth:problem:${code}`,
      title: expect.stringMatching(/^[A-Z].+[^.]$/),
      status,
      detail: expect.stringMatching(/^[A-Z].+\.$/),
      code,
      ...(code === 'invalid_request' && { errors: expect.any(Array) }),
      ...(isRetryable && { retry_after: expect.any(Number) }),
    },
  ]);
  expect(response.headers['content-type']).toMatch(
    /^application\/problem\+json(?:; charset=utf-8)?$/,
  );
  expectSecurityHeaders(response);
  expect(response.headers['www-authenticate']).toBe(
    status === 401 ? 'Bearer realm="mira-auth"' : undefined,
  );
  expect(response.headers['retry-after']).toBe(
    isRetryable ? String(response.body.retry_after) : undefined,
  );
  if (isRetryable) expect(response.body.retry_after).toBeGreaterThanOrEqual(1);
  if (fields !== undefined) expect(fieldsAtFault(response)).toEqual(fields);
}

/** Expects what the contract says of every answer from `/auth/*`. */
export function expectSecurityHeaders(response: Response): void {
  expect(response.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-request-id': expect.stringMatching(/^[A-Za-z0-9_-]{8,64}$/),
    'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
  });
  expect(response.headers).not.toHaveProperty('x-powered-by');
}

function fieldsAtFault(response: Response): string[] {
  const errors = response.body.errors as { field: string; message: string }[];
  for (const { message } of errors) expect(message).toMatch(/\w/);
  return errors.map(({ field }) => field);
}
