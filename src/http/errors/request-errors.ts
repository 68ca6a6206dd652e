import { AuthError } from '../../common/errors';

// What is refused here by a check of ours, and elsewhere by the parser or the router, reads alike.

/** 405; whoever throws it has set `Allow`. */
export function methodNotAllowed(): AuthError {
  return new AuthError('method_not_allowed', 'This route does not take that method.');
}

/** 413. */
export function bodyTooLarge(): AuthError {
  return new AuthError('too_large', 'The request is larger than this service accepts.');
}

/** 415. */
export function bodyNotJson(): AuthError {
  return new AuthError('unsupported_media_type', 'Bodies are JSON in UTF-8, uncompressed.');
}
