import type { LoggerService, LogLevel } from '@nestjs/common';

import { type Clock, SystemClock } from '../../common/clock';
import type { Redact } from '../../common/redaction';
import type { LogFormat } from './log-format';
import { toLogRecord } from './log-record';

/** Loggers of Nest that write a line for each module and route at the start. */
const SET_UP_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

export interface AppLoggerSettings {
  readonly format: LogFormat;
  readonly redact: Redact;
  /**
   * The name of the one logger whose records are written with their secrets. Only development
   * mode may set it, to show mailed links in the terminal.
   */
  readonly dangerouslyUnredactedContext?: string;
  /** Takes one line with its line break. @default standard output */
  readonly write?: (line: string) => void;
  readonly clock?: Clock;
}

/**
 * The log of the standalone service: one line for each record, without secrets. It is not based on
 * Nest's own logger, which writes whatever it is given, and writes errors to another stream.
 */
export class AppLogger implements LoggerService {
  private readonly write: (line: string) => void;
  private readonly clock: Clock;

  constructor(private readonly settings: AppLoggerSettings) {
    this.write = settings.write ?? ((line) => process.stdout.write(line));
    this.clock = settings.clock ?? new SystemClock();
  }

  log(message: unknown, ...parameters: unknown[]): void {
    if (!SET_UP_CONTEXTS.has(parameters.at(-1))) this.record('log', message, parameters);
  }

  error(message: unknown, ...parameters: unknown[]): void {
    this.record('error', message, parameters);
  }

  warn(message: unknown, ...parameters: unknown[]): void {
    this.record('warn', message, parameters);
  }

  fatal(message: unknown, ...parameters: unknown[]): void {
    this.record('fatal', message, parameters);
  }

  private record(level: LogLevel, message: unknown, parameters: readonly unknown[]): void {
    const { format, dangerouslyUnredactedContext } = this.settings;
    const isOpen =
      dangerouslyUnredactedContext !== undefined &&
      parameters.at(-1) === dangerouslyUnredactedContext;
    const redact: Redact = isOpen ? (text) => text : this.settings.redact;
    const record = toLogRecord(this.clock.now(), level, message, parameters, redact);
    this.write(`${format(record)}\n`);
  }
}
