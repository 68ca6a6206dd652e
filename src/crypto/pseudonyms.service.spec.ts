import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { Pseudonyms } from './pseudonyms.service';

const GOLDEN = { digest: 'nT6QSBTr4apzXB5RIkeOzzqGhokwgBgC0Wiq-eqQxzE', keyId: FIRST_KEY.id };

describe('The pseudonym of an address', () => {
  it('is the one that another implementation computes, with the id of its key', () => {
    const pseudonyms = new Pseudonyms(keyRingOf(FIRST_KEY));
    expect(pseudonyms.ofAddress('default', 'ada@example.com')).toEqual([GOLDEN]);
  });

  it('is given for each held key, the current key first', () => {
    const [current, ...others] = new Pseudonyms(keyRingOf(SECOND_KEY, FIRST_KEY)).ofAddress(
      'default',
      'ada@example.com',
    );
    expect(current.keyId).toBe(SECOND_KEY.id);
    expect(current.digest).not.toBe(GOLDEN.digest);
    expect(others).toEqual([GOLDEN]);
  });

  it('differs for another tenant and another address', () => {
    const pseudonyms = new Pseudonyms(keyRingOf(FIRST_KEY));
    const digests = [
      pseudonyms.ofAddress('default', 'ada@example.com'),
      pseudonyms.ofAddress('other', 'ada@example.com'),
      pseudonyms.ofAddress('default', 'bob@example.com'),
      pseudonyms.ofAddress('defaulta', 'da@example.com'),
    ].map(([{ digest }]) => digest);
    expect(new Set(digests).size).toBe(4);
  });
});
