import { Logger } from '@nestjs/common';
import fc from 'fast-check';

import type { Clock } from '../../common/clock';
import { createRedact } from '../../common/redaction';
import { AppLogger } from './app-logger';
import { formatJsonLine, formatTextLine, type LogFormat } from './log-format';

const NOON: Clock = {
  now: () => new Date('2026-01-02T12:00:00.000Z'),
  monotonicMilliseconds: () => 0,
};

function logInto(lines: string[], format: LogFormat = formatJsonLine): AppLogger {
  return new AppLogger({
    format,
    redact: createRedact(),
    clock: NOON,
    write: (line) => void lines.push(line),
    dangerouslyUnredactedContext: 'Mailbox',
  });
}

function jsonOf(work: (logger: AppLogger) => void): Record<string, unknown> {
  const lines: string[] = [];
  work(logInto(lines));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

class DriverError extends Error {
  readonly code = '23505';
}

describe('the log', () => {
  it('writes a record with its time, level, context, message and fields', () => {
    expect(
      jsonOf((logger) => logger.warn('Slow', { request_id: 'r1', ms: 3 }, 'Database')),
    ).toEqual({
      time: '2026-01-02T12:00:00.000Z',
      level: 'warn',
      context: 'Database',
      message: 'Slow',
      request_id: 'r1',
      ms: 3,
    });
  });

  it("understands Nest's own logger, and messages among fields", () => {
    const lines: string[] = [];
    Logger.overrideLogger(logInto(lines));
    new Logger('Mail').error({ message: 'Lost', error: 'TypeError' });
    Logger.overrideLogger(false);
    expect(JSON.parse(lines.join(''))).toMatchObject({
      level: 'error',
      context: 'Mail',
      message: 'Lost',
      error: 'TypeError',
    });
  });

  it('tells the class, the code and the frames of an error, and never its message', () => {
    const error = new DriverError('duplicate key: ada', { cause: new TypeError('ada') });
    const record = jsonOf((logger) => logger.error('Failed', error, 'Process'));
    expect(record['error']).toMatchObject({
      name: 'DriverError',
      code: '23505',
      cause: 'TypeError',
    });
    expect(JSON.stringify(record)).toContain('app-logger.spec.ts');
    expect(JSON.stringify(record)).not.toContain('ada');
  });

  it.each([
    ['as the message', (logger: AppLogger, error: Error) => logger.error(error, 'Process')],
    ['as a field', (logger: AppLogger, error: Error) => logger.error('Failed', error, 'Process')],
    ['in a field', (logger: AppLogger, error: Error) => logger.error('Failed', { error }, 'C')],
    [
      'as text',
      (logger: AppLogger, error: Error) => logger.error('Failed', error.stack, 'ExceptionsHandler'),
    ],
  ])('tells nothing of a message that looks like a stack: %s', (_where, log) => {
    const line = 'ada@example.com token=eyJhbGciOiJIUzI1NiJ9.abc.def';
    const error = new Error(`canary\n    at ${line}\n    at canary (/tmp/canary.js:1:1)`);
    expect(JSON.stringify(jsonOf((logger) => log(logger, error)))).not.toMatch(/canary|ada@|eyJ/);
  });

  it('keeps the frames of a stack that comes as text, below the message beside it', () => {
    const error = new Error('canary\n    at canary (/tmp/canary.js:1:1)');
    const record = jsonOf((logger) => logger.error(error.message, error.stack, 'Process'));
    expect(JSON.stringify(record['stack'])).toContain('app-logger.spec.ts');
    expect(JSON.stringify(record['stack'])).not.toContain('canary');
  });

  it('tells nothing of names that a stranger has given', () => {
    class Hostile extends Error {
      readonly code = 'ada@example.com';
    }
    Object.defineProperty(Hostile, 'name', { value: 'ada\n' });
    const error = new Hostile('x', { cause: new Hostile('y') });
    expect(jsonOf((logger) => logger.error('Failed', error, 'Process'))['error']).toEqual({
      name: 'Error',
      cause: 'Error',
      stack: expect.any(Array),
    });
  });

  it('shows the message of an error that ends the start', () => {
    const error = new Error('Nest cannot find the provider X');
    const record = jsonOf((logger) => logger.error(error, 'ExceptionHandler'));
    expect(record['message']).toBe('Error: Nest cannot find the provider X');
  });

  it('removes secrets wherever they stand', () => {
    const record = jsonOf((logger) =>
      logger.log(
        'to ada@example.com',
        {
          password: 'hunter2',
          session_token: 'abc',
          nested: { list: ['Bearer abc'], 'ada@example.com': 1 },
          bytes: Buffer.from('hunter2'),
        },
        'ada@example.com',
      ),
    );
    expect(JSON.stringify(record)).not.toMatch(/hunter2|ada|abc/);
    expect(record).toMatchObject({
      password: '[redacted]',
      nested: { list: ['Bearer [redacted]'] },
    });
  });

  it('leaves the one context alone that shows mail in development', () => {
    const lines: string[] = [];
    const logger = logInto(lines, formatTextLine);
    logger.log('ada@example.com: Sign in', 'Mailbox');
    logger.log('ada@example.com: Sign in', 'Other');
    expect(lines[0]).toContain('[Mailbox] ada@example.com: Sign in');
    expect(lines[1]).toContain('[Other] [redacted]: Sign in');
  });

  it('cannot be made to replace the fields of the record itself', () => {
    const record = jsonOf((logger) => logger.log('Real', { level: 'fatal', time: 'x' }, 'C'));
    expect(record).toMatchObject({ level: 'info', message: 'Real', field_level: 'fatal' });
  });

  it.each([
    ['JSON', formatJsonLine],
    ['text', formatTextLine],
  ])('writes one line of %s for whatever it is given', (_name, format) => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.anything(), text, (message, fields, context) => {
        const lines: string[] = [];
        const logger = logInto(lines, format);
        logger.log(message, fields, context);
        logger.error(fields);
        expect(lines).toHaveLength(2);
        for (const line of lines) {
          expect(line).toMatch(/^[^\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]*\n$/);
        }
      }),
    );
  });

  it('survives an object that holds itself', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(jsonOf((logger) => logger.log('Loop', loop, 'C'))).toMatchObject({ message: 'Loop' });
  });

  it("leaves out Nest's account of its set-up, not its errors", () => {
    const lines: string[] = [];
    const logger = logInto(lines);
    logger.log('Mapped {/auth/session, GET} route', 'RouterExplorer');
    logger.error('Broken', 'RouterExplorer');
    expect(lines).toHaveLength(1);
  });
});
