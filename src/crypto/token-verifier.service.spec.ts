import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

import fc from 'fast-check';
import { CompactEncrypt, FlattenedSign } from 'jose';

import { decodePart, type Forgery, forgeToken } from '../../test/support/tokens/forged-token';
import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import type { KeyRing } from './key-ring.service';
import { tokenHash } from './token-hash';
import { TOKEN_KINDS, type TokenClaims, type TokenKind } from './token-kinds';
import { TokenSigner } from './token-signer.service';
import { hasTokenShape, TokenVerifier } from './token-verifier.service';

const PUBLIC_URL = 'https://auth.example.com';
const ISSUED_AT = 1_764_000_000;
const EXPIRES_AT = ISSUED_AT + 900;

const CLAIMS = {
  id: '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e6f',
  issuedAt: ISSUED_AT,
  expiresAt: EXPIRES_AT,
  context: 'Dey3sXss7Y4W35XMJLOes-92Ha45eFk366yT46aTnaI',
  redirectTo: null,
} as const satisfies TokenClaims;

const at = (seconds: number): Date => new Date(seconds * 1_000);
const NOW = at(ISSUED_AT + 1);
const LATER = at(EXPIRES_AT + 3_600);

const ring = keyRingOf(FIRST_KEY);
const key = ring.current.key('magic-link-token');
const signerWith = (keys: KeyRing): TokenSigner => new TokenSigner(keys, { publicUrl: PUBLIC_URL });
const verifierWith = (keys: KeyRing): TokenVerifier =>
  new TokenVerifier(keys, { publicUrl: PUBLIC_URL });
const signer = signerWith(ring);
const verifier = verifierWith(ring);

const verifyLink = (token: string, now = NOW): ReturnType<TokenVerifier['verify']> =>
  verifier.verify('magic-link', token, now);

/** Header and payload of a genuine link. Each test changes one part. */
const HEADER = { alg: 'HS256', typ: 'magic-link+jwt', kid: FIRST_KEY.id };
const PAYLOAD = {
  iss: PUBLIC_URL,
  aud: 'urn:mira-auth:magic-link',
  jti: CLAIMS.id,
  iat: ISSUED_AT,
  exp: EXPIRES_AT,
  ctx: CLAIMS.context,
};
const forge = (changes: Partial<Forgery>): string =>
  forgeToken({ header: HEADER, payload: PAYLOAD, key, ...changes });
const withHeader = (header: object, changes: Partial<Forgery> = {}): string =>
  forge({ ...changes, header: { ...HEADER, ...header } });
const withPayload = (payload: object): string => forge({ payload: { ...PAYLOAD, ...payload } });
/** `JSON.stringify` leaves out members that are `undefined`. */
const ABSENT = undefined;

const GENUINE = { claims: CLAIMS, keyId: FIRST_KEY.id, expired: false };

describe('A genuine token', () => {
  it('is what forgeToken makes without changes, so each forgery has one fault', async () => {
    expect(forge({})).toBe(await signer.sign('magic-link', CLAIMS));
    await expect(verifyLink(forge({}))).resolves.toEqual(GENUINE);
  });

  it('returns the signed claims after verification, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TokenKind>('magic-link', 'session', 'report'),
        fc.record({
          id: fc.uuid(),
          issuedAt: fc.integer({ min: 1, max: ISSUED_AT }),
          lifetime: fc.integer({ min: 1, max: 31_536_000 }),
          context: fc.string({ unit: 'binary', maxLength: 50 }),
          redirectTo: fc.option(fc.string({ unit: 'binary', maxLength: 50 })),
        }),
        async (kind, { lifetime, ...rest }) => {
          const claims = { ...rest, expiresAt: rest.issuedAt + lifetime };
          const token = await signer.sign(kind, claims);
          await expect(verifier.verify(kind, token, at(claims.expiresAt - 1))).resolves.toEqual({
            claims,
            keyId: FIRST_KEY.id,
            expired: false,
          });
        },
      ),
    );
  });

  it('is judged by the given time, not by the clock of this machine', async () => {
    const longAgo = { ...CLAIMS, issuedAt: 1_000, expiresAt: 1_900 };
    const farAhead = { ...CLAIMS, issuedAt: 32_000_000_000, expiresAt: 32_000_000_900 };
    for (const claims of [longAgo, farAhead]) {
      const token = await signer.sign('magic-link', claims);
      const verified = await verifyLink(token, at(claims.expiresAt - 1));
      expect(verified).toEqual({ claims, keyId: FIRST_KEY.id, expired: false });
    }
  });

  it('expires exactly at its exp', async () => {
    const token = forge({});
    const justBefore = new Date(EXPIRES_AT * 1_000 - 1);
    await expect(verifyLink(token, justBefore)).resolves.toEqual(GENUINE);
    await expect(verifyLink(token, at(EXPIRES_AT))).resolves.toEqual({ ...GENUINE, expired: true });
    await expect(verifyLink(token, LATER)).resolves.toEqual({ ...GENUINE, expired: true });
  });

  it('may have been issued up to 60 seconds ahead of the given time', async () => {
    await expect(verifyLink(forge({}), at(ISSUED_AT - 60))).resolves.toEqual(GENUINE);
    await expect(verifyLink(forge({}), at(ISSUED_AT - 61))).resolves.toBeUndefined();
  });
});

describe('The keys', () => {
  it('verify tokens of the previous and the next key, and return the id of the key', async () => {
    const rotating = verifierWith(keyRingOf(FIRST_KEY, SECOND_KEY));
    for (const own of [FIRST_KEY, SECOND_KEY]) {
      const token = await signerWith(keyRingOf(own)).sign('session', CLAIMS);
      const verified = { ...GENUINE, keyId: own.id };
      await expect(rotating.verify('session', token, NOW)).resolves.toEqual(verified);
    }
  });

  it('verify nothing that was signed with a key no longer held', async () => {
    const token = await signerWith(keyRingOf(SECOND_KEY)).sign('magic-link', CLAIMS);
    await expect(verifyLink(token)).resolves.toBeUndefined();
  });

  it('are not mixed up: a token must be signed with the key that it names', async () => {
    const rotating = verifierWith(keyRingOf(FIRST_KEY, SECOND_KEY));
    const token = withHeader({ kid: SECOND_KEY.id });
    await expect(rotating.verify('magic-link', token, NOW)).resolves.toBeUndefined();
  });
});

describe.each([
  ['fresh', NOW],
  ['expired', LATER],
])('A %s token that was tampered with', (_age, now) => {
  it('T1 T11: is refused with any one character changed, or is another string to look up', async () => {
    const token = forge({});
    const last = token.length - 1;
    for (let index = 0; index <= last; index += 1) {
      // The lowest and the highest of the six bits that the character encodes.
      for (const mask of [1, 32]) {
        const changed = token.slice(0, index) + flip(token[index]!, mask) + token.slice(index + 1);
        expect(changed).not.toBe(token);
        if (index === last && mask === 1) {
          // T11: the two lowest bits of the last character are spare (RFC 4648, section 3.5).
          expect(tokenHash(changed)).not.toBe(tokenHash(token));
        } else {
          await expect(verifyLink(changed, now)).resolves.toBeUndefined();
        }
      }
    }
  });

  it('T1: is refused with a changed claim, truncated, or with parts of another token', async () => {
    const token = forge({});
    const other = withPayload({ jti: '0190a6f2-7b1c-7c3e-9d4f-000000000000' });
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const [, otherPayload, otherSignature] = other.split('.') as [string, string, string];
    for (const tampered of [
      `${header}.${otherPayload}.${signature}`,
      `${header}.${payload}.${otherSignature}`,
      `${payload}.${header}.${signature}`,
      token.slice(0, -1),
      token.slice(0, -2),
      `${token}A`,
      `${header}.${payload}.AAAA`,
    ]) {
      await expect(verifyLink(tampered, now)).resolves.toBeUndefined();
    }
  });

  it.each(['none', 'None', 'NONE', 'nOnE'])('T2: is refused with alg %s', async (alg) => {
    const header = { ...HEADER, alg };
    const signed = forge({ header });
    const unsigned = signed.slice(0, signed.lastIndexOf('.') + 1);
    for (const token of [signed, unsigned, `${unsigned}A`, unsigned.slice(0, -1)]) {
      await expect(verifyLink(token, now)).resolves.toBeUndefined();
    }
  });

  it.each([
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
    ['hs256', 'sha256'],
    ['RS256', 'sha256'],
    ['EdDSA', 'sha256'],
    [['HS256'], 'sha256'],
    [ABSENT, 'sha256'],
  ] as const)('T3: is refused with alg %j, though signed with the right key', async (alg, hash) => {
    await expect(verifyLink(withHeader({ alg }, { hash }), now)).resolves.toBeUndefined();
  });

  it('T4: is refused when signed with a public value or with a key of another purpose', async () => {
    const sisters = [
      'session-token',
      'report-token',
      'code',
      'context-digest',
      'pseudonym',
      'limiter-key',
    ] as const;
    const keys = [
      ...['a', PUBLIC_URL, FIRST_KEY.id, 'magic-link-token', '\0'.repeat(32)].map((text) =>
        Buffer.from(text),
      ),
      FIRST_KEY.bytes,
      ...sisters.map((purpose) => ring.current.key(purpose)),
    ];
    for (const wrong of keys) {
      await expect(verifyLink(forge({ key: wrong }), now)).resolves.toBeUndefined();
    }
  });
});

describe('The header of a token', () => {
  it.each<[string, unknown]>([
    ['absent', ABSENT],
    ['empty', ''],
    ['null', null],
    ['a number', 0],
    ['a list that holds the right one', [FIRST_KEY.id]],
    ['an object', { id: FIRST_KEY.id }],
    ['a path', '../../../../dev/null'],
    ['SQL', `' OR 1=1 --`],
    ['a name of every object', '__proto__'],
    ['followed by a NUL', `${FIRST_KEY.id}\0`],
    ['in capitals', FIRST_KEY.id.toUpperCase()],
    ['64 KB long', 'a'.repeat(65_536)],
  ])('T5: is refused when its kid is %s', async (_what, kid) => {
    await expect(verifyLink(withHeader({ kid }))).resolves.toBeUndefined();
  });

  it('T5: cannot supply a key: jwk, jku and x5u are neither used nor fetched', async () => {
    const fetched = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    const own = randomBytes(32);
    for (const header of [
      { jwk: { kty: 'oct', k: own.toString('base64url') } },
      { jku: 'https://evil.example/keys' },
      { x5u: 'https://evil.example/certificate', x5c: ['AAAA'] },
    ]) {
      for (const kid of [FIRST_KEY.id, 'own']) {
        await expect(
          verifyLink(withHeader({ ...header, kid }, { key: own })),
        ).resolves.toBeUndefined();
      }
    }
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  it.each([ABSENT, '', 'JWT', 'jwt', 'session+jwt', 'magic-link', null, ['magic-link+jwt']])(
    'T6: is refused when its typ is %j',
    async (typ) => {
      await expect(verifyLink(withHeader({ typ }))).resolves.toBeUndefined();
    },
  );

  it('T12: is refused when it demands an extension', async () => {
    for (const header of [
      { crit: ['exp'], exp: EXPIRES_AT },
      { crit: ['urn:example:x'], 'urn:example:x': true },
      { crit: [] },
      { crit: 'b64', b64: true },
      { crit: ['b64'], b64: false },
      { crit: ['b64'] },
    ]) {
      await expect(verifyLink(withHeader(header))).resolves.toBeUndefined();
    }
  });

  it('T12: is refused with b64 false and an unencoded payload', async () => {
    const header = { ...HEADER, b64: false, crit: ['b64'] };
    const signed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.payload`;
    const signature = createHmac('sha256', key).update(signed).digest('base64url');
    await expect(verifyLink(`${signed}.${signature}`)).resolves.toBeUndefined();
  });

  it.each(['', '[]', '"HS256"', 'null', '1', '{', '\u0000'])(
    'is refused when its text is %j',
    async (header) => {
      await expect(verifyLink(forge({ header }))).resolves.toBeUndefined();
    },
  );
});

describe('The claims of a token', () => {
  it.each<[TokenKind, TokenKind]>([
    ['magic-link', 'session'],
    ['magic-link', 'report'],
    ['session', 'magic-link'],
    ['session', 'report'],
    ['report', 'magic-link'],
    ['report', 'session'],
  ])('T6: never make a %s pass for a %s, whichever part is swapped', async (own, other) => {
    const parts = async (kind: TokenKind): Promise<Forgery> => {
      const token = await signer.sign(kind, CLAIMS);
      return {
        header: decodePart(token, 0),
        payload: decodePart(token, 1),
        key: ring.current.key(TOKEN_KINDS[kind].purpose),
      };
    };
    const [mine, theirs] = [await parts(own), await parts(other)];
    await expect(verifier.verify(other, forgeToken(theirs), NOW)).resolves.toEqual(GENUINE);
    for (const forgery of [
      mine,
      { ...theirs, header: mine.header },
      { ...theirs, payload: mine.payload },
      { ...theirs, key: mine.key },
    ]) {
      await expect(verifier.verify(other, forgeToken(forgery), NOW)).resolves.toBeUndefined();
    }
  });

  it.each<[keyof typeof PAYLOAD, unknown[]]>([
    ['iss', [ABSENT, null, '', 'https://evil.example', `${PUBLIC_URL}/`, 1, [PUBLIC_URL]]],
    ['aud', [ABSENT, null, '', 'urn:mira-auth:session', 'urn:mira-auth', ['urn:example'], {}]],
    ['jti', [ABSENT, null, 1, ['a'], {}]],
    ['ctx', [ABSENT, null, 1, ['a'], {}]],
    ['iat', [ABSENT, null, 0, -1, '1764000000', ISSUED_AT + 0.5, 1e308, ISSUED_AT + 62, [1]]],
    ['exp', [ABSENT, null, '1764000900', EXPIRES_AT + 0.5, 1e308, 1e300, Infinity, {}, true]],
  ])('T6 T7 T8: are refused where %s is invalid', async (claim, values) => {
    for (const value of values) {
      await expect(verifyLink(withPayload({ [claim]: value }))).resolves.toBeUndefined();
    }
  });

  it('T7: are refused when the JSON text holds an invalid exp', async () => {
    const text = JSON.stringify(PAYLOAD);
    for (const exp of ['1e308', '1e400', '1764000900.5', '"1764000900"', '-1', '0', 'true']) {
      const payload = text.replace(`"exp":${EXPIRES_AT.toString()}`, `"exp":${exp}`);
      expect(payload).not.toBe(text);
      await expect(verifyLink(forge({ payload }))).resolves.toBeUndefined();
    }
  });

  it('T7: are refused when exp is not after iat, expired or not', async () => {
    for (const exp of [ISSUED_AT, ISSUED_AT - 1, 1, 0, -1]) {
      await expect(verifyLink(withPayload({ exp }))).resolves.toBeUndefined();
      await expect(verifyLink(withPayload({ exp }), LATER)).resolves.toBeUndefined();
    }
  });

  it('T8: are refused with an nbf beyond 60 seconds ahead, or of another type', async () => {
    for (const nbf of [ISSUED_AT + 62, 1e308, '1764000000', null]) {
      await expect(verifyLink(withPayload({ nbf }))).resolves.toBeUndefined();
    }
  });

  it('are refused with a target that is not a string', async () => {
    for (const redirect of [null, 1, [], {}, false]) {
      const token = withPayload({ redirect_to: redirect });
      await expect(verifyLink(token)).resolves.toBeUndefined();
    }
  });

  it.each(['', '[]', '"text"', 'null', '1', '{', '\u0000', '{}'])(
    'are refused when their text is %j',
    async (payload) => {
      await expect(verifyLink(forge({ payload }))).resolves.toBeUndefined();
    },
  );

  it.each<keyof typeof PAYLOAD>(['iss', 'aud', 'jti', 'iat', 'ctx'])(
    'are refused when %s is absent from an expired token, too',
    async (claim) => {
      await expect(verifyLink(withPayload({ [claim]: ABSENT }), LATER)).resolves.toBeUndefined();
    },
  );

  it('are refused when they are wrong in an expired token, too', async () => {
    for (const payload of [
      { iss: 'https://evil.example' },
      { aud: 'urn:mira-auth:session' },
      { nbf: EXPIRES_AT + 7_200 },
      { exp: EXPIRES_AT + 0.5 },
    ]) {
      await expect(verifyLink(withPayload(payload), LATER)).resolves.toBeUndefined();
    }
  });
});

describe('The spelling of a token', () => {
  const token = forge({});
  const [header, payload, signature] = token.split('.') as [string, string, string];

  it.each([
    ['padding', `${token}=`],
    ['padding of another part', `${header}==.${payload}.${signature}`],
    ['a newline after it', `${token}\n`],
    ['a newline within it', `${header}.\n${payload}.${signature}`],
    ['a blank before it', ` ${token}`],
    ['a blank within it', `${header}. ${payload}.${signature}`],
    ['a tab after it', `${token}\t`],
    ['a NUL after it', `${token}\0`],
    ['the alphabet of base64', `${header}.${payload}.+${signature.slice(1)}`],
    ['percent-encoding', `${header}%2E${payload}.${signature}`],
    ['fullwidth letters', `${token.slice(0, -1)}Ａ`],
    ['a fourth part', `${token}.${signature}`],
    ['a dot at its end', `${token}.`],
    ['two parts', `${header}.${payload}`],
    ['an empty payload', `${header}..${signature}`],
    ['nothing at all', ''],
    ['nothing but dots', '..'],
  ])('T10 T11: is refused with %s', async (_what, spelling) => {
    expect(hasTokenShape(spelling)).toBe(false);
    await expect(verifyLink(spelling)).resolves.toBeUndefined();
  });

  it('T11: is unique by hash: strings that decode to the same bytes have different hashes', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = [...alphabet]
      .map((last) => token.slice(0, -1) + last)
      .filter(
        (twin) =>
          Buffer.from(twin.split('.')[2]!, 'base64url').toString('hex') ===
          Buffer.from(signature, 'base64url').toString('hex'),
      );
    expect(twins).toHaveLength(4);
    expect(new Set(twins.map(tokenHash)).size).toBe(4);
  });

  it('T12: is refused as JSON, in both serialisations', async () => {
    const flattened = await new FlattenedSign(Buffer.from(JSON.stringify(PAYLOAD)))
      .setProtectedHeader(HEADER)
      .sign(key);
    const general = {
      payload: flattened.payload,
      signatures: [{ protected: flattened.protected, signature: flattened.signature }],
    };
    await expect(verifyLink(JSON.stringify(flattened))).resolves.toBeUndefined();
    await expect(verifyLink(JSON.stringify(general))).resolves.toBeUndefined();
  });

  it('T12: is refused as a JWE made with the right key', async () => {
    const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(PAYLOAD)))
      .setProtectedHeader({ ...HEADER, alg: 'dir', enc: 'A256GCM' })
      .encrypt(createSecretKey(key.export()));
    expect(encrypted.split('.')).toHaveLength(5);
    await expect(verifyLink(encrypted)).resolves.toBeUndefined();
  });

  it('T13: is verified up to 2,048 characters, and refused beyond', async () => {
    const ofLength = (length: number): string => {
      const unpadded = withPayload({ ctx: '' }).length;
      // base64url turns three bytes into four characters: get as close as possible from below.
      return withPayload({ ctx: 'a'.repeat(Math.floor(((length - unpadded) * 3) / 4)) });
    };
    const longest = ofLength(2_048);
    expect(longest.length).toBeGreaterThan(2_040);
    expect(longest.length).toBeLessThanOrEqual(2_048);
    await expect(verifyLink(longest)).resolves.toMatchObject({ expired: false });

    const tooLong = ofLength(2_056);
    expect(tooLong.length).toBeGreaterThan(2_048);
    await expect(verifyLink(tooLong)).resolves.toBeUndefined();
  });

  it.each([
    ['a megabyte', `${'a'.repeat(1_000_000)}.b.c`],
    ['10⁵ dots', '.'.repeat(100_000)],
    ['10⁵ parts', 'a.'.repeat(100_000)],
  ])('T13: is refused at once as %s', async (_what, spelling) => {
    // CPU time of this process, so that a busy machine does not matter.
    const before = process.cpuUsage();
    const verified = await verifyLink(spelling);
    const { user, system } = process.cpuUsage(before);
    expect(verified).toBeUndefined();
    expect(user + system).toBeLessThan(50_000);
  });

  it('is refused without an exception, whatever it is', async () => {
    const part = fc.stringMatching(/^[\w-]{1,40}$/);
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      fc.tuple(fc.json(), fc.json()).map(([head, body]) => forge({ header: head, payload: body })),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (spelling) => {
        await expect(verifyLink(spelling)).resolves.toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

/** The base64url character that differs in the given bits. */
function flip(character: string, mask: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const index = alphabet.indexOf(character);
  return index < 0 ? 'A' : alphabet[index ^ mask]!;
}
