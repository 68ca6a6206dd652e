import { AuthError } from '../../common/errors';

// Errors that a check of ours throws, and that also stand for what the parser or the router throws.

/** 405. Set the header `Allow` before you throw it. */
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
