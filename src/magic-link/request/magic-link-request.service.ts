import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { AuditRecorder } from '../../audit/audit-recorder.service';
import { AuditSubjects } from '../../audit/audit-subjects.service';
import { DEFAULT_TENANT } from '../../common/default-tenant';
import { InvalidRequestError, RateLimitError } from '../../common/errors';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../../config/resolved-options';
import { ContextDigests } from '../../context/context-digests.service';
import { clientNetwork } from '../../context/ip-address';
import { presentedDevice } from '../../context/presented-device';
import { type RequestContext, requestInfo } from '../../context/request-context';
import { KeyRing } from '../../crypto/key-ring.service';
import { tokenHash } from '../../crypto/token-hash';
import { Database, type Transaction } from '../../database/database.service';
import { MailOutbox } from '../../mail/outbox/mail-outbox.service';
import { RateLimiter } from '../../rate-limit/rate-limiter';
import { canonicalEmailAddress } from '../../users/email-address';
import { KnownDevices } from '../../users/known-devices.service';
import { linkDeviceOwner } from '../link-context';
import { accepted, type Outcome, refused, valueOf } from '../link-refusal';
import { type LockedAddress, MagicLinkRepository } from '../magic-link.repository';
import { MagicLinkLimits } from '../magic-link-limits.service';
import { MagicLinkTokens } from '../magic-link-tokens.service';
import { isAllowedRedirect } from '../redirect-policy';
import { MAGIC_LINK_MAIL } from './magic-link-mail.composer';

export interface MagicLinkRequest extends RequestContext {
  /** As it was typed. */
  readonly email: string;
  /** The URL to redirect to after the sign-in. */
  readonly redirectTo: string | undefined;
  /** The language of the mail, if one is known. */
  readonly locale: string | null;
}

export interface RequestedMagicLink {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Handles requests for links (docs/guide.md, section 3.1, `request_magic_link`). */
@Injectable()
export class MagicLinkRequestService {
  constructor(
    private readonly database: Database,
    private readonly repository: MagicLinkRepository,
    private readonly tokens: MagicLinkTokens,
    private readonly digests: ContextDigests,
    private readonly keyRing: KeyRing,
    private readonly limits: MagicLinkLimits,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    private readonly subjects: AuditSubjects,
    private readonly audit: AuditRecorder,
    private readonly outbox: MailOutbox,
    private readonly knownDevices: KnownDevices,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedAuthOptions, 'magicLink' | 'allowedRedirects'>,
  ) {}

  /**
   * Creates a link and queues its mail. The work and the time taken are the same whether or not the
   * address has an account, and whatever that account's state. Link, mail and event are written
   * together or not at all. Earlier links for this address go on working.
   *
   * @throws InvalidRequestError (`invalid_request`) for an address that is not acceptable or a
   *   target that is not on the allow-list; RateLimitError (`rate_limited`); UnavailableError
   *   (`unavailable`).
   */
  async request(request: MagicLinkRequest): Promise<RequestedMagicLink> {
    const email = canonicalEmailAddress(request.email);
    const { redirectTo } = request;
    if (redirectTo !== undefined && !isAllowedRedirect(redirectTo, this.options.allowedRedirects)) {
      const message = 'This must be a URL on the allow-list of this service.';
      throw new InvalidRequestError([{ field: 'redirect_to', message }]);
    }
    return valueOf(
      await this.database.transaction((transaction) => this.take(request, email, transaction)),
    );
  }

  /**
   * Returns a refusal that has an event, so that the event is committed.
   *
   * @throws RateLimitError (`rate_limited`) for a refusal without an event.
   */
  private async take(
    request: MagicLinkRequest,
    email: string,
    transaction: Transaction,
  ): Promise<Outcome<RequestedMagicLink>> {
    const { context } = request;
    const tenantId = DEFAULT_TENANT;
    const info = requestInfo(request);
    const rules = this.limits.forRequest({ tenantId, email, ipAddress: context.ipAddress });
    // One round trip. Locks the address and then its subject, in the same order as a sign-in.
    const [decision, address, subjectId] = await Promise.all([
      this.limiter.take(rules, transaction),
      this.repository.lockAddress(tenantId, email, transaction),
      this.subjects.getOrCreate(tenantId, email, transaction),
    ]);
    if (!decision.allowed && !decision.firstRefusal) {
      throw new RateLimitError(decision.retryAfterSeconds);
    }

    if (!decision.allowed) {
      await this.audit.record(
        [
          {
            type: 'rate_limit.exceeded',
            tenantId,
            subjectId,
            details: { limit: 'magic_link_request' },
          },
        ],
        info,
        transaction,
      );
      return refused({ error: new RateLimitError(decision.retryAfterSeconds) });
    }
    const link = await this.create(request, { tenantId, email }, address, transaction);
    await this.audit.record(
      [{ type: 'magic_link.requested', tenantId, subjectId, magicLinkId: link.id, details: {} }],
      info,
      transaction,
    );
    return accepted(link);
  }

  private async create(
    { context, redirectTo, locale }: MagicLinkRequest,
    { tenantId, email }: { readonly tenantId: string; readonly email: string },
    { now, account_id: accountId }: LockedAddress,
    transaction: Transaction,
  ): Promise<RequestedMagicLink> {
    // Whole seconds, so that the token and the row have the same times.
    const createdAt = new Date(Math.floor(now.getTime() / 1_000) * 1_000);
    const expiresAt = new Date(
      createdAt.getTime() + this.options.magicLink.lifetimeSeconds * 1_000,
    );
    const device = presentedDevice(context);
    const isSecret = device?.kind === 'secret';
    const owner = linkDeviceOwner({ tenant_id: tenantId, email });
    const link = {
      id: randomUUID(),
      email,
      ip_address: context.ipAddress,
      user_agent: context.userAgent === '' ? null : context.userAgent,
      device_fingerprint:
        device?.kind === 'fingerprint' ? this.digests.fingerprint(device.values[0]) : null,
      expires_at: expiresAt,
      created_at: createdAt,
      tenant_id: tenantId,
      client_network: clientNetwork(context.ipAddress),
      key_id: this.keyRing.current.id,
      redirect_to: redirectTo ?? null,
      locale,
      device_kind: device?.kind ?? ('none' as const),
      device_secret: isSecret ? this.digests.secret(owner, device.values[0]) : null,
      known_device_digests: this.knownDevices.candidates(accountId, context),
    };
    const token = await this.tokens.derive(link);
    this.repository.insert({ ...link, token_hash: tokenHash(token) }, transaction);
    await this.outbox.enqueue(
      { kind: MAGIC_LINK_MAIL, magicLinkId: link.id, locale, keyId: link.key_id },
      transaction,
    );
    return { id: link.id, expiresAt };
  }
}
