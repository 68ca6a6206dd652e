import { createHash } from 'node:crypto';

import type { Response } from 'supertest';

import { type KeyPurpose, KeyRing } from '../../src/crypto/key-ring.service';
import { TOKEN_KINDS, type TokenKind } from '../../src/crypto/token-kinds';
import { LinkReportTokens } from '../../src/magic-link/link-report-tokens.service';
import { SignInReportTokens } from '../../src/session/issue/sign-in-report-tokens.service';
import { AttackWatch } from '../support/attacks/attack-watch';
import { BEHIND_PROXY } from '../support/http/client';
import { exchange } from '../support/http/raw-http';
import { useBait } from '../support/http/use-bait';
import { privately } from '../support/privately';
import { expectProblem } from '../support/problem';
import { linkRow, linkToken, requestLinks } from '../support/sign-in/link-tokens';
import { startTestService, type TestService } from '../support/test-service';
import { decodePart, type Forgery, forgeToken } from '../support/tokens/forged-token';

const watch = new AttackWatch();
let service: TestService;

/** Where a URL in a token leads. */
const bait = useBait();

/** A genuine token, and what of it attackers are taken to know: everything but the key. */
interface Genuine {
  readonly kind: TokenKind;
  readonly id: string;
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly key: Forgery['key'];
}

let link: Genuine;
let session: Genuine;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
  watch.watch(service);
});

afterAll(() => service.stop());

beforeEach(async () => {
  const email = 'ada@example.com';
  const signedIn = await service.verify((await requestLinks(service, [{ email }]))[0]!.token);
  session = genuine('session', signedIn.body.session_id, signedIn.body.session_token);
  const [requested] = await requestLinks(service, [{ email }]);
  link = genuine('magic-link', requested!.id, requested!.token);
  watch.keep(link.token, session.token);
});

const genuine = (kind: TokenKind, id: string, token: string): Genuine => ({
  kind,
  id,
  token,
  header: decodePart(token, 0),
  payload: decodePart(token, 1),
  key: keyFor(TOKEN_KINDS[kind].purpose),
});

const keyFor = (purpose: KeyPurpose): Forgery['key'] =>
  privately(service.app, KeyRing).current.key(purpose);

const post = async (token: unknown): Promise<Response> => {
  const response = await service.http.post('/auth/magic-link/verify').send({ token });
  watch.expectHandled(response);
  return response;
};

const whoIs = async (token: string): Promise<Response> => {
  const response = await service.http.get('/auth/session').set('Authorization', `Bearer ${token}`);
  watch.expectHandled(response);
  return response;
};

const storeHash = async ({ kind, id }: Genuine, token: string): Promise<void> => {
  const hash = createHash('sha256').update(token).digest('hex');
  await service.sql(
    kind === 'session'
      ? 'UPDATE user_sessions SET session_token_hash = $1 WHERE id = $2'
      : 'UPDATE magic_links SET token_hash = $1 WHERE id = $2',
    [hash, id],
  );
};

/**
 * Expects a forgery to be refused: as it is, and also when somebody who can write to the database
 * has made it the row's own token, so that nothing but the signature and the claims is left.
 */
const expectRefused = async (target: Genuine, forgery: string): Promise<void> => {
  const present = async (): Promise<void> => {
    if (target.kind === 'session') expectProblem(await whoIs(forgery), 'session_invalid');
    else expectProblem(await post(forgery), 'link_invalid');
  };
  expect(forgery).not.toBe(target.token);
  await present();
  await storeHash(target, forgery);
  await present();
  await storeHash(target, target.token);
};

/** Expects that nothing has come of all the attempts, and that the owner's tokens still work. */
const expectUnharmed = async (): Promise<void> => {
  expect((await whoIs(session.token)).status).toBe(200);
  expect((await post(link.token)).status).toBe(200);
};

/** The two kinds of token, each with everything that is made of it. */
const both = (): readonly Genuine[] => [link, session];

/** As the genuine token, signed with the right key, but for what is given. */
const forgeryOf = (target: Genuine, changes: Partial<Forgery>): string =>
  forgeToken({ header: target.header, payload: target.payload, key: target.key, ...changes });

const withClaims = (target: Genuine, claims: object): string =>
  forgeryOf(target, { payload: { ...target.payload, ...claims } });

const withHeader = (target: Genuine, header: object): string =>
  forgeryOf(target, { header: { ...target.header, ...header } });

it('is able to forge what is accepted: the same claims, signed by hand with the right key', () => {
  for (const target of both()) expect(forgeryOf(target, {})).toBe(target.token);
});

describe('a token that was tampered with', () => {
  it('T1 is refused, whichever byte of payload or signature is flipped', async () => {
    for (const target of both()) {
      const start = target.token.indexOf('.') + 1;
      // The last character holds two bits that say nothing: T11 has those.
      for (let index = start; index < target.token.length - 1; index += 13) {
        const original = target.token.charAt(index);
        if (original === '.') continue;
        const flipped = original === 'A' ? 'B' : 'A';
        await expectRefused(
          target,
          target.token.slice(0, index) + flipped + target.token.slice(index + 1),
        );
      }
    }
    await expectUnharmed();
  });

  it('T2 is refused with alg none in any case, signed or not', async () => {
    for (const target of both()) {
      for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null]) {
        const forgery = withHeader(target, { alg });
        await expectRefused(target, forgery);
        await expectRefused(target, forgery.slice(0, forgery.lastIndexOf('.') + 1));
      }
    }
    await expectUnharmed();
  });

  it.each([
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ] as const)('T3 is refused with %s and the right key', async (alg, hash) => {
    for (const target of both()) {
      await expectRefused(target, forgeryOf(target, { header: { ...target.header, alg }, hash }));
    }

    await expectUnharmed();
  });

  it('T4 is refused with HS256 keyed with public text', async () => {
    for (const target of both()) {
      for (const text of ['', 'secret', 'http://localhost:3000', String(target.header['kid'])]) {
        await expectRefused(target, forgeryOf(target, { key: Buffer.from(text) }));
      }
    }
    await expectUnharmed();
  });

  it('T5 is refused with a kid that is a path, SQL or long, and with keys of its own', async () => {
    const jwk = { kty: 'oct', k: Buffer.from('attacker').toString('base64url'), alg: 'HS256' };
    const headers = [
      { kid: '../../../../dev/null' },
      { kid: `' UNION SELECT 'attacker' --` },
      { kid: 'k'.repeat(1_000) },
      { kid: ['a', 'b'] },
      { kid: '__proto__' },
      { kid: undefined },
      { jwk, kid: undefined },
      { jku: bait.url, kid: undefined },
      { x5u: bait.url, kid: undefined },
    ];
    for (const target of both()) {
      for (const header of headers) {
        await expectRefused(
          target,
          forgeryOf(target, {
            header: { ...target.header, ...header },
            key: Buffer.from('attacker'),
          }),
        );
      }
    }
    const long = withHeader(link, { kid: 'k'.repeat(64 * 1_024) });
    expectProblem(await post(long), 'too_large');
    await expectUnharmed();
    expect(bait.visits).toBe(0);
  });

  it('T6 is refused in the place of another kind, and with that kind’s claims or key', async () => {
    for (const [target, other] of [
      [link, session],
      [session, link],
    ] as const) {
      await expectRefused(target, other.token);
      await expectRefused(target, withHeader(target, { typ: other.header['typ'] }));
      await expectRefused(target, withHeader(target, { typ: 'JWT' }));
      await expectRefused(target, withHeader(target, { typ: undefined }));
      await expectRefused(target, withClaims(target, { aud: other.payload['aud'] }));
      await expectRefused(target, withClaims(target, { iss: 'https://attacker.example.com' }));
      await expectRefused(target, withClaims(target, { jti: other.payload['jti'] }));
      await expectRefused(target, withClaims(target, { ctx: 'A'.repeat(43) }));
      for (const kind of Object.keys(TOKEN_KINDS) as TokenKind[]) {
        if (kind === target.kind) continue;
        const { type, audience, purpose } = TOKEN_KINDS[kind];
        const header = { ...target.header, typ: type };
        const payload = { ...target.payload, aud: audience };
        await expectRefused(target, forgeryOf(target, { header, payload, key: keyFor(purpose) }));
        await expectRefused(target, forgeryOf(target, { header, payload }));
        await expectRefused(target, forgeryOf(target, { key: keyFor(purpose) }));
      }
    }
    await expectUnharmed();
  });
});

describe('a report token', () => {
  /** What each kind is about, and what may be said with it. */
  const STATEMENTS = {
    report: ['not_requested', 'code_was_asked_for'],
    'sign-in-report': ['not_my_sign_in'],
  } as const;

  const report = async (token: string, statement?: string): Promise<Response> => {
    const response = await service.http
      .post('/auth/magic-link/report')
      .send({ token, ...(statement !== undefined && { statement }) });
    watch.expectHandled(response);
    return response;
  };

  const undo = async (token: string): Promise<Response> => {
    const response = await service.http.post('/auth/magic-link/report/undo').send({ token });
    watch.expectHandled(response);
    return response;
  };

  /** The report tokens of the pending link and of the session. */
  const reports = async (): Promise<readonly [Genuine, Genuine]> => {
    const [row] = await service.sql<{ id: string; created_at: Date; key_id: string }>(
      'SELECT id, created_at, key_id FROM user_sessions WHERE id = $1',
      [session.id],
    );
    const ofLink = await privately(service.app, LinkReportTokens).derive(
      await linkRow(service, link.id),
    );
    const ofSession = await privately(service.app, SignInReportTokens).derive(row!);
    watch.keep(ofLink, ofSession);
    return [genuine('report', link.id, ofLink), genuine('sign-in-report', session.id, ofSession)];
  };

  /** Expects a forgery to be refused, whatever is said with it. */
  const expectNoReport = async (forgery: string): Promise<void> => {
    for (const statement of Object.values(STATEMENTS).flat()) {
      expectProblem(await report(forgery, statement), 'link_invalid');
    }

    expectProblem(await undo(forgery), 'link_invalid');
  };

  it('T6 is refused in the place of a link or a session, and they in its place', async () => {
    for (const { token } of await reports()) {
      expectProblem(await post(token), 'link_invalid');
      expectProblem(await whoIs(token), 'session_invalid');
      const inspected = await service.http.post('/auth/magic-link/inspect').send({ token });
      expectProblem(inspected, 'link_invalid');
    }
    for (const { token } of both()) await expectNoReport(token);

    await expectUnharmed();
  });

  it('T6 is refused with another kind’s type, audience or key', async () => {
    for (const target of await reports()) {
      for (const kind of Object.keys(TOKEN_KINDS) as TokenKind[]) {
        if (kind === target.kind) continue;
        const { type, audience, purpose } = TOKEN_KINDS[kind];
        await expectNoReport(withHeader(target, { typ: type }));
        await expectNoReport(withClaims(target, { aud: audience }));
        // Both kinds of report have one key.
        if (purpose === TOKEN_KINDS[target.kind].purpose) continue;
        await expectNoReport(forgeryOf(target, { key: keyFor(purpose) }));
      }
    }
    await expectUnharmed();
  });

  it('T6 says nothing but what fits the mail that it is from', async () => {
    for (const target of await reports()) {
      const others = target.kind === 'report' ? STATEMENTS['sign-in-report'] : STATEMENTS.report;
      for (const statement of [...others, 'it_was_me', '', undefined]) {
        expectProblem(await report(target.token, statement), 'invalid_request', ['statement']);
      }
    }
    await expectUnharmed();
  });

  it('T1 is refused when it was tampered with, padded or cut', async () => {
    for (const { token } of await reports()) {
      for (const forgery of [
        token.slice(0, -10) + (token.at(-10) === 'A' ? 'B' : 'A') + token.slice(-9),
        `${token}=`,
        `${token} `,
        `${token}.`,
        token.split('.').slice(0, 2).join('.'),
      ]) {
        await expectNoReport(forgery);
      }
    }
    await expectUnharmed();
  });

  it('ends what its mail is about, and nothing else', async () => {
    const [ofLink, ofSession] = await reports();
    expect((await report(ofLink.token, 'not_requested')).status).toBe(200);
    expectProblem(await post(link.token), 'link_used');
    expect((await whoIs(session.token)).status).toBe(200);
    expect((await report(ofSession.token, 'not_my_sign_in')).status).toBe(200);
    expectProblem(await whoIs(session.token), 'session_revoked');
  });
});

describe('a token with strange claims and the right signature', () => {
  const absent = undefined;
  const soon = Math.floor(Date.now() / 1_000) + 120;
  const tooLate = soon + 86_400;

  it.each([
    [
      'T7 is refused with an exp that is absent, a string, a float, 1e308, negative or null',
      [absent, tooLate.toString(), tooLate + 0.5, 1e308, -1, null].map((exp) => ({ exp })),
    ],
    [
      'T8 is refused with iat or nbf more than a minute ahead, or of another type',
      [{ iat: soon }, { nbf: soon }, { iat: absent }, { iat: '1' }, { iat: 1.5 }],
    ],
    [
      'T8 is refused without any one of its other claims',
      [{ jti: absent }, { aud: absent }, { iss: absent }, { ctx: absent }],
    ],
  ])('%s', async (_, variants: readonly object[]) => {
    for (const target of both()) {
      for (const claims of variants) await expectRefused(target, withClaims(target, claims));
    }

    await expectUnharmed();
  });

  it('T9 is refused past its exp, although its row says otherwise', async () => {
    const past = { iat: soon - 7_200, exp: soon - 3_600 };
    await storeHash(link, withClaims(link, past));
    expectProblem(await post(withClaims(link, past)), 'link_expired');
    await storeHash(session, withClaims(session, past));
    expectProblem(await whoIs(withClaims(session, past)), 'session_expired');
  });
});

describe('another spelling of a token', () => {
  /** Texts that some decoder or parser would take for the token. */
  const spellings = ({ token, header, payload, key }: Genuine): string[] => {
    const [head = '', body = '', signature = ''] = token.split('.');
    const text = JSON.stringify(payload);
    const twice = text.replace('{', `{"jti":"${String(payload['jti'])}","exp":1,`);
    return [
      forgeToken({ header, payload: twice, key }),
      forgeToken({ header: { ...header, crit: ['exp'] }, payload, key }),
      forgeToken({ header: { ...header, crit: ['b64'], b64: false }, payload, key }),
      forgeToken({ header: JSON.stringify(header).replace('{', '{ '), payload, key }),
      token.slice(0, -1) + neighbourOf(token.slice(-1)),
      `${token}=`,
      `${token}==`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${head}.\n${body}.${signature}`,
      `${head}.${body}.${signature}.`,
      `.${head}.${body}.${signature}`,
      `${head}.${body}.${signature}..`,
      token.replaceAll('-', '+').replaceAll('_', '/') + '=',
      JSON.stringify({ protected: head, payload: body, signature }),
      JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
    ];
  };

  it('T10 T11 T12 is refused, and never signs in with a used link', async () => {
    for (const forgery of spellings(link)) expectProblem(await post(forgery), 'link_invalid');

    await expectUnharmed();
    for (const forgery of spellings(link)) expectProblem(await post(forgery), 'link_invalid');

    expectProblem(await post(link.token), 'link_used');
  });

  it('T10 T11 T12 is refused for a session', async () => {
    for (const forgery of spellings(session)) {
      // Blanks around a header's value are no part of it (RFC 9110, section 5.5).
      if (forgery.trim() === session.token || forgery.includes('\n')) continue;
      expectProblem(await whoIs(forgery), 'session_invalid');
    }
    await expectUnharmed();
  });

  it('T12 is refused as its own row’s token too: duplicate claims, crit, b64, a JWE', async () => {
    const jti = String(link.payload['jti']);
    const text = JSON.stringify(link.payload);
    const jwe = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..AAAA.AAAA.AAAA`;
    await expectRefused(link, jwe);
    await expectRefused(link, withHeader(link, { crit: ['exp'] }));
    await expectRefused(link, withHeader(link, { crit: ['b64'], b64: false }));
    await expectRefused(link, withHeader(link, { b64: false, crit: ['b64', 'b64'] }));
    // The last of two claims counts for the parser; this one is another link's.
    const other = text.replace(jti, '00000000-0000-4000-8000-000000000000');
    await expectRefused(
      link,
      forgeryOf(link, { payload: `${text.slice(0, -1)},${other.slice(1)}` }),
    );
    await expectUnharmed();
  });
});

describe('something that is no token', () => {
  it('T13 is refused before any cryptography, however long or full of dots', async () => {
    expectProblem(await post('a'.repeat(1_024 * 1_024)), 'too_large');
    expectProblem(await post('.'.repeat(100_000)), 'too_large');
    expectProblem(await post('.'.repeat(15_000)), 'link_invalid');
    expectProblem(await post('a.'.repeat(7_000)), 'link_invalid');
    expectProblem(await post('a'.repeat(2_049)), 'link_invalid');
    expectProblem(await whoIs('.'.repeat(10_000)), 'session_invalid');
    const [answer] = await exchange(
      service.url,
      `GET /auth/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${'a'.repeat(1_024 * 1_024)}\r\n\r\n`,
    );
    expect(answer?.status).toBe(431);
  });

  it('T14 is an invalid request, when it is no text, or text that cannot be stored', async () => {
    const values = [['a.b.c'], { a: 'a.b.c' }, 1, true, null, undefined, 'a.b\0.c', 'a.b\ud800.c'];
    for (const value of values) expectProblem(await post(value), 'invalid_request');
  });
});

describe('how often and how long a link works', () => {
  it.each([-10, 10])(
    'R5 expires by the database’s clock, with the application’s %d minutes off',
    async (minutes) => {
      const [fresh] = await requestLinks(service, [{ email: 'clock@example.com' }]);
      jest.useFakeTimers({ now: Date.now() + minutes * 60_000, doNotFake: [...TIMERS] });
      try {
        const stale = await requestedLinkAged(15 * 60 + 1);
        expectProblem(await post(stale), 'link_expired');
        expect((await post(await requestedLinkAged(15 * 60 - 30))).status).toBe(200);
        const { status, body } = await post(fresh!.token);
        expect(status).toBe(200);
        expect((await whoIs(body.session_token)).status).toBe(200);
        const [row] = await service.sql(
          `SELECT expires_at BETWEEN now() + interval '23 hours 59 minutes'
                             AND now() + interval '24 hours' AS is_a_day
             FROM user_sessions WHERE id = $1`,
          [body.session_id],
        );
        expect(row).toEqual({ is_a_day: true });
      } finally {
        jest.useRealTimers();
      }
    },
  );

  it('R6 is not changed by what scanners do with it: HEAD, GET, OPTIONS, prefetch', async () => {
    const { token } = link;
    for (const path of [
      '/auth/magic-link/verify',
      `/auth/magic-link/verify?token=${token}`,
      `/auth/link?token=${token}`,
    ]) {
      for (const method of ['get', 'head', 'options'] as const) {
        for (const purpose of ['prefetch', 'prerender']) {
          const response = await service.http[method](path)
            .set('Sec-Purpose', purpose)
            .set('User-Agent', 'LinkScanner/1.0');
          // The page that a link opens is shown, and nothing more.
          const shown = method === 'options' ? 204 : 200;
          const expected = path.startsWith('/auth/link') ? [shown] : [204, 405];
          expect(expected).toContain(response.status);
          expect(response.headers['cache-control']).toBe('no-store');
        }
      }
    }
    await expectUnharmed();
  });

  it('R7 goes on when anybody asks again, and ends when one of them signs in', async () => {
    const email = 'asked-again@example.com';
    const owner = { forwardedFor: '192.0.2.1' };
    const stranger = { forwardedFor: '198.51.100.1' };
    const [older, newer, strange] = [
      (await requestLinks(service, [{ email, ...owner }]))[0]!,
      (await requestLinks(service, [{ email, ...owner }]))[0]!,
      (await requestLinks(service, [{ email, ...stranger }]))[0]!,
    ];
    expectProblem(await service.verify(older.token, stranger), 'context_mismatch');
    expectProblem(await service.verify(newer.token, stranger), 'context_mismatch');
    expect((await service.verify(older.token, owner)).status).toBe(200);
    expectProblem(await service.verify(newer.token, owner), 'link_used');
    expectProblem(await service.verify(strange.token, stranger), 'link_used');
  });
});

watch.defineAftermath();

/** All but the date, on which database drivers and servers don't rely. */
const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** The token of a link that was requested so many seconds ago, by the database's clock. */
async function requestedLinkAged(seconds: number): Promise<string> {
  const [requested] = await requestLinks(service, [{ email: 'aged@example.com' }]);
  await service.sql(
    `UPDATE magic_links
        SET created_at = created_at - make_interval(secs => $2),
            expires_at = expires_at - make_interval(secs => $2)
      WHERE id = $1`,
    [requested!.id, seconds],
  );
  const token = await linkToken(service, requested!.id);
  await storeHash({ ...link, id: requested!.id }, token);
  return token;
}

/** The character whose decoded bits differ in the last only, which 32 bytes leave over. */
function neighbourOf(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) ^ 1);
}
