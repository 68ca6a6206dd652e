import fc from 'fast-check';

import { parseMasterKey } from './master-key';

const KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

describe('A master key', () => {
  it('is the bytes that its hexadecimal digits stand for, in either case', () => {
    const bytes = Buffer.from(KEY, 'hex');
    expect(parseMasterKey(KEY, 'masterKey')).toEqual(bytes);
    expect(parseMasterKey(KEY.toUpperCase(), 'masterKey')).toEqual(bytes);
  });

  it('may be longer than 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 128 }), (bytes) => {
        fc.pre(new Set(bytes).size > 1);
        const hex = Buffer.from(bytes).toString('hex');
        expect(parseMasterKey(hex, 'masterKey').toString('hex')).toBe(hex);
      }),
    );
  });

  it.each([
    ['is shorter than 32 bytes', KEY.slice(2)],
    ['has half a byte too little', KEY.slice(1)],
    ['has half a byte too much', `${KEY}0`],
    ['is empty', ''],
    ['holds a letter that is no digit', `${KEY.slice(1)}g`],
    ['is in base64', Buffer.from(KEY, 'hex').toString('base64')],
    ['has a prefix', `0x${KEY}`],
    ['has a blank before it', ` ${KEY}`],
    ['has a newline after it', `${KEY}\n`],
    ['holds blanks', KEY.replaceAll('88', ' 8')],
    ['is all zeros', '00'.repeat(32)],
    ['is all ones', 'ff'.repeat(32)],
    ['repeats a byte', 'A5'.repeat(64)],
  ])('is refused when it %s, by name and never with its value', (_what, hex) => {
    const error = refusal(() => parseMasterKey(hex, 'acceptedMasterKeys[1]'));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^acceptedMasterKeys\[1\] must /);
    expect(error.message).not.toContain('\n');
    if (hex !== '') expect(error.message).not.toContain(hex.slice(0, 8));
  });
});

function refusal(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}
