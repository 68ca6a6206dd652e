import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { AuditModule } from '../../../src/audit/audit.module';
import { AuditRecorder } from '../../../src/audit/audit-recorder.service';
import { AuditSubjects } from '../../../src/audit/audit-subjects.service';
import { EventHistory } from '../../../src/audit/event-history.service';
import { resolveAuthOptions } from '../../../src/config/resolve-options';
import { RESOLVED_OPTIONS } from '../../../src/config/resolved-options';
import { Database } from '../../../src/database/database.service';
import { AUTH_DATA_SOURCE, createDataSource } from '../../../src/database/driver/data-source';
import { privately } from '../privately';

/** The audit trail as one instance of the service has it, with a pool of its own. */
export interface AuditTrail {
  readonly recorder: AuditRecorder;
  readonly subjects: AuditSubjects;
  readonly history: EventHistory;
  readonly database: Database;
  close(): Promise<void>;
}

export interface AuditTrailKeys {
  readonly current: Buffer;
  readonly accepted?: readonly Buffer[];
}

/** @param url of the role that the service runs as. */
export async function openAuditTrail(
  url: string,
  { current, accepted = [] }: AuditTrailKeys,
): Promise<AuditTrail> {
  const options = resolveAuthOptions({
    masterKey: current.toString('hex'),
    acceptedMasterKeys: accepted.map((key) => key.toString('hex')),
    publicUrl: 'https://auth.example.com',
  });
  const dataSource = createDataSource({ url, ssl: false, poolSize: 10, entities: [] });
  await dataSource.initialize();

  @Global()
  @Module({
    providers: [
      { provide: RESOLVED_OPTIONS, useValue: options },
      { provide: AUTH_DATA_SOURCE, useValue: dataSource },
    ],
    exports: [RESOLVED_OPTIONS, AUTH_DATA_SOURCE],
  })
  class OptionsModule {}

  const module = await Test.createTestingModule({
    imports: [OptionsModule, AuditModule],
  }).compile();
  return {
    recorder: privately(module, AuditRecorder),
    subjects: privately(module, AuditSubjects),
    history: privately(module, EventHistory),
    database: privately(module, Database),
    close: async () => {
      await module.close();
      await dataSource.destroy();
    },
  };
}
