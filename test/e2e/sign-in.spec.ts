import { startTestService, type TestService } from '../support/test-service';

describe('signing in by mailed link', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.stop());

  it('leads from an address to a guarded route', async () => {
    const requested = await service.http
      .post('/auth/magic-link/request')
      .send({ email: ' Ada@Example.com ' });
    expect([requested.status, requested.body]).toEqual([
      200,
      {
        magic_link_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        expires_at: expect.stringMatching(/Z$/) as string,
        message: 'If this address can receive mail, a sign-in link is on its way.',
      },
    ]);
    const token = await service.mailedToken('ada@example.com');
    const verified = await service.http.post('/auth/magic-link/verify').send({ token });
    expect([verified.status, verified.body]).toMatchObject([200, { email: 'ada@example.com' }]);
    const session = await service.http
      .get('/auth/session')
      .auth((verified.body as { session_token: string }).session_token, { type: 'bearer' });
    expect([session.status, session.body]).toMatchObject([
      200,
      { user: { email: 'ada@example.com', email_verified: true }, session: { current: true } },
    ]);
  });
});
