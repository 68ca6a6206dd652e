import { type AuthError, RateLimitError, TokenError } from '../../src/common/errors';
import {
  MagicLinkRequestService,
  type RequestedMagicLink,
} from '../../src/magic-link/request/magic-link-request.service';
import { MagicLinkVerificationService } from '../../src/magic-link/verify/magic-link-verification.service';
import type { SignIn } from '../../src/magic-link/verify/sign-in-attempt';
import { privately } from '../support/privately';
import { mailedTokenIn } from '../support/sign-in/sign-in-flow';
import { startTestService, type TestService } from '../support/test-service';
import { decodePart } from '../support/tokens/forged-token';
import { waitFor } from '../support/wait-for';

const EMAIL = 'test@example.com';
const IP_ADDRESS = '192.168.1.100';

/** The examples of docs/guide.md, section 9.2, through the services as it has them. */
describe('magic link security', () => {
  let service: TestService;
  let requests: MagicLinkRequestService;
  let verifications: MagicLinkVerificationService;

  beforeAll(async () => {
    service = await startTestService({
      options: { magicLink: { addressAndNetworkLimit: { limit: 3, windowSeconds: 900 } } },
    });
    requests = privately(service.app, MagicLinkRequestService);
    verifications = privately(service.app, MagicLinkVerificationService);
  });

  // As the guide's `db_session`: every example begins with nothing.
  beforeEach(async () => {
    await service.sql('TRUNCATE rate_limits, users, magic_links CASCADE');
  });

  afterAll(() => service.stop());

  const contextOf = (userAgent: string, ipAddress = IP_ADDRESS) => ({
    context: { ipAddress, userAgent, deviceFingerprint: undefined },
    requestId: 'guide-example',
  });

  const requestLink = async (userAgent = 'Test Browser'): Promise<RequestedMagicLink> =>
    requests.request({
      email: EMAIL,
      redirectTo: undefined,
      locale: null,
      ...contextOf(userAgent),
    });

  /** What the guide's `request_magic_link` returns "only for email sending". */
  const tokenOf = async ({ id }: RequestedMagicLink): Promise<string> =>
    waitFor('the mail', () =>
      service.mailbox
        .list()
        .map(({ text }) => mailedTokenIn(text))
        .find((token) => token !== undefined && decodePart(token, 1)['jti'] === id),
    );

  const verify = async (
    token: string,
    userAgent = 'Test Browser',
    ipAddress = IP_ADDRESS,
  ): Promise<SignIn> =>
    verifications.verify({
      token,
      deviceName: null,
      rememberDevice: false,
      transport: 'bearer',
      ...contextOf(userAgent, ipAddress),
    });

  const refusalOf = async (attempt: Promise<unknown>): Promise<AuthError> =>
    attempt.then(
      () => {
        throw new Error('it was not refused');
      },
      (error: unknown) => error as AuthError,
    );

  it('limits how often a link is asked for', async () => {
    for (let number = 0; number < 3; number += 1) {
      expect((await requestLink()).id).toMatch(/^[0-9a-f-]{36}$/);
    }

    const refusal = await refusalOf(requestLink());
    expect(refusal).toBeInstanceOf(RateLimitError);
    expect(refusal).toMatchObject({ code: 'rate_limited' });
  });

  it('takes a link from the context alone that asked for it', async () => {
    const token = await tokenOf(await requestLink('Original Browser'));

    for (const [userAgent, ipAddress] of [
      ['Original Browser', '192.168.1.200'],
      ['Different Browser', IP_ADDRESS],
    ] as const) {
      const refusal = await refusalOf(verify(token, userAgent, ipAddress));
      expect(refusal).toBeInstanceOf(TokenError);
      expect(refusal).toMatchObject({ code: 'context_mismatch' });
    }
  });

  it('takes a link once', async () => {
    const token = await tokenOf(await requestLink());

    const signIn = await verify(token);
    expect(signIn).toMatchObject({
      email: EMAIL,
      userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });

    const refusal = await refusalOf(verify(token));
    expect(refusal).toBeInstanceOf(TokenError);
    expect(refusal).toMatchObject({ code: 'link_used' });
  });

  it('takes no link after its time', async () => {
    const link = await requestLink();
    const token = await tokenOf(link);
    await service.sql(
      `UPDATE magic_links SET expires_at = now() - interval '1 minute' WHERE id = $1`,
      [link.id],
    );

    const refusal = await refusalOf(verify(token));
    expect(refusal).toBeInstanceOf(TokenError);
    expect(refusal).toMatchObject({ code: 'link_expired' });
  });
});
