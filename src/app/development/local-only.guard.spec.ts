import type { ExecutionContext } from '@nestjs/common';

import { AuthError } from '../../common/errors';
import { LocalOnlyGuard } from './local-only.guard';

/** Whether a request is let in; `false` is an answer as if the route did not exist. */
function letsIn(remoteAddress: string | undefined, headers: Record<string, string>): boolean {
  const context = {
    switchToHttp: () => ({ getRequest: () => ({ socket: { remoteAddress }, headers }) }),
  } as unknown as ExecutionContext;
  try {
    return new LocalOnlyGuard().canActivate(context);
  } catch (error) {
    if (error instanceof AuthError && error.code === 'not_found') return false;
    throw error;
  }
}

describe('the guard of development routes', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
    'lets in a socket of this machine: %s',
    (address) => {
      expect(letsIn(address, { host: 'localhost:3000' })).toBe(true);
    },
  );

  it.each(['192.168.1.5', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '0.0.0.0', 'x', undefined])(
    'knows no other socket: %s',
    (address) => {
      expect(letsIn(address, { host: 'localhost:3000' })).toBe(false);
    },
  );

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:1', '[::1]:3000'])(
    'answers under the names of this machine: %s',
    (host) => {
      expect(letsIn('127.0.0.1', { host })).toBe(true);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:3000#localhost',
    'localhost@evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0:3000',
    'localhost:3000:80',
    '',
  ])('answers under no other name: %s', (host) => {
    expect(letsIn('127.0.0.1', { host })).toBe(false);
  });

  it('answers no request without a name', () => {
    expect(letsIn('127.0.0.1', {})).toBe(false);
  });

  it.each([
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'forwarded',
    'via',
    'x-real-ip',
    'cf-connecting-ip',
    'true-client-ip',
  ])('answers nothing that came through a proxy: %s', (header) => {
    expect(letsIn('127.0.0.1', { host: 'localhost', [header]: '127.0.0.1' })).toBe(false);
  });
});
