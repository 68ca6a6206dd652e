import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiHeader } from '@nestjs/swagger';

import { ApiProblem } from '../../http/errors/api-problem.decorator';

/** Documents routes that need a session: how to send it, and the errors that may refuse it. */
export function ApiSession(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ApiBearerAuth(),
    ApiCookieAuth(),
    ApiHeader({ name: 'X-Device-Fingerprint', required: false, schema: { maxLength: 128 } }),
    ApiProblem(
      'invalid_request',
      'session_missing',
      'session_invalid',
      'session_expired',
      'session_revoked',
      'context_mismatch',
      'too_large',
      'unsupported_media_type',
      'unavailable',
    ),
  );
}

/** Documents routes on which a page can name the session that it shows. */
export function ApiExpectedSession(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'X-Session-Id',
      required: false,
      description: 'The session that the page shows: another current one is refused.',
      schema: { format: 'uuid' },
    }),
    ApiProblem('session_changed'),
  );
}
