import { startTestService, type TestService } from '../support/test-service';

describe('signing in by the code beside the link', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.stop());

  async function requestCode(email: string): Promise<{ linkId: string; code: string }> {
    const { body } = await service.http.post('/auth/magic-link/request').send({ email });
    await service.mailedToken(email);
    const mail = service.mailbox.list().find(({ to }) => to === email);
    const code = /^\d{6}$/m.exec(mail?.text ?? '')?.[0] ?? '';
    return { linkId: (body as { magic_link_id: string }).magic_link_id, code };
  }

  function tryCode(linkId: string, code: string) {
    return service.http.post('/auth/magic-link/verify-code').send({ magic_link_id: linkId, code });
  }

  const otherThan = (code: string): string => (code === '000000' ? '000001' : '000000');

  it('opens a session, once', async () => {
    const { linkId, code } = await requestCode('code@example.com');
    const first = await tryCode(linkId, code);
    expect([first.status, first.body]).toMatchObject([200, { email: 'code@example.com' }]);
    const second = await tryCode(linkId, code);
    expect([second.status, second.body]).toMatchObject([401, { code: 'code_invalid' }]);
  });

  it('answers five wrong codes alike and is dead from the sixth on, while the link lives', async () => {
    const { linkId, code } = await requestCode('guess@example.com');
    for (let wrong = 1; wrong <= 5; wrong += 1) {
      const { body } = await tryCode(linkId, otherThan(code));
      expect(body).toMatchObject({ code: 'code_invalid' });
    }
    expect((await tryCode(linkId, code)).body).toMatchObject({ code: 'code_exhausted' });
    const token = await service.mailedToken('guess@example.com');
    const { status } = await service.http.post('/auth/magic-link/verify').send({ token });
    expect(status).toBe(200);
  });
});
