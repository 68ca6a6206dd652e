import {
  AuthError,
  InvalidRequestError,
  RateLimitError,
  SessionError,
  TokenError,
  UnavailableError,
} from './errors';

const cause = new Error('SELECT secret');

describe.each([
  [new AuthError('not_found', 'Text.', { cause }), 'AuthError', 'not_found'],
  [new InvalidRequestError([], 'Text.', { cause }), 'InvalidRequestError', 'invalid_request'],
  [new RateLimitError(7, 'Text.', { cause }), 'RateLimitError', 'rate_limited'],
  [new UnavailableError(7, 'Text.', { cause }), 'UnavailableError', 'unavailable'],
  [new SessionError('session_expired', 'Text.', { cause }), 'SessionError', 'session_expired'],
  [new TokenError('link_used', 'Text.', { cause }), 'TokenError', 'link_used'],
])('%s', (error, name, code) => {
  it('is an AuthError with its own name, a stable code, a public text and a private cause', () => {
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, message: 'Text.', cause });
  });

  it('does not show its cause in text or JSON', () => {
    expect(String(error)).toBe(`${name}: Text.`);
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});

describe('What an error says beside its code', () => {
  it('is the fields at fault of an invalid request', () => {
    const fields = [{ field: 'email', message: 'must be an address' }];
    expect(new InvalidRequestError(fields).fields).toEqual(fields);
  });

  it('is when to try again', () => {
    expect(new RateLimitError(30).retryAfterSeconds).toBe(30);
    expect(new UnavailableError(5).retryAfterSeconds).toBe(5);
    expect(new UnavailableError().retryAfterSeconds).toBe(1);
  });

  it('is nothing of a cause when there is none', () => {
    expect('cause' in new AuthError('not_found', 'Text.')).toBe(false);
  });
});
