import fc from 'fast-check';

import { decodePart } from '../../test/support/tokens/forged-token';
import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { tokenHash } from './token-hash';
import type { TokenClaims, TokenKind } from './token-kinds';
import { TokenSigner } from './token-signer.service';

const PUBLIC_URL = 'https://auth.example.com';

const CLAIMS: TokenClaims = {
  id: '0190a6f2-7b1c-7c3e-9d4f-1a2b3c4d5e6f',
  issuedAt: 1_764_000_000,
  expiresAt: 1_764_000_900,
  context: 'Dey3sXss7Y4W35XMJLOes-92Ha45eFk366yT46aTnaI',
};

const signer = new TokenSigner(keyRingOf(FIRST_KEY, SECOND_KEY), { publicUrl: PUBLIC_URL });

interface GoldenVector {
  readonly name: string;
  readonly kind: TokenKind;
  readonly claims: TokenClaims;
  readonly keyId: string;
  readonly token: string;
  readonly hash: string;
}

/** Computed with Python's `hmac`, `json`, `cryptography`. A changed byte breaks tokens in use. */
const GOLDEN_VECTORS: readonly GoldenVector[] = [
  {
    name: 'a link with a target',
    kind: 'magic-link',
    claims: { ...CLAIMS, redirectTo: 'https://app.example.com/welcome?a=1' },
    keyId: FIRST_KEY.id,
    token:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6Im1hZ2ljLWxpbmsrand0Iiwia2lkIjoiY2U1YWZiOWRmZDMyNjgwNyJ9' +
      '.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20iLCJhdWQiOiJ1cm46bWlyYS1hdXRoOm1hZ2ljLWxpbmsi' +
      'LCJqdGkiOiIwMTkwYTZmMi03YjFjLTdjM2UtOWQ0Zi0xYTJiM2M0ZDVlNmYiLCJpYXQiOjE3NjQwMDAwMDAsImV4' +
      'cCI6MTc2NDAwMDkwMCwiY3R4IjoiRGV5M3NYc3M3WTRXMzVYTUpMT2VzLTkySGE0NWVGazM2NnlUNDZhVG5hSSIs' +
      'InJlZGlyZWN0X3RvIjoiaHR0cHM6Ly9hcHAuZXhhbXBsZS5jb20vd2VsY29tZT9hPTEifQ' +
      '.3n1AZyxMFeKWzaaXFQTIL_p1pdfReNopcfl7yQlLk-A',
    hash: 'bae037c47e3e3420cb66ee97d0f459ae6c3581fb278c0da6e5405f630b6039c0',
  },
  {
    name: 'a session',
    kind: 'session',
    claims: CLAIMS,
    keyId: FIRST_KEY.id,
    token:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6InNlc3Npb24rand0Iiwia2lkIjoiY2U1YWZiOWRmZDMyNjgwNyJ9' +
      '.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20iLCJhdWQiOiJ1cm46bWlyYS1hdXRoOnNlc3Npb24iLCJq' +
      'dGkiOiIwMTkwYTZmMi03YjFjLTdjM2UtOWQ0Zi0xYTJiM2M0ZDVlNmYiLCJpYXQiOjE3NjQwMDAwMDAsImV4cCI6' +
      'MTc2NDAwMDkwMCwiY3R4IjoiRGV5M3NYc3M3WTRXMzVYTUpMT2VzLTkySGE0NWVGazM2NnlUNDZhVG5hSSJ9' +
      '.Dw5VwIBKOwVVLN8swn8iLPfYrlkZ_pk6nzc7yikzE1Y',
    hash: '60f42d98eb0dd3ab72b41ce47b5c88c6d3fd4a89eeff21b104e539847bec5cf1',
  },
  {
    name: 'a report',
    kind: 'report',
    claims: CLAIMS,
    keyId: FIRST_KEY.id,
    token:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6InJlcG9ydCtqd3QiLCJraWQiOiJjZTVhZmI5ZGZkMzI2ODA3In0' +
      '.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20iLCJhdWQiOiJ1cm46bWlyYS1hdXRoOnJlcG9ydCIsI' +
      'mp0aSI6IjAxOTBhNmYyLTdiMWMtN2MzZS05ZDRmLTFhMmIzYzRkNWU2ZiIsImlhdCI6MTc2NDAwMDAwMCwiZXh' +
      'wIjoxNzY0MDAwOTAwLCJjdHgiOiJEZXkzc1hzczdZNFczNVhNSkxPZXMtOTJIYTQ1ZUZrMzY2eVQ0NmFUbmFJI' +
      'n0' +
      '.fSfryP-b3CU-qSfzg33TjBCHtfdQk4AsmVD_UInh_Ag',
    hash: 'a9268b05319164d87b89a9d45e710117171845986ceb2e54fec437225926bd2b',
  },
  {
    name: 'a link with another key and no target',
    kind: 'magic-link',
    claims: CLAIMS,
    keyId: SECOND_KEY.id,
    token:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6Im1hZ2ljLWxpbmsrand0Iiwia2lkIjoiMDQzOTU4ZWM0ZDZhODM1OCJ9' +
      '.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20iLCJhdWQiOiJ1cm46bWlyYS1hdXRoOm1hZ2ljLWxpbmsi' +
      'LCJqdGkiOiIwMTkwYTZmMi03YjFjLTdjM2UtOWQ0Zi0xYTJiM2M0ZDVlNmYiLCJpYXQiOjE3NjQwMDAwMDAsImV4' +
      'cCI6MTc2NDAwMDkwMCwiY3R4IjoiRGV5M3NYc3M3WTRXMzVYTUpMT2VzLTkySGE0NWVGazM2NnlUNDZhVG5hSSJ9' +
      '.JykvCN-uamItY17ee_ftzfZRj_P_HYFavFxBcEavGrg',
    hash: '69e3be53f3f63e4d8e5292febb920a2af9044958f51562c810818c05393358f0',
  },
];

describe('A signed token', () => {
  it.each(GOLDEN_VECTORS)(
    'matches the golden vector byte for byte: $name',
    async ({ kind, claims, keyId, token, hash }) => {
      await expect(signer.sign(kind, claims, keyId)).resolves.toBe(token);
      expect(tokenHash(token)).toBe(hash);
    },
  );

  it('has its header and its claims in a fixed order, and nothing else in them', async () => {
    const token = await signer.sign('magic-link', {
      redirectTo: 'https://app.example.com/',
      context: 'c',
      expiresAt: 2,
      issuedAt: 1,
      id: 'i',
    });
    expect(Object.entries(decodePart(token, 0))).toEqual([
      ['alg', 'HS256'],
      ['typ', 'magic-link+jwt'],
      ['kid', FIRST_KEY.id],
    ]);
    expect(Object.entries(decodePart(token, 1))).toEqual([
      ['iss', PUBLIC_URL],
      ['aud', 'urn:mira-auth:magic-link'],
      ['jti', 'i'],
      ['iat', 1],
      ['exp', 2],
      ['ctx', 'c'],
      ['redirect_to', 'https://app.example.com/'],
    ]);
  });

  it('is the same with a missing target as with null, which is what rows hold', async () => {
    const { token } = GOLDEN_VECTORS[1]!;
    await expect(signer.sign('session', { ...CLAIMS, redirectTo: null })).resolves.toBe(token);
  });

  it('is signed by the current key unless its row names another', async () => {
    expect(decodePart(await signer.sign('session', CLAIMS), 0)['kid']).toBe(FIRST_KEY.id);
    expect(decodePart(await signer.sign('session', CLAIMS, SECOND_KEY.id), 0)['kid']).toBe(
      SECOND_KEY.id,
    );
  });

  it('is not made with a key that this process does not hold', async () => {
    const alone = new TokenSigner(keyRingOf(FIRST_KEY), { publicUrl: PUBLIC_URL });
    await expect(alone.sign('magic-link', CLAIMS, SECOND_KEY.id)).rejects.toThrow(RangeError);
  });

  it('is made again to the byte, after a rotation and a restart too', async () => {
    const rotated = new TokenSigner(keyRingOf(SECOND_KEY, FIRST_KEY), { publicUrl: PUBLIC_URL });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TokenKind>('magic-link', 'session', 'report'),
        fc.record({
          id: fc.uuid(),
          issuedAt: fc.nat(),
          expiresAt: fc.nat(),
          context: fc.string({ unit: 'binary' }),
          redirectTo: fc.option(fc.string({ unit: 'binary' })),
        }),
        async (kind, claims) => {
          const token = await signer.sign(kind, claims);
          await expect(signer.sign(kind, { ...claims })).resolves.toBe(token);
          await expect(rotated.sign(kind, claims, FIRST_KEY.id)).resolves.toBe(token);
        },
      ),
    );
  });
});
