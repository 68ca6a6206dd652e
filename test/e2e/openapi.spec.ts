import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { startTestService, TEST_PUBLIC_URL, type TestService } from '../support/test-service';

interface Operation {
  readonly security?: readonly object[];
  readonly responses: Record<string, unknown>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly securitySchemes: Record<string, object> };
}

describe('the API documentation', () => {
  let service: TestService;
  let document: Document;

  beforeAll(async () => {
    service = await startTestService();
    document = (await service.http.get('/openapi.json')).body as Document;
  });

  afterAll(() => service.stop());

  it('says what it documents, and where that is', () => {
    const manifest = readFileSync(resolve(__dirname, '../../package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    expect(document.info).toMatchObject({ title: 'MIRA Auth', version });
    expect(document.servers).toEqual([{ url: TEST_PUBLIC_URL }]);
  });

  it('names both ways to carry a session', () => {
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: '__Host-mira_session' },
    });
  });

  it('asks for a session on exactly the routes that answer 401 without one', async () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const url = `${service.url}${path.replace(/\{\w+\}/, 'c5e8b7ba-6a0a-4bb5-a3e5-7e0a9a7c1e11')}`;
        const answer = await fetch(url, { method: method.toUpperCase() });
        const body = (await answer.json()) as { code?: string };
        expect([path, method, body.code === 'session_missing']).toEqual([
          path,
          method,
          security !== undefined,
        ]);
      }
    }
  });

  it('has every status that a route answers with a body of one media type', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.length).toBeGreaterThan(5);
    for (const { responses } of operations) {
      for (const [status, response] of Object.entries(responses)) {
        const { content = {} } = response as { content?: object };
        const expected = Number(status) >= 400 ? 'application/problem+json' : 'application/json';
        expect(Object.keys(content)).toEqual(status === '204' ? [] : [expected]);
      }
    }
  });

  it('is shown at /docs without anything from another origin', async () => {
    const page = await service.http.get('/docs');
    expect(page.status).toBe(200);
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:/);
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(loaded).not.toHaveLength(0);
    for (const url of loaded) {
      expect(url).toMatch(/^\.\/docs\//);
      expect((await service.http.get(url.slice(1))).status).toBe(200);
    }
    // Inline scripts would not run under this policy.
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });
});
