import { type DynamicModule, Module } from '@nestjs/common';

import { MailboxController } from './mailbox.controller';
import { MailboxMailer } from './mailbox.mailer';

/** What only development mode has. Production never loads it. */
@Module({})
export class DevelopmentModule {
  static forRoot(mailbox: MailboxMailer): DynamicModule {
    return {
      module: DevelopmentModule,
      controllers: [MailboxController],
      providers: [{ provide: MailboxMailer, useValue: mailbox }],
    };
  }
}
