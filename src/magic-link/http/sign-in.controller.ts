import { Body, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { InvalidRequestError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ContextRequest } from '../../context/client-context.reader';
import { DeviceCookie } from '../../context/http/device-cookie.service';
import { RequestReader } from '../../context/http/request-reader.service';
import { ContractController } from '../../http/contract-controller.decorator';
import { ApiProblem } from '../../http/errors/api-problem.decorator';
import type { HeaderSink } from '../../http/header-sink';
import { requestOrigin } from '../../http/origin/origin-rule';
import { ApiExpectedSession } from '../../session/http/api-session.decorator';
import { PresentedSessionReader } from '../../session/http/presented-session.reader';
import { Public } from '../../session/http/public.decorator';
import { SessionCookie } from '../../session/http/session-cookie.service';
import { CodeVerificationService } from '../code/code-verification.service';
import { MagicLinkVerificationService } from '../verify/magic-link-verification.service';
import type { SignIn, SignInAttempt } from '../verify/sign-in-attempt';
import { isCrossSite } from './cookie-transport';
import { SessionOptionsDto, SignInDto, VerifyCodeDto, VerifyMagicLinkDto } from './magic-link.dto';
import { ACCOUNT_PROBLEMS, LINK_ROUTE_PROBLEMS } from './magic-link-problems';

@ApiTags('magic links')
@ApiHeader({ name: 'X-Device-Fingerprint', required: false, schema: { maxLength: 128 } })
@Public()
@ContractController('auth/magic-link')
export class SignInController {
  constructor(
    private readonly links: MagicLinkVerificationService,
    private readonly codes: CodeVerificationService,
    private readonly cookie: SessionCookie,
    private readonly deviceCookie: DeviceCookie,
    private readonly presented: PresentedSessionReader,
    private readonly requests: RequestReader,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'publicUrl'>,
  ) {}

  @Post('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Open a session with the token of a mailed link' })
  @ApiOkResponse({ type: SignInDto })
  @ApiExpectedSession()
  @ApiProblem(
    ...LINK_ROUTE_PROBLEMS,
    ...ACCOUNT_PROBLEMS,
    'link_invalid',
    'link_used',
    'link_expired',
    'context_mismatch',
  )
  async verify(
    @Body() body: VerifyMagicLinkDto,
    @Req() request: ContextRequest,
    @Res({ passthrough: true }) response: HeaderSink,
  ): Promise<SignInDto> {
    const attempt = await this.attempt(body, request);
    const signIn = await this.links.verify({ token: body.token, ...attempt });
    return this.answer(signIn, attempt, { request, response });
  }

  @Post('verify-code')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Open a session with the code beside a mailed link' })
  @ApiOkResponse({ type: SignInDto })
  @ApiExpectedSession()
  @ApiProblem(...LINK_ROUTE_PROBLEMS, ...ACCOUNT_PROBLEMS, 'code_invalid', 'code_exhausted')
  async verifyCode(
    @Body() body: VerifyCodeDto,
    @Req() request: ContextRequest,
    @Res({ passthrough: true }) response: HeaderSink,
  ): Promise<SignInDto> {
    const attempt = await this.attempt(body, request);
    const { magic_link_id: magicLinkId, code } = body;
    const signIn = await this.codes.verify({ magicLinkId, code, ...attempt });
    return this.answer(signIn, attempt, { request, response });
  }

  private async attempt(body: SessionOptionsDto, request: ContextRequest): Promise<SignInAttempt> {
    const transport = body.transport ?? 'bearer';
    if (
      transport === 'cookie' &&
      isCrossSite(requestOrigin(request.headers), this.options.publicUrl)
    ) {
      const message = 'The cookie transport works from pages of the same site only.';
      throw new InvalidRequestError([{ field: 'transport', message }]);
    }
    await this.presented.refuseOther(request.headers);
    return {
      deviceName: body.device_name ?? null,
      rememberDevice: body.remember_device ?? false,
      transport,
      presented: this.presented.hashes(request.headers),
      ...this.requests.read(request),
    };
  }

  private answer(
    signIn: SignIn,
    { transport }: SignInAttempt,
    { request, response }: { readonly request: ContextRequest; readonly response: HeaderSink },
  ): SignInDto {
    const { session, deviceSecrets } = signIn;
    const cookies: string[] = [];
    if (transport === 'cookie') {
      cookies.push(this.cookie.withToken(session.token, session.lifetimeSeconds));
    }

    if (deviceSecrets !== undefined) {
      cookies.push(...this.deviceCookie.holding(deviceSecrets, request.headers));
    }

    if (cookies.length > 0) response.header('Set-Cookie', cookies);
    return new SignInDto(signIn, transport);
  }
}
