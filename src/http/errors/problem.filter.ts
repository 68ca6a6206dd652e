import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpStatus,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import { setContractHeaders } from '../contract-headers';
import { errorLogEntry, type LoggedRequest } from './error-log';
import type { Problem } from './problem';
import { problemOf } from './problem-of';

/**
 * RFC 9110, section 15.5.2: a 401 carries a challenge. RFC 6750, section 3: `Bearer` has at least
 * one parameter. No `error` parameter, so that the header tells no more than the body.
 */
const CHALLENGE = 'Bearer realm="mira-auth"';

/**
 * Answers everything that is thrown with `application/problem+json`, and logs one line that holds
 * nothing but what {@link errorLogEntry} allows. It replaces Nest's own filter, which logs and
 * answers messages.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<LoggedRequest>();
    const response = http.getResponse<unknown>();
    const adapter = this.adapterHost.httpAdapter;
    const problem = problemOf(exception);
    this.log(exception, problem, request);
    if (adapter.isHeadersSent(response)) {
      adapter.end(response);
      return;
    }
    setContractHeaders(adapter, request, response);
    adapter.setHeader(response, 'Content-Type', 'application/problem+json');
    if (problem.status === 401) adapter.setHeader(response, 'WWW-Authenticate', CHALLENGE);

    if (problem.retry_after !== undefined) {
      adapter.setHeader(response, 'Retry-After', String(problem.retry_after));
    }

    adapter.reply(response, problem, problem.status);
  }

  private log(exception: unknown, problem: Problem, request: LoggedRequest): void {
    const entry = errorLogEntry(exception, problem, request);
    if (problem.code === 'internal') this.logger.error('Request failed', entry);
    else if (problem.status === (HttpStatus.SERVICE_UNAVAILABLE as number)) {
      this.logger.warn('Request could not be served', entry);
    } else this.logger.log('Request refused', entry);
  }
}
