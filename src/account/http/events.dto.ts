import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import type { EventPage } from '../../audit/event-history.service';

type HistoryEvent = EventPage['events'][number];

export class EventQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  @ApiPropertyOptional({ maxLength: 64, description: '`next_cursor` of the previous page.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  readonly cursor?: string;
}

export class SecurityEventDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ example: 'sign_in.succeeded' })
  readonly type: string;

  @ApiProperty({ format: 'date-time' })
  readonly occurred_at: string;

  @ApiProperty({ type: String, nullable: true })
  readonly ip_address: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly user_agent: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  readonly session_id: string | null;

  @ApiProperty({
    type: Object,
    description: 'Fields specific to the event type, such as `reason`.',
  })
  readonly details: Readonly<Record<string, unknown>>;

  constructor(event: HistoryEvent) {
    this.id = event.id;
    this.type = event.type;
    this.occurred_at = event.occurred_at.toISOString();
    this.ip_address = event.ip_address;
    this.user_agent = event.user_agent;
    this.session_id = event.session_id;
    this.details =
      event.reason === null ? event.details : { reason: event.reason, ...event.details };
  }
}

export class EventListDto {
  @ApiProperty({ type: [SecurityEventDto], description: 'Newest first.' })
  readonly events: SecurityEventDto[];

  @ApiProperty({ type: String, nullable: true, description: '`null` on the last page.' })
  readonly next_cursor: string | null;

  constructor(page: EventPage) {
    this.events = page.events.map((event) => new SecurityEventDto(event));
    this.next_cursor = page.nextCursor;
  }
}
