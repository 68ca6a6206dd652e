import type { Response } from 'supertest';

import type { AuthErrorCode } from '../../src/common/errors';
import {
  type OpenApiDocument,
  type Operation,
  resolveSchema,
  schemaFaults,
} from '../support/openapi';
import { CONTRACT_STATUS } from '../support/problem';
import type { SignedIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const OF_PUBLIC_ROUTES: readonly AuthErrorCode[] = [
  'invalid_request',
  'origin_forbidden',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
];
const OF_SIGN_INS: readonly AuthErrorCode[] = [
  ...OF_PUBLIC_ROUTES,
  'account_disabled',
  'account_locked',
  'sign_up_disabled',
  'session_changed',
];
const OF_GUARDED_ROUTES: readonly AuthErrorCode[] = [
  'invalid_request',
  'session_missing',
  'session_invalid',
  'session_expired',
  'session_revoked',
  'context_mismatch',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
];

/** Ending a session counts towards no limit. */
const OF_ENDINGS: readonly AuthErrorCode[] = [
  ...OF_GUARDED_ROUTES.filter((code) => code !== 'rate_limited'),
  'origin_forbidden',
  'session_changed',
];

/** Codes that no route has: one is answered where no route takes the method, one is not in use. */
const OF_NO_ROUTE: readonly AuthErrorCode[] = ['method_not_allowed', 'fresh_sign_in_required'];

/** Every route, the status of its success, and every code of its errors, as the contract says. */
const CONTRACT: Readonly<
  Record<string, readonly [success: string, codes: readonly AuthErrorCode[]]>
> = {
  'POST /auth/magic-link/request': ['200', OF_PUBLIC_ROUTES],
  'POST /auth/magic-link/verify': [
    '200',
    [...OF_SIGN_INS, 'link_invalid', 'link_used', 'link_expired', 'context_mismatch'],
  ],
  'POST /auth/magic-link/verify-code': ['200', [...OF_SIGN_INS, 'code_invalid', 'code_exhausted']],
  'POST /auth/magic-link/inspect': [
    '200',
    [...OF_PUBLIC_ROUTES, 'link_invalid', 'link_used', 'link_expired'],
  ],
  'POST /auth/magic-link/report': ['200', [...OF_PUBLIC_ROUTES, 'link_invalid', 'link_expired']],
  'POST /auth/magic-link/report/undo': [
    '204',
    [...OF_PUBLIC_ROUTES, 'link_invalid', 'link_expired'],
  ],
  'GET /auth/session': ['200', OF_GUARDED_ROUTES],
  'GET /auth/sessions': ['200', OF_GUARDED_ROUTES],
  'DELETE /auth/sessions': ['200', OF_ENDINGS],
  'DELETE /auth/sessions/{id}': ['204', [...OF_ENDINGS, 'not_found']],
  'POST /auth/logout': [
    '204',
    [
      'invalid_request',
      'session_missing',
      'session_invalid',
      'session_changed',
      'origin_forbidden',
      'too_large',
      'unsupported_media_type',
      'unavailable',
    ],
  ],
  'GET /auth/events': ['200', OF_GUARDED_ROUTES],
  'GET /health/live': ['200', []],
  'GET /health/ready': ['200', ['unavailable']],
};

let service: TestService;
let document: OpenApiDocument;

beforeAll(async () => {
  service = await startTestService();
  document = (await service.http.get('/openapi.json')).body as OpenApiDocument;
});

afterAll(() => service.stop());

const operation = (route: string): Operation => {
  const [method = '', path = ''] = route.split(' ');
  const found = document.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${route} is not documented`);
  return found;
};

/** The codes that an operation names for one status. */
const codesOf = (route: string, status: string): readonly unknown[] => {
  const schema = operation(route).responses[status]?.content?.['application/problem+json']?.schema;
  return schema?.allOf?.flatMap(({ properties }) => properties?.['code']?.enum ?? []) ?? [];
};

/** Compares an answer with what the document says of that route. */
const expectAsDocumented = (route: string, response: Response): void => {
  const documented = operation(route).responses[response.status.toString()];
  const content = Object.entries(documented?.content ?? {});
  if (content.length === 0) {
    expect([route, response.status, response.text]).toEqual([route, 204, '']);
    return;
  }
  for (const [mediaType, { schema }] of content) {
    expect([route, response.type]).toEqual([route, mediaType]);
    expect([route, schemaFaults(response.body, schema, document)]).toEqual([route, []]);
  }
  for (const header of Object.keys(documented?.headers ?? {})) {
    expect(response.headers).toHaveProperty(header.toLowerCase());
  }
};

describe('the OpenAPI document', () => {
  it('has every route and no others', () => {
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual(Object.keys(CONTRACT).toSorted());
  });

  it.each(Object.entries(CONTRACT))('has every error of %s', (route, [success, codes]) => {
    const statuses = Object.keys(operation(route).responses);
    expect(statuses.filter((status) => status < '400')).toEqual([success]);
    const documented = statuses.flatMap((status) => codesOf(route, status));
    expect(documented.toSorted()).toEqual([...codes].toSorted());
  });

  it('has every code of the contract', () => {
    const ofRoutes = Object.values(CONTRACT).flatMap(([, codes]) => codes);
    const named = [...new Set([...ofRoutes, ...OF_NO_ROUTE])];
    expect(named.toSorted()).toEqual(Object.keys(CONTRACT_STATUS).toSorted());
  });

  it('has the headers that each route reads: the device’s, and the session that a page shows', () => {
    const ofPages = [
      'POST /auth/magic-link/verify',
      'POST /auth/magic-link/verify-code',
      'DELETE /auth/sessions',
      'DELETE /auth/sessions/{id}',
      'POST /auth/logout',
    ];
    for (const route of Object.keys(CONTRACT)) {
      const names = operation(route).parameters?.filter((parameter) => parameter.in === 'header');
      // A log-out is never judged by its context.
      const hasDevice = !route.includes('/health/') && route !== 'POST /auth/logout';
      expect([route, names?.map(({ name }) => name).toSorted()]).toEqual([
        route,
        [
          ...(hasDevice ? ['X-Device-Fingerprint'] : []),
          ...(ofPages.includes(route) ? ['X-Session-Id'] : []),
        ],
      ]);
    }
  });
});

describe('answers are as the document says', () => {
  let session: SignedIn;

  beforeAll(async () => {
    session = await service.signIn('schema@example.com', { deviceName: 'Laptop' });
  });

  it('when links are asked for and opened', async () => {
    const requested = await service.http
      .post('/auth/magic-link/request')
      .send({ email: 'a@example.com' });
    expectAsDocumented('POST /auth/magic-link/request', requested);
    for (const client of [
      { transport: 'bearer' } as const,
      { transport: 'cookie', redirectTo: 'http://localhost:3000/app' } as const,
    ]) {
      const { token } = await service.requestLink('schema@example.com', client);
      const inspected = await service.http.post('/auth/magic-link/inspect').send({ token });
      expect(inspected.status).toBe(200);
      expectAsDocumented('POST /auth/magic-link/inspect', inspected);
      const answers = [await service.verify(token, client), await service.verify(token, client)];
      expect(answers.map(({ status }) => status)).toEqual([200, 401]);
      for (const answer of answers) expectAsDocumented('POST /auth/magic-link/verify', answer);
    }
  });

  it('when a mail is reported, and that is taken back', async () => {
    const { token } = await service.requestLink('report@example.com');
    const inspected = await service.http.post('/auth/magic-link/inspect').send({ token });
    const body = { token: inspected.body.report_token as string };
    const reported = await service.http
      .post('/auth/magic-link/report')
      .send({ ...body, statement: 'not_requested' });
    expect(reported.status).toBe(200);
    expectAsDocumented('POST /auth/magic-link/report', reported);
    const undone = await service.http.post('/auth/magic-link/report/undo').send(body);
    expect(undone.status).toBe(204);
    expectAsDocumented('POST /auth/magic-link/report/undo', undone);
  });

  it('when a session is used', async () => {
    for (const path of [
      '/auth/session',
      '/auth/sessions',
      '/auth/events',
      '/auth/events?limit=1',
    ]) {
      const answer = await service.http.get(path).set(session.headers);
      expect(answer.status).toBe(200);
      expectAsDocumented(`GET ${path.split('?', 1)[0] ?? ''}`, answer);
    }
  });

  it('when sessions are ended', async () => {
    const [one, other] = [
      await service.signIn('schema@example.com'),
      await service.signIn('schema@example.com'),
    ];
    const calls = [
      ['DELETE /auth/sessions/{id}', service.http.delete(`/auth/sessions/${one.sessionId}`), 204],
      ['DELETE /auth/sessions', service.http.delete('/auth/sessions'), 200],
      ['POST /auth/logout', service.http.post('/auth/logout'), 204],
    ] as const;
    for (const [route, call, status] of calls) {
      const answer = await call.set(other.headers);
      expect([route, answer.status]).toEqual([route, status]);
      expectAsDocumented(route, answer);
    }
    session = await service.signIn('schema@example.com');
  });

  it('when a request is refused, for any reason', async () => {
    const evil = { Origin: 'https://evil.example' };
    const text = { 'Content-Type': 'text/plain' };
    const { http } = service;
    const refusals = [
      ['POST /auth/magic-link/request', http.post('/auth/magic-link/request').send({}), 400],
      ['POST /auth/magic-link/request', http.post('/auth/magic-link/request').set(evil), 403],
      [
        'POST /auth/magic-link/verify',
        http.post('/auth/magic-link/verify').send({ token: 'a'.repeat(20_000) }),
        413,
      ],
      [
        'POST /auth/magic-link/verify',
        http.post('/auth/magic-link/verify').set(text).send('token'),
        415,
      ],
      ['GET /auth/session', http.get('/auth/session'), 401],
      ['GET /auth/events', http.get('/auth/events?limit=0').set(session.headers), 400],
      [
        'DELETE /auth/sessions/{id}',
        http.delete(`/auth/sessions/${UNKNOWN_ID}`).set(session.headers),
        404,
      ],
      ['POST /auth/logout', http.post('/auth/logout').set(evil), 403],
      ['POST /auth/logout', http.post('/auth/logout'), 401],
      [
        'DELETE /auth/sessions',
        http.delete('/auth/sessions').set({ ...session.headers, 'X-Session-Id': UNKNOWN_ID }),
        409,
      ],
    ] as const;
    for (const [route, call, status] of refusals) {
      const answer = await call;
      expect([route, answer.status]).toEqual([route, status]);
      expectAsDocumented(route, answer);
    }
  });
});

describe('bodies are taken as the document says', () => {
  const wishes = { device_name: 'Laptop', remember_device: true, transport: 'cookie' };
  const valid: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    '/auth/magic-link/request': {
      email: 'body@example.com',
      redirect_to: 'http://localhost:3000/app',
    },
    '/auth/magic-link/verify': { ...wishes, token: 'a.b.c' },
    '/auth/magic-link/verify-code': { ...wishes, magic_link_id: UNKNOWN_ID, code: '123456' },
    '/auth/magic-link/inspect': { token: 'a.b.c' },
    '/auth/magic-link/report': { token: 'a.b.c', statement: 'not_requested' },
    '/auth/magic-link/report/undo': { token: 'a.b.c' },
  };

  it.each(Object.keys(valid))('by %s', async (path) => {
    const schema = operation(`POST ${path}`).requestBody?.content['application/json']?.schema ?? {};
    const { properties = {}, required = [] } = resolveSchema(schema, document);
    const body = valid[path] ?? {};
    expect(Object.keys(properties)).toEqual(Object.keys(body));

    const fieldsAtFault = async (changed: object): Promise<string[]> => {
      const answer = await service.http.post(path).send(changed);
      if (answer.status !== 400) return [];
      return (answer.body.errors as { field: string }[]).map(({ field }) => field);
    };
    expect(await fieldsAtFault(body)).toEqual([]);
    expect(await fieldsAtFault({ ...body, undocumented: 1 })).toEqual(['undocumented']);
    for (const [name, { type, enum: values }] of Object.entries(properties)) {
      const { [name]: omitted, ...others } = body;
      expect([name, typeof omitted]).toEqual([name, type]);
      expect([name, await fieldsAtFault(others)]).toEqual([
        name,
        required.includes(name) ? [name] : [],
      ]);
      expect(await fieldsAtFault({ ...body, [name]: { of: 'another type' } })).toEqual([name]);
      for (const value of values ?? []) {
        expect(await fieldsAtFault({ ...body, [name]: value })).toEqual([]);
      }
    }
  });
});
