import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { MailboxMailer } from '../../mail/mailbox.mailer';
import { Public } from '../../session/http/public.decorator';
import { LocalOnlyGuard } from './local-only.guard';
import { MAILBOX_PAGE_POLICY, mailboxPage } from './mailbox-page';

export const MAILBOX_PATH = '/dev/mailbox';

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
}
