import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';

import { CONTRACT_STATUS } from '../../../test/support/problem';
import {
  AuthError,
  InvalidRequestError,
  RateLimitError,
  SessionError,
  UnavailableError,
} from '../../common/errors';
import { INTERNAL_PROBLEM, PROBLEM_KINDS, toProblem } from './problem';
import { ProblemException } from './problem.exception';
import { problemOf } from './problem-of';

const CANARY = 'canary-5f1c';

describe('toProblem', () => {
  it('answers each code with the status of the contract', () => {
    const statuses = Object.entries(PROBLEM_KINDS).map(([code, { status }]) => [code, status]);
    expect(Object.fromEntries(statuses)).toEqual(CONTRACT_STATUS);
  });

  it('has one title for each code', () => {
    const titles = Object.values(PROBLEM_KINDS).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('has exactly the five members for most codes', () => {
    expect(toProblem(new SessionError('session_expired', 'Sign in again.'))).toEqual({
      type: 'urn:mira-auth:problem:session_expired',
      title: 'Session expired',
      status: 401,
      detail: 'Sign in again.',
      code: 'session_expired',
    });
  });

  it('lists the fields of an invalid request, or none', () => {
    const fields = [{ field: 'email', message: 'must be an address' }];
    expect(toProblem(new InvalidRequestError(fields)).errors).toEqual(fields);
    expect(toProblem(new AuthError('invalid_request', 'No.')).errors).toEqual([]);
  });

  it.each([
    [new RateLimitError(12.2), 13],
    [new RateLimitError(0), 1],
    [new UnavailableError(), 1],
    [new UnavailableError(5), 5],
    [new AuthError('rate_limited', 'Later.'), 1],
  ])('gives whole seconds, at least one, for %s', (error, seconds) => {
    expect(toProblem(error).retry_after).toBe(seconds);
  });
});

describe('ProblemException', () => {
  it('carries the status and the body that Nest’s own filter sends', () => {
    const error = new SessionError('session_missing', 'Sign in first.');
    const exception = new ProblemException(error);
    expect(exception.getStatus()).toBe(401);
    expect(exception.getResponse()).toEqual(toProblem(error));
    expect(problemOf(exception)).toEqual(toProblem(error));
  });
});

describe('problemOf', () => {
  const httpError = (statusCode: number) =>
    Object.assign(new Error(CANARY), { statusCode, status: statusCode, expose: true });

  it.each([
    [new NotFoundException(CANARY), 404, 'not_found'],
    [new BadRequestException(CANARY), 400, 'invalid_request'],
    [new HttpException(CANARY, 422), 400, 'invalid_request'],
    [new HttpException(CANARY, 405), 405, 'method_not_allowed'],
    [new HttpException(CANARY, 429), 429, 'rate_limited'],
    [new ServiceUnavailableException(CANARY), 503, 'unavailable'],
    [httpError(413), 413, 'too_large'],
    [httpError(415), 415, 'unsupported_media_type'],
    [Object.assign(new Error(CANARY), { statusCode: 413, code: 'FST_ERR' }), 413, 'too_large'],
    [new ConflictException(CANARY), 409, 'http_error'],
    [new ForbiddenException(CANARY), 403, 'http_error'],
    [new HttpException(CANARY, 502), 500, 'internal'],
    [new HttpException(CANARY, 299), 500, 'internal'],
    [httpError(500), 500, 'internal'],
    [new Error(CANARY), 500, 'internal'],
    [Object.assign(new Error(CANARY), { statusCode: 404, status: 404 }), 500, 'internal'],
    [CANARY, 500, 'internal'],
    [undefined, 500, 'internal'],
    [{ statusCode: 404, message: CANARY }, 500, 'internal'],
  ])('answers %p with %d %s and none of its message', (exception, status, code) => {
    const problem = problemOf(exception);
    expect(problem).toMatchObject({ status, code });
    expect(JSON.stringify(problem)).not.toContain(CANARY);
  });

  it('finds an error of ours that the parser and the adapter have wrapped', () => {
    const error = new InvalidRequestError([{ field: 'body', message: 'must be UTF-8' }]);
    expect(problemOf(new HttpException('x', 403, { cause: error }))).toEqual(toProblem(error));
  });

  it('tells nothing about an error that nobody foresaw', () => {
    expect(problemOf(new TypeError(CANARY))).toBe(INTERNAL_PROBLEM);
  });
});
