import { NotFoundException } from '@nestjs/common';

import { UnavailableError } from '../../common/errors';
import { errorLogEntry } from './error-log';
import { problemOf } from './problem-of';

const CANARY = 'canary-77ab';
const request = {
  method: 'DELETE',
  headers: { 'x-request-id': 'request-0001', authorization: CANARY },
  url: `/auth/sessions/${CANARY}?token=${CANARY}`,
  originalUrl: `/auth/sessions/${CANARY}`,
  route: { path: '/auth/sessions/:id' },
  body: { token: CANARY },
  query: { token: CANARY },
  params: { id: CANARY },
};
const entryOf = (exception: unknown, of: object = request) =>
  errorLogEntry(exception, problemOf(exception), of as typeof request);

describe('errorLogEntry', () => {
  it('holds what was asked for and how it was answered, and nothing that was sent', () => {
    expect(entryOf(new NotFoundException(CANARY))).toEqual({
      request_id: 'request-0001',
      method: 'DELETE',
      route: '/auth/sessions/:id',
      status: 404,
      code: 'not_found',
      error: 'NotFoundException',
    });
  });

  it('names what caused an error by class and code only', () => {
    class QueryFailedError extends Error {
      readonly code = '57P01';
      readonly query = `SELECT '${CANARY}'`;
      readonly parameters = [CANARY];
    }
    const error = new UnavailableError(1, undefined, { cause: new QueryFailedError(CANARY) });
    const entry = entryOf(error);
    expect(entry).toMatchObject({
      error: 'UnavailableError',
      cause: 'QueryFailedError',
      error_code: '57P01',
    });
    expect(JSON.stringify(entry)).not.toContain(CANARY);
  });

  it('keeps the frames of an unforeseen error without the message above them', () => {
    const entry = entryOf(new TypeError(`first ${CANARY}\n    at ${CANARY} (/tmp/x.js:1:1)\nlast`));
    expect(entry.stack?.[0]).toMatch(/^at .*error-log\.spec\.ts:\d+:\d+\)?$/);
    expect(entry.stack?.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(entry)).not.toContain(CANARY);
  });

  it('keeps no frames where the message cannot be told from them', () => {
    const error = new Error(`before\n    at ${CANARY} (/tmp/x.js:1:1)`);
    // Reading the stack fixes it, here as well as where source maps are applied lazily.
    expect(error.stack).toContain('before');
    error.message = 'changed';
    expect(entryOf(error).stack).toEqual([]);
  });

  it.each([
    [Object.assign(new Error('x'), { code: `line\n${CANARY}` })],
    [Object.assign(new Error('x'), { name: CANARY })],
    [CANARY],
    [{ message: CANARY }],
    [null],
  ])('copes with %p being thrown', (thrown) => {
    const entry = entryOf(thrown);
    expect(entry).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(entry)).not.toContain(CANARY);
  });

  it('knows the pattern of a Fastify route, and writes a dash outside all routes', () => {
    const headers = {};
    expect(entryOf(1, { headers, routeOptions: { url: '/a/:b' } }).route).toBe('/a/:b');
    expect(entryOf(1, { headers, route: { path: /x/ } }).route).toBe('-');
    expect(entryOf(1, { headers }).route).toBe('-');
  });
});
