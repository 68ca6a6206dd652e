import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { describeDevice } from '../../context/user-agent';
import { KeyRing } from '../../crypto/key-ring.service';
import { oneTimeCode } from '../../crypto/one-time-code';
import { Database } from '../../database/database.service';
import { MailTemplates } from '../../mail/content/mail-templates.service';
import { type ComposedMail, MailComposers } from '../../mail/outbox/mail-composers.service';
import type { MailOutboxEntity } from '../../mail/outbox/mail-outbox.entity';
import { LinkReportTokens } from '../link-report-tokens.service';
import type { MagicLink } from '../magic-link.entity';
import { MagicLinkLookupRepository } from '../magic-link-lookup.repository';
import { MagicLinkTokens } from '../magic-link-tokens.service';
import { MailPauses } from '../mail-pauses.service';

/** The kind of mail that carries a link. */
export const MAGIC_LINK_MAIL = 'magic_link';

/** Composes the mail of a link when it is sent: the token is derived then, not stored. */
@Injectable()
export class MagicLinkMailComposer implements OnModuleInit {
  constructor(
    private readonly composers: MailComposers,
    private readonly templates: MailTemplates,
    private readonly database: Database,
    private readonly lookup: MagicLinkLookupRepository,
    private readonly tokens: MagicLinkTokens,
    private readonly reportTokens: LinkReportTokens,
    private readonly pauses: MailPauses,
    private readonly keyRing: KeyRing,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'linkUrl' | 'pages' | 'publicUrl'>,
  ) {}

  onModuleInit(): void {
    this.composers.register(MAGIC_LINK_MAIL, (row) => this.compose(row));
  }

  private async compose(row: MailOutboxEntity): Promise<ComposedMail> {
    const { link, now } = await this.lookup.findById(row.magic_link_id ?? '', this.database);
    if (link === undefined || link.is_used || link.superseded_at !== null) {
      return { outcome: 'cancelled' };
    }

    if (link.expires_at <= now) return { outcome: 'expired' };
    const { tenant_id: tenantId, email, client_network: clientNetwork } = link;
    if (
      !link.from_known_device &&
      (await this.pauses.isPaused({ tenantId, email, clientNetwork }, this.database))
    ) {
      return { outcome: 'cancelled' };
    }

    const token = await this.tokens.deriveStored(link);
    // The public URL has changed since, so the link's token can no longer be derived.
    if (token === undefined) return { outcome: 'cancelled' };
    const content = await this.templates.signInLink(
      {
        link: `${this.options.linkUrl}#token=${token}`,
        code: this.code(link),
        ...(await this.reportLink(link)),
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

  /** The fallback is never used: the worker only takes mails whose key it holds. */
  private code(link: MagicLink): string {
    return oneTimeCode(this.keyRing.find(link.key_id) ?? this.keyRing.current, link.id);
  }

  /** The hosted page where the recipient can report that they did not request the link. */
  private async reportLink(link: MagicLink): Promise<{ reportUrl?: string }> {
    if (!this.options.pages) return {};
    const token = await this.reportTokens.derive(link);
    return { reportUrl: `${this.options.publicUrl}/auth/link/report#report=${token}` };
  }
}
