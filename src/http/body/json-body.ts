import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { InvalidRequestError } from '../../common/errors';
import { bodyNotJson, bodyTooLarge } from '../errors/request-errors';
import { jsonFaultError, scanJson } from './json-guard';

/** Bodies over 16 KiB are refused (docs/reference/http-api.md#errors, `too_large`). */
const BODY_LIMIT_BYTES = 16 * 1024;

/** RFC 8259, section 8.1: JSON is UTF-8. A charset parameter that says so too does no harm. */
const JSON_CONTENT_TYPE =
  /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?;?[ \t]*$/i;

type Headers = IncomingMessage['headers'];

/** Whether the headers announce a body (RFC 9112, section 6.3); an empty one does not count. */
function announcesBody(headers: Headers): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Refuses a body that is not `application/json` in UTF-8. Browsers send any other type across
 * origins without asking first, so this is a line of defence against cross-site requests too.
 * @throws AuthError `unsupported_media_type`
 */
export function assertJsonContentType(headers: Headers): void {
  if (announcesBody(headers) && !JSON_CONTENT_TYPE.test(headers['content-type'] ?? '')) {
    throw bodyNotJson();
  }
}

/**
 * Express middleware that refuses, by its headers alone, a body that would not be taken:
 * `unsupported_media_type`, `too_large`. The parser would read a large body to its end first.
 */
export function refuseBodyByHeaders(
  request: IncomingMessage,
  _response: ServerResponse,
  next: () => void,
): void {
  assertJsonContentType(request.headers);
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) throw bodyTooLarge();

  next();
}

/**
 * Looks at the bytes of a body before they are parsed.
 * @throws InvalidRequestError for bytes that are not UTF-8 (the parser would replace them without
 * a word), and for what {@link scanJson} finds
 */
function verifyBody(_request: IncomingMessage, _response: ServerResponse, body: Buffer): void {
  if (!isUtf8(body)) throw new InvalidRequestError([{ field: 'body', message: 'must be UTF-8' }]);

  const fault = scanJson(body.toString('utf8'));
  if (fault) throw jsonFaultError(fault);
}

/** Options of `express.json`. Not inflating answers compressed bodies with 415, bombs included. */
export const JSON_BODY_OPTIONS = {
  limit: BODY_LIMIT_BYTES,
  strict: true,
  inflate: false,
  type: 'application/json',
  verify: verifyBody,
};
