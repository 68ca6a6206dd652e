import type { IncomingHttpHeaders } from 'node:http';

import { applyDecorators, Get, Header, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { DeviceCookie } from '../../context/http/device-cookie.service';
import { ContractController } from '../../http/contract-controller.decorator';
import type { HeaderSink } from '../../http/header-sink';
import { preferredLocale } from '../../magic-link/http/preferred-locale';
import { Public } from '../../session/http/public.decorator';
import { type PageName, PageRenderer } from '../page-renderer.service';

/**
 * Allows scripts, styles, images and requests of our own origin only: nothing inline, no frames, no
 * form that is submitted without a script (CSP level 3; ASVS 5.0, 3.4.3).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface PageRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: Readonly<Record<string, unknown>>;
}

const Page = (path: string): MethodDecorator =>
  applyDecorators(
    Get(path),
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', CONTENT_SECURITY_POLICY),
  );

/** The hosted pages. The routes use no data and change none: the pages' scripts call the API. */
@ApiExcludeController()
@Public()
@ContractController('auth')
export class PagesController {
  constructor(
    private readonly renderer: PageRenderer,
    private readonly deviceCookie: DeviceCookie,
  ) {}

  @Page('sign-in')
  signIn(@Req() request: PageRequest, @Res({ passthrough: true }) response: HeaderSink): string {
    const { redirect_to: target } = request.query;
    return this.show('sign-in', request, response, typeof target === 'string' ? target : undefined);
  }

  @Page('link')
  link(@Req() request: PageRequest, @Res({ passthrough: true }) response: HeaderSink): string {
    return this.show('link', request, response);
  }

  @Page('account')
  account(@Req() request: PageRequest, @Res({ passthrough: true }) response: HeaderSink): string {
    return this.show('account', request, response);
  }

  @Page('link/report')
  report(@Req() request: PageRequest, @Res({ passthrough: true }) response: HeaderSink): string {
    return this.show('report', request, response);
  }

  private show(
    page: PageName,
    { headers }: PageRequest,
    response: HeaderSink,
    target?: string,
  ): string {
    this.deviceCookie.ensure(headers, response);
    return this.renderer.render(page, preferredLocale(headers['accept-language']), target);
  }
}
