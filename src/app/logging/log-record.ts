import type { LogLevel } from '@nestjs/common';

import { errorCode, errorName, framesBelow, stackFrames } from '../../common/loggable-error';
import { isSecretField, type Redact } from '../../common/redaction';

/** What a field of a record may hold, once it is safe to write. */
export type LogValue =
  string | number | boolean | null | readonly LogValue[] | { readonly [name: string]: LogValue };

/** One thing that happened, safe to write. */
export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  /** The name of the logger, usually a class. */
  readonly context: string | undefined;
  readonly message: string;
  readonly fields: Readonly<Record<string, LogValue>>;
}

const MAX_DEPTH = 4;
const MAX_ENTRIES = 50;

/** Nest's logger of the error that ends a start, such as a provider that a module lacks. */
const START_CONTEXT = 'ExceptionHandler';

/**
 * Makes a record of what Nest's `Logger` is called with: a message; then objects, whose properties
 * become fields, or the text of a stack (several lines); then the name of the logger.
 */
export function toLogRecord(
  time: Date,
  level: LogLevel,
  message: unknown,
  parameters: readonly unknown[],
  redact: Redact,
): LogRecord {
  const last = parameters.at(-1);
  const context = typeof last === 'string' && !last.includes('\n') ? last : undefined;
  const rest = context === undefined ? parameters : parameters.slice(0, -1);
  const { text, extra } = readMessage(message, context);
  const fields: Record<string, LogValue> = {};
  for (const value of [extra, ...rest]) Object.assign(fields, fieldsOf(value, text, redact));
  return {
    time,
    level,
    context: context === undefined ? undefined : redact(context),
    message: redact(text),
    fields,
  };
}

/** A message is a text, an error, or an object of fields with the text in `message`. */
function readMessage(
  message: unknown,
  context: string | undefined,
): { readonly text: string; readonly extra: unknown } {
  if (typeof message === 'string') return { text: message, extra: undefined };
  if (message instanceof Error) {
    const name = errorName(message);
    // The message of an error may repeat what a client has sent. At the start there is no client.
    const text = context === START_CONTEXT ? `${name}: ${message.message}` : name;
    return { text, extra: message };
  }
  if (typeof message !== 'object' || message === null) return { text: 'Value', extra: message };
  const { message: text, ...extra } = message as { message?: unknown };
  return typeof text === 'string' ? { text, extra } : { text: 'Fields', extra: message };
}

/** @param message of the record; a stack that is given as text begins with it. */
function fieldsOf(value: unknown, message: string, redact: Redact): Record<string, LogValue> {
  if (value === undefined) return {};
  if (value instanceof Error) return { error: describeError(value, redact) };
  if (typeof value === 'string' && value.includes('\n')) {
    return { stack: framesBelow(message, value, redact) };
  }

  const safe = safeValue(value, redact, 0);
  return isFields(safe) ? safe : { value: safe };
}

function isFields(value: LogValue): value is Record<string, LogValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Never the message: a driver's repeats SQL and its parameters, a parser's repeats the input. */
function describeError(error: Error, redact: Redact): LogValue {
  const code = errorCode(error);
  const { cause } = error;
  return {
    name: redact(errorName(error)),
    ...(code !== undefined && { code: redact(code) }),
    stack: stackFrames(error, redact),
    ...(cause instanceof Error && { cause: redact(errorName(cause)) }),
  };
}

function safeValue(value: unknown, redact: Redact, depth: number): LogValue {
  switch (typeof value) {
    case 'string':
      return redact(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : safeObject(value, redact, depth);
    case 'undefined':
    case 'symbol':
    case 'function':
      return `[${typeof value}]`;
  }
}

function safeObject(value: object, redact: Redact, depth: number): LogValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return describeError(value, redact);
  // Bytes are keys or digests, or nothing that a person could read.
  if (ArrayBuffer.isView(value) || depth >= MAX_DEPTH) return '[omitted]';
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((entry) => safeValue(entry, redact, depth + 1));
  }

  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .slice(0, MAX_ENTRIES)
      .map(([name, entry]) => [
        redact(name),
        isSecretField(name) ? '[redacted]' : safeValue(entry, redact, depth + 1),
      ]),
  );
}
