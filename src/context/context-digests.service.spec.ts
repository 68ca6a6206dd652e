import fc from 'fast-check';

import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { type ClaimedContext, ContextDigests } from './context-digests.service';

const before = new ContextDigests(keyRingOf(FIRST_KEY));
const accepting = new ContextDigests(keyRingOf(FIRST_KEY, SECOND_KEY));
const after = new ContextDigests(keyRingOf(SECOND_KEY, FIRST_KEY));
const retired = new ContextDigests(keyRingOf(SECOND_KEY));

/** Computed with Python's `hmac` and `cryptography`. */
const GOLDEN_FINGERPRINT = 'ce5afb9dfd326807.OTU8u3K6APZnkDs475dgwnpVRxs_VqYlDmwp1pFdndg';

describe('The digest of a fingerprint', () => {
  it('matches another implementation, prefixed with the id of its key', () => {
    expect(before.fingerprint('device-1')).toBe(GOLDEN_FINGERPRINT);
  });

  it('fits its column and does not hold the fingerprint', () => {
    const fingerprint = 'f'.repeat(128);
    expect(before.fingerprint(fingerprint)).toMatch(/^[0-9a-f]{16}\.[\w-]{43}$/);
    expect(before.fingerprint(fingerprint)).not.toContain('fff');
  });

  it('matches its own fingerprint and no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(before.matches(before.fingerprint(one), one)).toBe(true);
        expect(before.matches(before.fingerprint(one), other)).toBe(one === other);
      }),
    );
  });

  it('still matches after a rotation, but not once its key is removed', () => {
    const stored = before.fingerprint('device-1');
    expect(accepting.matches(stored, 'device-1')).toBe(true);
    expect(after.matches(stored, 'device-1')).toBe(true);
    expect(after.matches(stored, 'device-2')).toBe(false);
    expect(retired.matches(stored, 'device-1')).toBe(false);
    expect(before.matches(after.fingerprint('device-1'), 'device-1')).toBe(false);
  });

  it.each([
    '',
    '.',
    'device-1',
    FIRST_KEY.id,
    `${FIRST_KEY.id}.`,
    GOLDEN_FINGERPRINT.slice(0, -1),
    `${GOLDEN_FINGERPRINT}.`,
    GOLDEN_FINGERPRINT.replace(FIRST_KEY.id, SECOND_KEY.id),
  ])('is not matched by the stored text %j', (stored) => {
    expect(after.matches(stored, 'device-1')).toBe(false);
  });

  it('is among the candidates of its fingerprint, one for each held key', () => {
    expect(after.candidates('device-1')).toEqual([
      after.fingerprint('device-1'),
      GOLDEN_FINGERPRINT,
    ]);
    expect(after.candidates('device-2')).not.toContain(GOLDEN_FINGERPRINT);
  });
});

describe('The context claim', () => {
  const context: ClaimedContext = {
    ipAddress: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (Zürich)',
    fingerprintDigest: null,
  };

  it('is the one that another implementation computes', () => {
    expect(before.claim(FIRST_KEY.id, context)).toBe('Dey3sXss7Y4W35XMJLOes-92Ha45eFk366yT46aTnaI');
    expect(before.claim(FIRST_KEY.id, { ...context, fingerprintDigest: GOLDEN_FINGERPRINT })).toBe(
      '9ZjXsXbpLpU462xvB5DJJuMkO9KPhrzBxY_tdQQTa1k',
    );
  });

  it('is made with the key that the row names, whichever key is current', () => {
    expect(after.claim(FIRST_KEY.id, context)).toBe(before.claim(FIRST_KEY.id, context));
    expect(after.claim(SECOND_KEY.id, context)).not.toBe(before.claim(FIRST_KEY.id, context));
  });

  it.each<Partial<ClaimedContext>>([
    { ipAddress: '192.0.2.2' },
    { userAgent: 'Mozilla/5.0' },
    { fingerprintDigest: '' },
    { fingerprintDigest: GOLDEN_FINGERPRINT },
  ])('changes with %j', (difference) => {
    expect(before.claim(FIRST_KEY.id, { ...context, ...difference })).not.toBe(
      before.claim(FIRST_KEY.id, context),
    );
  });
});
