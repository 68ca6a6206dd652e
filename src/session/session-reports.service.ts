import { Injectable } from '@nestjs/common';

import { AuditRecorder } from '../audit/audit-recorder.service';
import type { EventReferences } from '../audit/security-event';
import type { RequestInfo } from '../context/request-context';
import type { Transaction } from '../database/database.service';
import { DeviceRepository } from '../users/device.repository';
import { UserRepository } from '../users/user.repository';
import { type ReportedSession, SessionRepository } from './session.repository';
import { devicesOf } from './session-device';
import { SessionEndingRepository } from './session-ending.repository';
import { referencesTo } from './session-references';

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

  /**
   * Ends the session and others on its device, and forgets that device and the address where the
   * session was opened.
   *
   * @returns the session that was reported, if there is one, for the event.
   */
  async end(
    report: SessionReport,
    request: RequestInfo,
    transaction: Transaction,
  ): Promise<EventReferences | undefined> {
    const session = await this.find(report, transaction);
    if (session === undefined) return undefined;
    const about = referencesTo(session);
    if (report.spared.includes(session.session_token_hash)) return about;
    if (report.sparesKnownDevice && session.device_was_known === true) return about;
    const { user_id: userId, device_id: deviceId } = session;
    await this.users.lock(userId, transaction);
    this.users.forgetIpAddress(userId, session.ip_address, transaction);
    const devices = devicesOf(session);
    if (devices.length > 0) this.devices.forget(userId, devices, report.reportId, transaction);

    const reason = 'reported';
    const reported = await this.endings.revokeById(session.id, reason, transaction);
    // Whoever has signed in again on that device since is the same person.
    const others =
      deviceId === null
        ? []
        : await this.endings.revokeOnDevice(userId, deviceId, report.spared, reason, transaction);
    const link = 'magicLinkId' in report ? { magicLinkId: report.magicLinkId } : {};
    await this.audit.record(
      [...(reported === undefined ? [] : [reported]), ...others].map((ended) => ({
        ...about,
        ...link,
        sessionId: ended.id,
        type: 'session.revoked',
        reason,
        details: {},
      })),
      request,
      transaction,
    );
    return about;
  }

  /**
   * Makes the device known again that a report has forgotten.
   *
   * @returns the session that was reported, for the event; `undefined` when no device was forgotten.
   */
  async undo(
    subject: ReportSubject,
    transaction: Transaction,
  ): Promise<EventReferences | undefined> {
    const reportId = 'sessionId' in subject ? subject.sessionId : subject.magicLinkId;
    const session = await this.find(subject, transaction);
    if (session === undefined) return undefined;
    await this.users.lock(session.user_id, transaction);
    const restored = await this.devices.remember(session.user_id, reportId, transaction);
    return restored > 0 ? referencesTo(session) : undefined;
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
