import { getSystemErrorMap } from 'node:util';

import { QueryFailedError } from 'typeorm';

import { UnavailableError } from '../common/errors';
import { isQueryTimeout, translateDatabaseError } from './database-errors';

const withCode = (code: string, message = 'a message'): Error =>
  Object.assign(new Error(message), { code });

/** A driver's error as repositories get it: wrapped by TypeORM, with its fields copied. */
const asTypeOrm = (error: Error): QueryFailedError => new QueryFailedError('SELECT', [], error);

/** Every class and code of PostgreSQL's appendix A that can mean "not now". */
const UNAVAILABLE_SQLSTATES = {
  '08000': 'connection_exception',
  '08001': 'sqlclient_unable_to_establish_sqlconnection',
  '08003': 'connection_does_not_exist',
  '08006': 'connection_failure',
  '08P01': 'protocol_violation',
  '25006': 'read_only_sql_transaction: a failover is under way',
  '25P03': 'idle_in_transaction_session_timeout',
  '25P04': 'transaction_timeout',
  '40001': 'serialization_failure',
  '40P01': 'deadlock_detected',
  '53000': 'insufficient_resources',
  '53100': 'disk_full',
  '53200': 'out_of_memory',
  '53300': 'too_many_connections',
  '55P03': 'lock_not_available',
  '57014': 'query_canceled',
  '57P01': 'admin_shutdown',
  '57P02': 'crash_shutdown',
  '57P03': 'cannot_connect_now',
  '57P05': 'idle_session_timeout',
  '58030': 'io_error',
};

/** The statement itself is wrong. Retrying would not help, and "unavailable" would hide a bug. */
const OTHER_SQLSTATES = {
  '22P02': 'invalid_text_representation',
  '23502': 'not_null_violation',
  '23503': 'foreign_key_violation',
  '23505': 'unique_violation',
  '23514': 'check_violation',
  '25P02': 'in_failed_sql_transaction',
  '28P01': 'invalid_password',
  '3D000': 'invalid_catalog_name',
  '42501': 'insufficient_privilege',
  '42601': 'syntax_error',
  '42P01': 'undefined_table',
  P0001: 'raise_exception',
  XX000: 'internal_error',
};

/** Of the errors that an operating system can report of a connection, and name resolution can. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'the name server is away',
  ENOTFOUND: 'the name is not known, or not yet',
  ENETUNREACH: 'there is no route to its network',
  EHOSTUNREACH: 'there is no route to it',
  ECONNREFUSED: 'nobody listens there, as during a restart',
  ETIMEDOUT: 'nobody answers',
  ECONNRESET: 'it has hung up',
  EPIPE: 'it had hung up before',
};

/** Every other error that Node.js knows of the operating system. */
const OTHER_SYSTEM_CODES = [...getSystemErrorMap().values()]
  .map(([code]) => code)
  .filter((code) => !(code in UNREACHABLE));

/** Messages of errors without a code, from `pg`, its pool and TypeORM. */
const MESSAGES = [
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'Driver not Connected',
];

describe('An error of an unavailable or overloaded database', () => {
  const errors: [string, Error][] = [
    ...Object.entries(UNAVAILABLE_SQLSTATES).map(([code, name]): [string, Error] => [
      `${code} ${name}`,
      withCode(code),
    ]),
    ...Object.keys(UNREACHABLE).map((code): [string, Error] => [code, withCode(code)]),
    ...MESSAGES.map((message): [string, Error] => [message, new Error(message)]),
  ];

  it.each(errors)('becomes UnavailableError: %s', (_name, error) => {
    for (const met of [error, asTypeOrm(error)]) {
      const translated = translateDatabaseError(met);
      expect(translated).toBeInstanceOf(UnavailableError);
      expect(translated).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1, cause: met });
      expect((translated as Error).message).not.toContain(error.message);
    }
  });

  it('is found among the errors of connecting to several addresses', () => {
    const refused = new AggregateError([withCode('EACCES'), withCode('ECONNREFUSED')]);
    expect(translateDatabaseError(refused)).toBeInstanceOf(UnavailableError);
    expect(translateDatabaseError(asTypeOrm(refused))).toBeInstanceOf(UnavailableError);
    expect(translateDatabaseError(Object.assign(refused, { code: 'ECONNREFUSED' }))).toBeInstanceOf(
      UnavailableError,
    );
  });
});

describe('Any other error', () => {
  it.each(Object.entries(OTHER_SQLSTATES))('is returned unchanged: %s %s', (code) => {
    // The message may hold text from a stranger, so it must not count when there is a code.
    const error = withCode(code, 'Connection terminated');
    expect(translateDatabaseError(error)).toBe(error);
    const wrapped = asTypeOrm(error);
    expect(translateDatabaseError(wrapped)).toBe(wrapped);
  });

  it('stays what it is when the operating system reports anything else', () => {
    expect(OTHER_SYSTEM_CODES.length).toBeGreaterThan(50);
    for (const code of OTHER_SYSTEM_CODES) {
      const error = withCode(code);
      expect(translateDatabaseError(error)).toBe(error);
    }
  });

  it.each([
    new Error('a bug'),
    new Error('The text holds: Connection terminated'),
    new TypeError('x is not a function'),
    new UnavailableError(7),
    new AggregateError([withCode('EACCES')]),
    'Connection terminated',
    { message: 'Connection terminated' },
    { code: 8006 },
    null,
    undefined,
  ])('is returned unchanged: %p', (error) => {
    expect(translateDatabaseError(error)).toBe(error);
  });

  it('is returned unchanged even if it wraps itself', () => {
    const error: Error & { driverError?: unknown } = new Error('a bug');
    error.driverError = error;
    expect(translateDatabaseError(error)).toBe(error);
  });
});

describe('A query without an answer', () => {
  it('is distinguished from a connection that could not be made', () => {
    expect(isQueryTimeout(asTypeOrm(new Error('Query read timeout')))).toBe(true);
    expect(isQueryTimeout(new Error('timeout exceeded when trying to connect'))).toBe(false);
    expect(isQueryTimeout(asTypeOrm(withCode('57014')))).toBe(false);
  });
});
