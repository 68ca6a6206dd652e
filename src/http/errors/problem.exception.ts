import { HttpException } from '@nestjs/common';

import type { AuthError } from '../../common/errors';
import { toProblem } from './problem';

/**
 * An {@link AuthError} that Nest's own exception filter understands. Guards that run on a host's
 * routes throw it: there the filter is the host's, and an error that is no `HttpException` would
 * be answered with 500.
 */
export class ProblemException extends HttpException {
  constructor(error: AuthError) {
    const problem = toProblem(error);
    super(problem, problem.status, { cause: error });
  }
}
