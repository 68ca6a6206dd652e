import { Body, Headers, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { InvalidRequestError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import type { ContextRequest } from '../../context/client-context.reader';
import { ApiProblem } from '../../http/api-problem.decorator';
import { ContractController } from '../../http/contract-controller.decorator';
import { requestOrigin } from '../../http/origin-rule';
import { Public } from '../../session/http/public.decorator';
import { RequestReader } from '../../session/http/request-reader.service';
import { type HeaderSink, SessionCookie } from '../../session/http/session-cookie.service';
import { MagicLinkRequestService } from '../magic-link-request.service';
import { MagicLinkVerificationService } from '../magic-link-verification.service';
import { isCrossSite } from './cookie-transport';
import {
  RequestedMagicLinkDto,
  RequestMagicLinkDto,
  SignInDto,
  VerifyMagicLinkDto,
} from './magic-link.dto';
import { preferredLocale } from './preferred-locale';

const PUBLIC_ROUTE_PROBLEMS = [
  'invalid_request',
  'origin_forbidden',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
] as const;

const VERIFICATION_PROBLEMS = [
  'link_invalid',
  'link_used',
  'link_expired',
  'context_mismatch',
  'account_disabled',
  'account_locked',
  'sign_up_disabled',
] as const;

@ApiTags('magic links')
@ApiHeader({ name: 'X-Device-Fingerprint', required: false, schema: { maxLength: 128 } })
@Public()
@ContractController('auth/magic-link')
export class MagicLinkController {
  constructor(
    private readonly requestService: MagicLinkRequestService,
    private readonly verificationService: MagicLinkVerificationService,
    private readonly cookie: SessionCookie,
    private readonly requests: RequestReader,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'publicUrl'>,
  ) {}

  @Post('request')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Mail a sign-in link to an address' })
  @ApiOkResponse({ type: RequestedMagicLinkDto, description: 'The same for every address.' })
  @ApiProblem(...PUBLIC_ROUTE_PROBLEMS)
  async request(
    @Body() body: RequestMagicLinkDto,
    @Req() request: ContextRequest,
    @Headers('accept-language') acceptLanguage: string | undefined,
  ): Promise<RequestedMagicLinkDto> {
    const link = await this.requestService.request({
      email: body.email,
      redirectTo: body.redirect_to,
      locale: preferredLocale(acceptLanguage),
      ...this.requests.read(request),
    });
    return new RequestedMagicLinkDto(link);
  }

  @Post('verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Open a session with the token of a mailed link' })
  @ApiOkResponse({ type: SignInDto })
  @ApiProblem(...PUBLIC_ROUTE_PROBLEMS, ...VERIFICATION_PROBLEMS)
  async verify(
    @Body() body: VerifyMagicLinkDto,
    @Req() request: ContextRequest,
    @Res({ passthrough: true }) response: HeaderSink,
  ): Promise<SignInDto> {
    const transport = body.transport ?? 'bearer';
    if (transport === 'cookie') this.refuseCrossSiteCookie(request);
    const signIn = await this.verificationService.verify({
      token: body.token,
      deviceName: body.device_name ?? null,
      rememberDevice: body.remember_device ?? false,
      transport,
      ...this.requests.read(request),
    });
    if (transport === 'cookie') {
      const { token, lifetimeSeconds } = signIn.session;
      this.cookie.set(response, token, lifetimeSeconds);
    }
    return new SignInDto(signIn, transport);
  }

  private refuseCrossSiteCookie({ headers }: ContextRequest): void {
    if (isCrossSite(requestOrigin(headers), this.options.publicUrl)) {
      const message = 'The cookie transport works from pages of the same site only.';
      throw new InvalidRequestError([{ field: 'transport', message }]);
    }
  }
}
