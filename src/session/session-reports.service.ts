import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import type { EventReferences } from '../audit/security-event';
import type { RequestInfo } from '../context/request-context';
import type { Transaction } from '../database/database.service';
import { DeviceRepository } from '../users/device.repository';
import { UserRepository } from '../users/user.repository';
import { type ReportedSession, SessionRepository } from './session.repository';
import { SessionEndingRepository } from './session-ending.repository';

/** The session that a report is about: itself, or the one that was opened with a link. */
type ReportSubject = { readonly sessionId: string } | { readonly magicLinkId: string };

/** A report that a sign-in was not the owner's. */
export type SessionReport = ReportSubject & {
  /** The id of the link or session whose mail is reported; undo goes by it. */
  readonly reportId: string;
  /** Whether to leave the session alone if the account knew its device before. */
  readonly sparesKnownDevice: boolean;
  /** Hashes of session tokens that are left alone: those that the report presents. */
  readonly spared: readonly (string | null)[];
};

/** Ends sessions that their owner says were not theirs, and takes that back. */
@Injectable()
export class SessionReports {
  constructor(
    private readonly repository: SessionRepository,
    private readonly endings: SessionEndingRepository,
    private readonly users: UserRepository,
    private readonly devices: DeviceRepository,
    private readonly audit: AuditRecorder,
  ) {}

  /** Ends the session, and forgets its device and the address where it was opened. */
  async end(report: SessionReport, request: RequestInfo, transaction: Transaction): Promise<void> {
    const session = await this.find(report, transaction);
    if (session === undefined || report.spared.includes(session.session_token_hash)) return;
    if (report.sparesKnownDevice && session.device_was_known === true) return;
    const { user_id: userId, device_id: deviceId } = session;
    await this.users.lock(userId, transaction);
    this.users.forgetIpAddress(userId, session.ip_address, transaction);
    if (deviceId !== null) this.devices.forget(userId, [deviceId], report.reportId, transaction);
    const reason = 'reported';
    const ended = await this.endings.revokeById(session.id, reason, transaction);
    if (ended === undefined) return;
    const about = { tenantId: ended.tenant_id, userId, sessionId: session.id };
    const link = 'magicLinkId' in report ? { magicLinkId: report.magicLinkId } : {};
    await this.audit.record(
      [{ ...about, ...link, type: 'session.revoked', reason, details: {} }],
      request,
      transaction,
    );
  }

  /**
   * Makes the device known again that a report has forgotten.
   *
   * @returns the session that was reported, if there is one, for the event.
   */
  async undo(
    subject: ReportSubject,
    transaction: Transaction,
  ): Promise<EventReferences | undefined> {
    const reportId = 'sessionId' in subject ? subject.sessionId : subject.magicLinkId;
    const session = await this.find(subject, transaction);
    if (session === undefined) return undefined;
    const { id: sessionId, user_id: userId, tenant_id: tenantId } = session;
    await this.users.lock(userId, transaction);
    await this.devices.remember(userId, reportId, transaction);
    return { tenantId, userId, sessionId };
  }

  private async find(
    report: ReportSubject,
    transaction: Transaction,
  ): Promise<ReportedSession | undefined> {
    return 'sessionId' in report
      ? this.repository.findById(report.sessionId, transaction)
      : this.repository.findByMagicLink(report.magicLinkId, transaction);
  }
}
