import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import type { AuthErrorCode, FieldError } from '../../common/errors';
import { type Problem, PROBLEM_KINDS } from './problem';

class FieldErrorDto implements FieldError {
  @ApiProperty({ example: 'email' })
  readonly field: string;

  @ApiProperty({ description: 'What is wrong. Never repeats what was sent.' })
  readonly message: string;
}

/** The schema of error answers in the OpenAPI document. */
export class ProblemDto implements Problem {
  @ApiProperty({ example: 'urn:mira-auth:problem:invalid_request' })
  readonly type: string;

  @ApiProperty({ description: 'The same for all problems of one type.' })
  readonly title: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.' })
  readonly status: number;

  @ApiProperty({ description: 'For people. Never holds input or internals.' })
  readonly detail: string;

  @ApiProperty({ enum: Object.keys(PROBLEM_KINDS), description: 'Stable; for programs.' })
  readonly code: AuthErrorCode;

  @ApiPropertyOptional({ type: [FieldErrorDto], description: 'With `invalid_request`.' })
  readonly errors?: FieldErrorDto[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Whole seconds; with `rate_limited` and `unavailable`.',
  })
  readonly retry_after?: number;
}
