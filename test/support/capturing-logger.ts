import type { LoggerService } from '@nestjs/common';

/** Keeps everything that is logged, as text, so that tests can read it. */
export class CapturingLogger implements LoggerService {
  readonly lines: string[] = [];

  log(...parts: unknown[]): void {
    this.keep('log', parts);
  }

  warn(...parts: unknown[]): void {
    this.keep('warn', parts);
  }

  error(...parts: unknown[]): void {
    this.keep('error', parts);
  }

  private keep(level: string, parts: readonly unknown[]): void {
    const texts = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
    this.lines.push([level, ...texts].join(' '));
  }
}
