import fc from 'fast-check';

import { inspectValue, jsonFaultError, MAX_JSON_DEPTH, scanJson } from './json-guard';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const nestedObjects = (depth: number) => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1);

describe('scanJson', () => {
  it.each([
    '{}',
    '[]',
    '"text"',
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"a"}',
    '["a","a",":","a"]',
    '{"a":"\\"b\\":","b":"{[{["}',
    '{"Constructor":1,"proto":"__proto__"}',
    ' { "a" : "b" , "b" : "c" } ',
  ])('finds nothing wrong with %s', (text) => {
    expect(scanJson(text)).toBeUndefined();
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"\\"":1,"\\u0022":2}',
    '{"a" \n\t\r : 1, "b":{}, "a":2}',
    '[{"x":{"a":[1],"a":2}}]',
    '{"a":{"b":1},"a":{"c":1}}',
  ])('finds the member that is named twice in %s', (text) => {
    expect(scanJson(text)).toBe('duplicate_key');
  });

  it.each([
    '{"__proto__":{}}',
    '{"\\u005f_proto__":1}',
    '[{"a":{"constructor":1}}]',
    '{"prototype":null}',
  ])('finds the forbidden name in %s', (text) => {
    expect(scanJson(text)).toBe('forbidden_key');
  });

  it('takes 20 levels and refuses 21', () => {
    expect(MAX_JSON_DEPTH).toBe(20);
    expect(scanJson(nested(20))).toBeUndefined();
    expect(scanJson(nested(21))).toBe('too_deep');
    expect(scanJson(nestedObjects(20))).toBeUndefined();
    expect(scanJson(nestedObjects(21))).toBe('too_deep');
  });

  it('counts levels that are open, not those that were', () => {
    expect(scanJson(`[${'[],{},'.repeat(100)}[]]`)).toBeUndefined();
  });

  it.each(['{"a', '"\\', '}}]]', '{"a":1', '{"\\ud', '{"\\x":1,"\\x":2}', '', ':"a":'])(
    'ends on %j, which is not JSON',
    (text) => {
      expect(() => scanJson(text)).not.toThrow();
    },
  );

  it('agrees with inspectValue on every value that JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 24, depthSize: 'max' }), (value) => {
        const text = JSON.stringify(value);
        const inspected = inspectValue(JSON.parse(text));
        const expected = inspected === 'forbidden_character' ? undefined : inspected;
        expect(scanJson(text)).toBe(expected);
      }),
    );
  });

  it('finds any name that is given to two members of one object, however it is written', () => {
    const escaped = (name: string) =>
      `"${name.replace(/./gs, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
    const name = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(name, fc.jsonValue({ maxDepth: 3 }), (key, value) => {
        fc.pre(!['__proto__', 'constructor', 'prototype'].includes(key));
        const text = `{${JSON.stringify(key)}:1,"${'x'.repeat(99)}":${JSON.stringify(value)},${escaped(key)}:2}`;
        fc.pre(inspectValue(value) === undefined);
        expect(scanJson(text)).toBe('duplicate_key');
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const time = (text: string) => {
      const start = performance.now();
      scanJson(text);
      return performance.now() - start;
    };
    const blanks = `["a"${' '.repeat(500_000)},"b"${' '.repeat(500_000)}]`;
    const quotes = `["${'\\"'.repeat(500_000)}"]`;
    expect(time(blanks)).toBeLessThan(1_000);
    expect(time(quotes)).toBeLessThan(1_000);
  });
});

describe('inspectValue', () => {
  it.each([undefined, null, 1, true, 'text', {}, [], { a: [{ b: 'c' }] }, '😀 é'])(
    'finds nothing wrong with %j',
    (value) => {
      expect(inspectValue(value)).toBeUndefined();
    },
  );

  it.each([
    '"\\u0000"',
    '{"a":["x\\u0000"]}',
    '{"\\u0000":1}',
    '"\\ud800"',
    '"\\udc00"',
    '"\\udc00\\ud800"',
    '{"a":{"\\ud83d":1}}',
    '["\\ud83d\\ude00\\ud83d"]',
  ])('finds what PostgreSQL cannot store in %s', (text) => {
    expect(inspectValue(JSON.parse(text))).toBe('forbidden_character');
  });

  it.each(['{"__proto__":{"a":1}}', '{"a":[{"constructor":{}}]}', '{"prototype":1}'])(
    'finds the forbidden name in %s',
    (text) => {
      expect(inspectValue(JSON.parse(text))).toBe('forbidden_key');
    },
  );

  it('takes 20 levels and refuses 21', () => {
    expect(inspectValue(JSON.parse(nested(20)))).toBeUndefined();
    expect(inspectValue(JSON.parse(nested(21)))).toBe('too_deep');
  });

  it('does not overflow on a value that would overflow any recursion', () => {
    let value: unknown = {};
    for (let level = 0; level < 1_000_000; level += 1) value = { value };
    expect(inspectValue(value)).toBe('too_deep');
  });

  it('does not enter binary data', () => {
    expect(inspectValue(Buffer.alloc(10_000_000))).toBeUndefined();
  });
});

describe('jsonFaultError', () => {
  it('is an invalid_request that names the part of the request', () => {
    const error = jsonFaultError('too_deep', 'query');
    expect(error.code).toBe('invalid_request');
    expect(error.fields).toEqual([
      { field: 'query', message: 'must not be nested deeper than 20 levels' },
    ]);
  });
});
