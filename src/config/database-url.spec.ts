import fc from 'fast-check';

import { formatDatabaseUrl, parseDatabaseAddress } from './database-url';
import { parseDatabaseUrl } from './urls';

const DEFAULTS = { port: 5432, user: undefined, password: undefined, database: 'auth_db' };

describe('The URL of a database', () => {
  it.each([
    ['postgres://localhost/auth_db', { ...DEFAULTS, host: 'localhost' }],
    ['postgresql://app@localhost/auth_db', { ...DEFAULTS, host: 'localhost', user: 'app' }],
    ['postgres://localhost/auth_db?sslmode=disable', { ...DEFAULTS, host: 'localhost' }],
    ['postgres://[::1]:5433/auth_db', { ...DEFAULTS, host: '::1', port: 5433 }],
    [
      'postgres://a%40b:p%2F%3A%25@10.0.0.1/a%20b',
      { ...DEFAULTS, host: '10.0.0.1', user: 'a@b', password: 'p/:%', database: 'a b' },
    ],
  ])('%s is read', (url, address) => {
    expect(parseDatabaseAddress(url, 'url')).toEqual(address);
    expect(parseDatabaseAddress(formatDatabaseUrl(address), 'url')).toEqual(address);
    expect(parseDatabaseUrl(url, 'url')).toBe(url);
  });

  it('can be made of any address, and read again', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    const address = fc.record({
      host: fc.oneof(fc.constantFrom('db', 'db.example.com', '::1', '2001:db8::1')),
      port: fc.integer({ min: 1, max: 65_535 }),
      user: fc.option(text, { nil: undefined }),
      password: fc.option(text, { nil: undefined }),
      // A URL has no way to write these two.
      database: text.filter((name) => name !== '.' && name !== '..'),
    });
    fc.assert(
      fc.property(address, (value) => {
        expect(parseDatabaseAddress(formatDatabaseUrl(value), 'url')).toEqual(value);
      }),
    );
  });

  it.each([
    '',
    'canary',
    'mysql://canary@localhost/auth_db',
    'postgres:///auth_db',
    'postgres://a:canary@localhost',
    'postgres://a:canary@localhost/',
    'postgres://a:canary@localhost/auth_db/more',
    'postgres://a:canary@localhost/auth_db?sslmode=require',
    'postgres://a:canary@localhost/auth_db?application_name=x',
    'postgres://a:canary@localhost/auth_db#fragment',
    'postgres://a:canary%@localhost/auth_db',
    'postgres://%ff:canary@localhost/auth_db',
    'postgres://a:canary@localhost/%',
    'postgres://a:canary@localhost:65536/auth_db',
    undefined as unknown as string,
  ])('is not %j, and the message names the setting alone', (value) => {
    for (const read of [parseDatabaseAddress, parseDatabaseUrl]) {
      expect(() => read(value, 'database.url')).toThrow(
        new TypeError(
          'database.url must be postgres://user:password@host:port/database, without a query',
        ),
      );
    }
  });
});
