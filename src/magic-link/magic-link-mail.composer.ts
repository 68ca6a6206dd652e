import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { describeDevice } from '../context/user-agent';
import { Database } from '../database/database';
import { type ComposedMail, MailComposers } from '../mail/mail-composers';
import type { MailOutboxRow } from '../mail/mail-outbox.entity';
import { MailTemplates } from '../mail/mail-templates.service';
import { MagicLinkTokens } from './magic-link-tokens.service';
import { MagicLinkRepository } from './magic-link.repository';

/** The kind of mail that carries a link. */
export const MAGIC_LINK_MAIL = 'magic_link';

/** Composes the mail of a link, at the moment of sending: the token is stored nowhere until then. */
@Injectable()
export class MagicLinkMailComposer implements OnModuleInit {
  constructor(
    private readonly composers: MailComposers,
    private readonly templates: MailTemplates,
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly tokens: MagicLinkTokens,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'linkUrl'>,
  ) {}

  onModuleInit(): void {
    this.composers.register(MAGIC_LINK_MAIL, (row) => this.compose(row));
  }

  private async compose(row: MailOutboxRow): Promise<ComposedMail> {
    const link =
      row.magic_link_id === null
        ? undefined
        : await this.repository.findById(row.magic_link_id, this.database);
    if (link === undefined || link.is_used || link.superseded_at !== null) {
      return { outcome: 'cancelled' };
    }
    if (link.expires_at <= link.now) return { outcome: 'expired' };
    const token = await this.tokens.deriveStored(link);
    // The public URL has changed since: no token that could be made now would be the link's.
    if (token === undefined) return { outcome: 'cancelled' };
    const content = await this.templates.signInLink(
      {
        link: `${this.options.linkUrl}#token=${token}`,
        requestedAt: link.created_at,
        expiresAt: link.expires_at,
        ipAddress: link.ip_address,
        device: link.user_agent === null ? null : describeDevice(link.user_agent),
      },
      row.locale,
    );
    return {
      outcome: 'send',
      mail: { to: { address: link.email }, ...content },
      expiresAt: link.expires_at,
    };
  }
}
