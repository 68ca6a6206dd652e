import { ApiProperty } from '@nestjs/swagger';

import type { LeaseState } from '../../session/memory/session-revocation-feed.service';

export class LivenessDto {
  @ApiProperty({ enum: ['ok'] })
  readonly status: 'ok';
}

class ReadinessChecksDto {
  @ApiProperty({ enum: ['ok'], description: 'The database answers.' })
  readonly database: 'ok';

  @ApiProperty({ enum: ['ok'], description: 'The schema is as new as this release.' })
  readonly migrations: 'ok';

  @ApiProperty({
    enum: ['held', 'lost', 'off'],
    description:
      'Whether sessions are answered for from memory. Where the lease is lost each is looked up ' +
      'in the database: slower, and as safe. Off when nothing is kept in memory.',
  })
  readonly session_lease: LeaseState;
}

export class ReadinessDto {
  @ApiProperty({ enum: ['ok'] })
  readonly status: 'ok';

  @ApiProperty()
  readonly checks: ReadinessChecksDto;
}
