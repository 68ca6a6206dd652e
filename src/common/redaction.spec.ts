import fc from 'fast-check';

import { createRedact, escapeControls } from './redaction';

const redact = createRedact();

const TOKEN = `eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJjYW5hcnkifQ.c2lnbmF0dXJl`;

describe('the redaction of the log', () => {
  it.each([
    ['a token', `got ${TOKEN}.`, 'got [redacted]'],
    ['the beginning of a token', `got eyJhbGciOiJIUzI1NiJ9.`, 'got [redacted]'],
    [
      'a token in a link',
      `https://a.example/l#token=${TOKEN} now`,
      'https://a.example/l#token=[redacted] now',
    ],
    ['a bearer header', 'Authorization: Bearer abc.def-ghi', 'Authorization: Bearer [redacted]'],
    ['a bearer header in lower case', 'bearer abc', 'bearer [redacted]'],
    [
      'a session cookie',
      '__Host-mira_session=abc; other=1',
      '__Host-mira_session=[redacted]; other=1',
    ],
    [
      'a variable with its value',
      'AUTH_DB_PASSWORD=hunter2 PORT=1',
      'AUTH_DB_PASSWORD=[redacted] PORT=1',
    ],
    ['credentials in a URL', 'postgres://app:hunter2@db:5432/x', 'postgres://[redacted]@db:5432/x'],
    ['a key in hexadecimal', `key ${'0f'.repeat(32)}`, 'key [redacted]'],
    ['an address', 'to ada@example.com, once', 'to [redacted], once'],
    ['an address in brackets', '<ada+tag@example.com>', '<[redacted]>'],
    ['an encoded address', '/x?email=ada%40example.com', '/x?email=[redacted]'],
    ['an address with a fullwidth sign', 'ada＠example.com', '[redacted]'],
  ])('removes %s', (_what, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'AUTH_MASTER_KEY must have at least 64 hexadecimal characters (32 bytes)',
    'at run (/srv/node_modules/@nestjs/core/router.js:12:3)',
    'request 0b6f7c4e-6a3c-4c58-9d0c-1d9c3a9f5b1e took 3 ms',
    'the bearer of the news: eyes open',
  ])('leaves alone what is no secret: %s', (text) => {
    expect(redact(text)).toBe(text.replace('bearer of', 'bearer [redacted]'));
  });

  it('removes the secrets that it is told of, whatever they look like', () => {
    const withSecrets = createRedact(['correct horse battery', 'short']);
    expect(withSecrets('x correct horse battery y short z')).toBe('x [redacted] y short z');
  });

  it('never leaves a mailbox name beside its domain', () => {
    const part = fc.stringMatching(/^[a-z0-9.+_-]{3,20}$/);
    const around = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(part, part, around, around, (local, domain, before, after) => {
        const text = redact(`${before} ${local}@${domain}.example ${after}`);
        expect(text).not.toContain(`${local}@${domain}`);
      }),
    );
  });

  it.each(['@', 'a@', 'a'.repeat(10), 'eyJ.', 'bearer ', 'AUTH_A=', '://', 'token='])(
    'takes linear time for 10 MB of %j',
    (piece) => {
      const started = performance.now();
      redact(piece.repeat(10_000_000 / piece.length));
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});

describe('the escaping of controls', () => {
  it('leaves one line, without terminal sequences and changes of direction', () => {
    expect(escapeControls('a\nb\r\u001b[31m\u202e\u2028\u009b')).toBe(
      'a\\nb\\u000d\\u001b[31m\\u202e\\u2028\\u009b',
    );
  });

  it('can be undone by JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(escapeControls(JSON.stringify(text)))).toBe(text);
      }),
    );
  });
});
