import { Controller, Get, Header, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';

import { AuthError } from '../../common/errors';
import { Public } from '../../session/http/public.decorator';
import { LocalOnlyGuard } from './local-only.guard';
import { type MailboxMail, MailboxMailer } from './mailbox.mailer';
import {
  MAIL_CONTENT_POLICY,
  MAILBOX_PAGE_POLICY,
  MAILBOX_PATH,
  mailboxPage,
  mailContent,
  mailPage,
} from './mailbox-page';

const HTML = 'text/html; charset=utf-8';

/** What development mode sent, for programs and for people. */
@ApiExcludeController()
@Controller(MAILBOX_PATH)
@Public()
@UseGuards(LocalOnlyGuard)
export class MailboxController {
  constructor(@Inject(MailboxMailer) private readonly mailbox: MailboxMailer) {}

  /** Newest first. A page where the client would rather have HTML, as browsers do. */
  @Get()
  list(@Req() request: Request, @Res() response: Response): void {
    const messages = this.mailbox.list();
    response.vary('Accept');
    if (request.accepts(['application/json', 'text/html']) === 'text/html') {
      response.setHeader('Content-Security-Policy', MAILBOX_PAGE_POLICY);
      response.type('html').send(mailboxPage(messages));
    } else {
      response.json({ messages });
    }
  }

  @Get(':id')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', MAILBOX_PAGE_POLICY)
  show(@Param('id') id: string): string {
    return mailPage(this.find(id));
  }

  /** For the frame in the page of that mail. */
  @Get(':id/html')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', MAIL_CONTENT_POLICY)
  @Header('X-Frame-Options', 'SAMEORIGIN')
  // Other answers ask for an origin-keyed agent cluster, which a sandboxed document cannot have.
  @Header('Origin-Agent-Cluster', '?0')
  content(@Param('id') id: string): string {
    return mailContent(this.find(id));
  }

  private find(id: string): MailboxMail {
    const mail = this.mailbox.find(id);
    if (mail === undefined) throw new AuthError('not_found', 'There is no such mail.');
    return mail;
  }
}
