import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../database/database.module';
import { AuditRecorder } from './audit-recorder.service';
import { EventHistory } from './event-history.service';
import { SecurityEventRepository } from './security-event.repository';
import { SubjectRepository } from './subject.repository';
import { Subjects } from './subjects.service';

/** The audit trail: what is recorded, and what people may read of it. */
@Module({
  imports: [CryptoModule, DatabaseModule],
  providers: [AuditRecorder, EventHistory, Subjects, SecurityEventRepository, SubjectRepository],
  exports: [AuditRecorder, EventHistory, Subjects],
})
export class AuditModule {}
