import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';

import type { AuthErrorCode } from '../../common/errors';
import { PROBLEM_KINDS } from './problem';
import { ProblemDto } from './problem.dto';

/**
 * Documents the errors of a route: one response for each status, with all its codes. Name all codes
 * of a route in one decorator: a second one would replace responses of the same status.
 */
export function ApiProblem(...codes: readonly AuthErrorCode[]): ClassDecorator & MethodDecorator {
  const codesByStatus = new Map<number, AuthErrorCode[]>();
  for (const code of codes) {
    const { status } = PROBLEM_KINDS[code];
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...[...codesByStatus].map(([status, group]) => problemResponse(status, group)),
  );
}

function problemResponse(
  status: number,
  codes: readonly AuthErrorCode[],
): ClassDecorator & MethodDecorator {
  return ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\`: ${PROBLEM_KINDS[code].title}.`).join('\n'),
    headers: responseHeaders(status),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: getSchemaPath(ProblemDto) },
            { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } },
          ],
        },
      },
    },
  });
}

function responseHeaders(status: number): Record<string, { description: string; schema: object }> {
  switch (status) {
    case 401:
      return { 'WWW-Authenticate': { description: 'Bearer', schema: { type: 'string' } } };
    case 405:
      return { Allow: { description: 'Methods of the route', schema: { type: 'string' } } };
    case 429:
    case 503:
      return {
        'Retry-After': { description: 'Whole seconds', schema: { type: 'integer', minimum: 1 } },
      };
    default:
      return {};
  }
}
