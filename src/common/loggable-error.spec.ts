import fc from 'fast-check';

import { errorCode, errorName, framesBelow, stackFrames } from './loggable-error';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.abc.def';
const SECRETS = `ada@example.com token=${TOKEN}`;

/** Any frame of this file. */
const OURS = expect.stringMatching(/^at .*loggable-error\.spec\.ts:\d+:\d+\)?$/);

/** An error with a stack of our own. */
const withStack = (message: string, stack: string): Error =>
  Object.assign(new Error(message), { stack });

/** What is logged of one line that stands where V8 writes its frames. */
const framesOf = (line: string): readonly string[] => framesBelow('x', `Error: x\n    at ${line}`);

describe('the frames of an error', () => {
  it.each([
    ['one line', 'canary'],
    ['no text', ''],
    ['a piece of its name', 'Error'],
    ['a piece of every line', 'at'],
    ['lines', 'canary\ncanary\n'],
    ['a line that looks like a frame', `x\n    at ${SECRETS}`],
    ['a line that has the form of a frame', 'x\n    at canary (/tmp/canary.js:1:1)'],
    ['a frame as its last line', `x\nError: x\n    at canary (/tmp/canary.js:1:1)`],
    ['only lines that look like frames', '\n    at /tmp/canary.js:1:1\n    at /tmp/canary.js:1:1'],
  ])('hold no line of a message of %s', (_what, message) => {
    for (const error of [
      new Error(message),
      new TypeError(message, { cause: new Error(message) }),
      new AggregateError([new Error(message)], message),
    ]) {
      const frames = stackFrames(error);
      expect(frames[0]).toEqual(OURS);
      expect(frames.join('\n')).not.toMatch(/canary|ada@|eyJ/);
      expect(frames.length).toBeLessThanOrEqual(20);
    }
  });

  it('hold no line of any message', () => {
    const line = fc.constantFrom(
      'Error: x',
      '    at canary (/tmp/canary.js:1:1)',
      'x',
      '',
      'Error',
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const frames = stackFrames(new Error(lines.join('\n')));
        expect(frames[0]).toEqual(OURS);
        expect(frames.join('\n')).not.toContain('canary');
      }),
    );
  });

  it.each([
    ['was changed', 'other', 'Error: x\n    at f (/tmp/canary.js:1:1)'],
    ['was cut', 'x', 'Error: x y\n    at f (/tmp/canary.js:1:1)'],
    ['lost its beginning', 'y', 'Error: x: y\n    at f (/tmp/canary.js:1:1)'],
    ['was removed', '', 'Error: x\n    at f (/tmp/canary.js:1:1)'],
    ['stands below other lines', 'x', 'canary\nError: x\n    at f (/tmp/canary.js:1:1)'],
  ])('are none where the message %s', (_what, message, stack) => {
    expect(stackFrames(withStack(message, stack))).toEqual([]);
  });

  it('are kept of an error that got its message after its stack', () => {
    const error = new Error();
    error.message = 'canary';
    expect(stackFrames(error)[0]).toEqual(OURS);
  });

  it('are none where the name has lines of its own', () => {
    class Named extends Error {
      override get name(): string {
        return 'Error\n    at f (/tmp/canary.js:1:1)';
      }
    }
    expect(stackFrames(new Named())).toEqual([]);
  });

  it('end where somebody has added another stack', () => {
    const stack = `Error: x\n    at f (/a.js:1:1)\nError: y\n    at g (/tmp/canary.js:1:1)`;
    expect(stackFrames(withStack('x', stack))).toEqual(['at f (/a.js:1:1)']);
  });

  it.each([
    'Object.<anonymous> (/srv/app/main.js:1:2)',
    'async Service.stop (/srv/app/main.js:1:2)',
    'new Database (/srv/my app/main.js:1:2)',
    'Module.runMain [as run_main] (node:internal/modules/run_main:154:5)',
    'Router.#find (file:///srv/node_modules/@nestjs/core/router.mjs:1:2)',
    'run (C:\\srv\\app\\main.js:1:2)',
    '/srv/app/main.js:1:2',
  ])('are as V8 writes them: %s', (line) => {
    expect(framesOf(line)).toEqual([`at ${line}`]);
  });

  it.each([
    'ada@example.com',
    SECRETS,
    'run (ada@example.com:1:1)',
    'run (/srv/app/main.js)',
    'run (/srv/app/main.js:1)',
    'run (/srv/app/main.js:1:1) ada',
    'run (/srv/\u001b[31mmain.js:1:1)',
    'run (/srv/\u202emain.js:1:1)',
    'run (/srv/main.js?canary:1:1)',
    'eval (eval at run (/srv/app/main.js:1:2), <anonymous>:1:1)',
    'Promise.all (index 0)',
    `run (/srv/${'a'.repeat(600)}.js:1:1)`,
  ])('are nothing of another form: %j', (line) => {
    expect(framesOf(line)).toEqual([]);
  });

  it('leave out the name of a function that is not plain', () => {
    const name = `Object.${SECRETS}`;
    const thrower = { [name]: () => new Error('x') }[name];
    expect(stackFrames(thrower())[0]).toMatch(/^at [^ ]*loggable-error\.spec\.ts:\d+:\d+$/);
    expect(framesOf('two words (/srv/app/main.js:1:2)')).toEqual(['at /srv/app/main.js:1:2']);
  });

  it('are redacted', () => {
    expect(framesOf(`${TOKEN} (/home/ada@example.com/main.js:1:2)`)).toEqual([
      'at [redacted] (/home/[redacted]/main.js:1:2)',
    ]);
    const redact = (text: string): string => text.replace('hunter2', '…');
    expect(framesBelow('x', 'Error: x\n    at /srv/hunter2.js:1:2', redact)).toEqual([
      'at /srv/….js:1:2',
    ]);
  });

  it.each(['a\n', '    at ', '(', '/:1', 'Error: '])(
    'take linear time for 10 MB of %j',
    (piece) => {
      const text = piece.repeat(10_000_000 / piece.length);
      const started = performance.now();
      stackFrames(new Error(text));
      framesBelow('x', `Error: x\n    at ${text}`);
      framesBelow(piece, text);
      expect(performance.now() - started).toBeLessThan(2_000);
    },
  );
});

describe('the class and the code of an error', () => {
  class DriverError extends Error {
    readonly code = '57P01';
  }

  it('are read where they have the usual form', () => {
    expect([errorName(new DriverError()), errorCode(new DriverError())]).toEqual([
      'DriverError',
      '57P01',
    ]);
    expect(errorCode(Object.assign(new Error('x'), { code: 'ERR_TLS' }))).toBe('ERR_TLS');
  });

  it.each([SECRETS, 'Error\nx', 'a'.repeat(64), '123456', '\u001b[31m', '', 7])(
    'are left out where they are %j',
    (value) => {
      const Named = class extends Error {
        readonly code = value;
      };
      Object.defineProperty(Named, 'name', { value });
      expect([errorName(new Named()), errorCode(new Named())]).toEqual(['Error', undefined]);
    },
  );

  it.each([
    ['a text', SECRETS, 'string'],
    ['nothing', undefined, 'undefined'],
    ['an object', { code: 'E', stack: 'x', message: 'x' }, 'object'],
  ])('of %s that was thrown are its type alone', (_what, thrown, name) => {
    expect([errorName(thrown), errorCode(thrown), stackFrames(thrown)]).toEqual([
      name,
      undefined,
      [],
    ]);
  });

  it('are safe to read even where the error is not', () => {
    const hostile = new Error('x');
    for (const name of ['constructor', 'code', 'stack', 'message', 'name']) {
      Object.defineProperty(hostile, name, {
        get: () => {
          throw new Error('canary');
        },
      });
    }
    expect([errorName(hostile), errorCode(hostile), stackFrames(hostile)]).toEqual([
      'Error',
      undefined,
      [],
    ]);
  });
});
