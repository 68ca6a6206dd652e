import { InvalidRequestError } from '../common/errors';
import { parseDeviceFingerprint } from './client-context';

describe('parseDeviceFingerprint', () => {
  it('returns undefined without the header', () => {
    expect(parseDeviceFingerprint(undefined)).toBeUndefined();
  });

  it.each(['x', '!~', 'f'.repeat(128)])('takes %s as it is', (header) => {
    expect(parseDeviceFingerprint(header)).toBe(header);
  });

  it.each([
    ['an empty header', ''],
    ['129 characters', 'f'.repeat(129)],
    ['a space', 'a b'],
    ['a header sent twice', 'aaaa, bbbb'],
    ['a list', ['aaaa']],
    ['a letter outside ASCII', 'f\u00fc'],
    ['a control character', 'a\u0000'],
    ['a delete character', 'a\u007f'],
    ['a line break at the end', 'aaaa\n'],
  ])('refuses %s, naming the header and not its value', (_name, header) => {
    let thrown: unknown;
    try {
      parseDeviceFingerprint(header);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidRequestError);
    expect((thrown as InvalidRequestError).fields).toEqual([
      { field: 'x-device-fingerprint', message: 'This must be 1 to 128 visible ASCII characters.' },
    ]);
  });
});
