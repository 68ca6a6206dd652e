import { ConfigurationError } from '../environment-reader';
import {
  ADMIN_ROLE_VARIABLES,
  databaseFailure,
  failureLine,
  listenFailure,
  METRICS_VARIABLES,
  RUNTIME_ROLE_VARIABLES,
  StartFailure,
} from './start-failure';

const CANARY = 'canary-value';
const withCode = (code: string) => Object.assign(new Error(CANARY), { code });
const lineFor = (error: unknown, variables = RUNTIME_ROLE_VARIABLES) =>
  failureLine(databaseFailure(error, variables));

describe('what keeps us from the database', () => {
  it.each([
    ['28P01', /^the database refuses the user or the password: check AUTH_DATABASE_URL/],
    ['3D000', /^the database does not exist: .*AUTH_DB_NAME/],
    ['ECONNREFUSED', /^the database cannot be reached \(ECONNREFUSED\): .*AUTH_DB_HOST/],
    ['ENOTFOUND', /^the database cannot be reached \(ENOTFOUND\)/],
    ['57P03', /^the database cannot be reached \(57P03\)/],
    ['42501', /`npm run migrate`/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /certificate .*AUTH_DB_SSL/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /certificate .*AUTH_DB_SSL/],
  ])('is one line for %s, without the words of the server', (code, expected) => {
    expect(lineFor(withCode(code))).toMatch(expected);
    expect(lineFor(withCode(code))).not.toMatch(new RegExp(`\n|${CANARY}`));
  });

  it('is found under what wraps it', () => {
    const several = new AggregateError([withCode('ECONNREFUSED')]);
    const wrapped = Object.assign(new Error('query failed'), { driverError: withCode('28P01') });
    expect(lineFor(several)).toMatch(/ECONNREFUSED/);
    expect(lineFor(wrapped)).toMatch(/refuses/);
    expect(lineFor(new Error('x', { cause: wrapped }))).toMatch(/refuses/);
  });

  it('names the variables of the role that tried', () => {
    expect(lineFor(withCode('28P01'), ADMIN_ROLE_VARIABLES)).toMatch(
      /check AUTH_DATABASE_ADMIN_URL, or AUTH_DB_ADMIN_USER and AUTH_DB_ADMIN_PASSWORD$/,
    );
  });

  it('leaves any other error as it is', () => {
    const error = new Error(CANARY);
    expect(databaseFailure(error, RUNTIME_ROLE_VARIABLES)).toBe(error);
    expect(failureLine(error)).toBeUndefined();
  });
});

describe('what keeps us from the port', () => {
  it.each([
    ['EADDRINUSE', 'port 3000 is already in use: stop what uses it, or set PORT to another'],
    ['EACCES', 'port 3000 is reserved: set PORT to 1024 or above'],
    ['EADDRNOTAVAIL', 'AUTH_HTTP_HOST must be an address of this machine'],
  ])('is one line for %s', (code, line) => {
    expect(failureLine(listenFailure(withCode(code), 3000))).toBe(line);
  });

  it.each([
    ['EADDRINUSE', 'port 9464 is already in use: stop what uses it, or set AUTH_METRICS_PORT to'],
    ['EACCES', 'port 9464 is reserved: set AUTH_METRICS_PORT to 1024 or above'],
    ['EADDRNOTAVAIL', 'AUTH_METRICS_HOST must be an address of this machine'],
  ])('is one line for %s about the port of the metrics', (code, line) => {
    const failure = listenFailure(withCode(code), 9464, METRICS_VARIABLES);
    expect(failureLine(failure)?.startsWith(line)).toBe(true);
  });
});

it('shows the messages that were made to be shown, and no other', () => {
  expect(failureLine(new StartFailure('a'))).toBe('a');
  expect(failureLine(new ConfigurationError('b'))).toBe('b');
  expect(failureLine(new TypeError(CANARY))).toBeUndefined();
});
