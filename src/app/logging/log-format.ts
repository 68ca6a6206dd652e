import type { LogLevel } from '@nestjs/common';

import { escapeControls } from '../../common/redaction';
import type { LogRecord, LogValue } from './log-record';

/** Writes a record as one line, without its line break. */
export type LogFormat = (record: LogRecord) => string;

const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  fatal: 'fatal',
  error: 'error',
  warn: 'warn',
  log: 'info',
  debug: 'debug',
  verbose: 'trace',
};

/** Names that every record uses itself. Another field of such a name is renamed. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['time', 'level', 'context', 'message']);

/** One JSON object on each line, for machines. */
export const formatJsonLine: LogFormat = ({ time, level, context, message, fields }) => {
  const extra = Object.entries(fields).map(([name, value]) => [
    OWN_FIELDS.has(name) ? `field_${name}` : name,
    value,
  ]);
  const record = {
    time: time.toISOString(),
    level: LEVEL_NAMES[level],
    ...(context !== undefined && { context }),
    message,
    ...(Object.fromEntries(extra) as Record<string, LogValue>),
  };
  // JSON.stringify escapes only some control characters (C0).
  return escapeControls(JSON.stringify(record));
};

/** One line of plain text, for a person at a terminal. */
export const formatTextLine: LogFormat = ({ time, level, context, message, fields }) => {
  const extra = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  const words = [
    time.toTimeString().slice(0, 8),
    LEVEL_NAMES[level].padEnd(5),
    ...(context === undefined ? [] : [`[${context}]`]),
    message,
    ...extra,
  ];
  return escapeControls(words.join(' '));
};

function textOf(value: LogValue): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
