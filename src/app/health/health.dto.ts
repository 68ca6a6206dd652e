import { ApiProperty } from '@nestjs/swagger';

export class LivenessDto {
  @ApiProperty({ enum: ['ok'] })
  readonly status: 'ok';
}

class ReadinessChecksDto {
  @ApiProperty({ enum: ['ok'], description: 'The database answers.' })
  readonly database: 'ok';

  @ApiProperty({ enum: ['ok'], description: 'The schema is as new as this release.' })
  readonly migrations: 'ok';
}

export class ReadinessDto {
  @ApiProperty({ enum: ['ok'] })
  readonly status: 'ok';

  @ApiProperty()
  readonly checks: ReadinessChecksDto;
}
