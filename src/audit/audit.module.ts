import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { AuditRecorder } from './audit-recorder.service';
import { AuditSubjects } from './audit-subjects.service';
import { EventHistory } from './event-history.service';
import { SecurityEventRepository } from './security-event.repository';
import { SubjectRepository } from './subject.repository';

/** The audit trail: recording events, and showing users their own. */
@Module({
  imports: [CryptoModule, DatabaseModule],
  providers: [
    AuditRecorder,
    EventHistory,
    AuditSubjects,
    SecurityEventRepository,
    SubjectRepository,
  ],
  exports: [AuditRecorder, EventHistory, AuditSubjects],
})
export class AuditModule {}
