import { Body, Headers, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import {
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';

import type { ContextRequest } from '../../context/client-context.reader';
import { RequestReader } from '../../context/http/request-reader.service';
import { ContractController } from '../../http/contract-controller.decorator';
import { ApiProblem } from '../../http/errors/api-problem.decorator';
import { PresentedSessionReader } from '../../session/http/presented-session.reader';
import { Public } from '../../session/http/public.decorator';
import { LinkReportService } from '../report/link-report.service';
import { MagicLinkRequestService } from '../request/magic-link-request.service';
import { MagicLinkInspectionService } from '../verify/magic-link-inspection.service';
import {
  InspectedLinkDto,
  LinkTokenDto,
  ReportDto,
  ReportedDto,
  RequestedMagicLinkDto,
  RequestMagicLinkDto,
} from './magic-link.dto';
import { LINK_ROUTE_PROBLEMS } from './magic-link-problems';
import { preferredLocale } from './preferred-locale';

@ApiTags('magic links')
@ApiHeader({ name: 'X-Device-Fingerprint', required: false, schema: { maxLength: 128 } })
@Public()
@ContractController('auth/magic-link')
export class MagicLinkController {
  constructor(
    private readonly requestService: MagicLinkRequestService,
    private readonly inspectionService: MagicLinkInspectionService,
    private readonly reportService: LinkReportService,
    private readonly requests: RequestReader,
    private readonly presented: PresentedSessionReader,
  ) {}

  @Post('request')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Mail a sign-in link to an address' })
  @ApiOkResponse({ type: RequestedMagicLinkDto, description: 'The same for every address.' })
  @ApiProblem(...LINK_ROUTE_PROBLEMS)
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

  @Post('inspect')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'What asked for a link, without using it' })
  @ApiOkResponse({ type: InspectedLinkDto })
  @ApiProblem(...LINK_ROUTE_PROBLEMS, 'link_invalid', 'link_used', 'link_expired')
  async inspect(
    @Body() { token }: LinkTokenDto,
    @Req() request: ContextRequest,
  ): Promise<InspectedLinkDto> {
    const link = await this.inspectionService.inspect(token, this.requests.read(request));
    return new InspectedLinkDto(link);
  }

  @Post('report')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: '"This wasn\'t me": end what a mail is about' })
  @ApiOkResponse({ type: ReportedDto })
  @ApiProblem(...LINK_ROUTE_PROBLEMS, 'link_invalid', 'link_expired')
  async report(@Body() body: ReportDto, @Req() request: ContextRequest): Promise<ReportedDto> {
    const undoUntil = await this.reportService.report({
      token: body.token,
      statement: body.statement,
      presented: this.presented.hashes(request.headers),
      ...this.requests.read(request),
    });
    return new ReportedDto(undoUntil);
  }

  @Post('report/undo')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Take a report back: what was ended stays ended' })
  @ApiNoContentResponse()
  @ApiProblem(...LINK_ROUTE_PROBLEMS, 'link_invalid', 'link_expired')
  async undo(@Body() { token }: LinkTokenDto, @Req() request: ContextRequest): Promise<void> {
    await this.reportService.undo(token, this.requests.read(request));
  }
}
