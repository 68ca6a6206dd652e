import { Module, type DynamicModule } from '@nestjs/common';
import { MailboxMailer } from '../../mail/mailbox.mailer';
import { MailboxController } from './mailbox.controller';

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
