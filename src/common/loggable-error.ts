import { createRedact, type Redact } from './redaction';

// What of an error may be logged: its class, its code, and the frames of its stack. Never its
// message, which may repeat what somebody has sent, SQL with its parameters, or a secret.

const MAX_FRAMES = 20;

/** Longer lines are no frames of code that anybody wrote. */
const MAX_FRAME_LENGTH = 512;

/** A class name. It is shorter than a key or a digest in hexadecimal, which has 64 digits. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,62}$/;

/** A code such as `ECONNRESET`, or an SQLSTATE such as `57P01`. No sign-in code: six digits. */
const ERROR_CODE = /^(?:[A-Za-z]\w{0,62}|[\dA-Z]{5})$/;

/** What V8 writes before a message: the name, to which Node.js adds its code in brackets. */
const NAME_BEFORE_MESSAGE = /^(?:[\w$.]+(?: \[\w+\])?: )?$/;

/** The first line of a stack that was taken before the error had a message. */
const NAME_ALONE = /^[\w$.]+(?: \[\w+\])?$/;

const FRAME_START = '    at ';

/** The place of a frame: an absolute path or a URL of one, a line and a column. */
const PLACE = /^(?:node:|file:\/\/\/|\/|[A-Za-z]:[\\/])[^()?#\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+:\d+:\d+$/u;

/** The function of a frame. Any text can be made the name of a function; only plain ones are shown. */
const FUNCTION = /^(?:async )?(?:new |get |set )?[\w$.#<>]{1,100}(?: \[as [\w$.#<>]{1,100}\])?$/;

/** @returns the class of an error, or the type of anything else that was thrown. */
export function errorName(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const type = propertyOf(thrown, 'constructor');
  const name = typeof type === 'function' ? propertyOf(type, 'name') : undefined;
  return typeof name === 'string' && CLASS_NAME.test(name) ? name : 'Error';
}

/** @returns the machine-readable code of an error, if it has one of the usual form. */
export function errorCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? propertyOf(thrown, 'code') : undefined;
  return typeof code === 'string' && ERROR_CODE.test(code) ? code : undefined;
}

/**
 * The frames of an error's stack, without the message above them.
 *
 * @returns nothing where it cannot be told where the message ends.
 */
export function stackFrames(thrown: unknown, redact: Redact = redactByShape): readonly string[] {
  if (!(thrown instanceof Error)) return [];
  const [stack, message, name] = (['stack', 'message', 'name'] as const).map((property) =>
    propertyOf(thrown, property),
  );
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  // Lines of such a name stand above the message, or in its place.
  if (typeof name !== 'string' || name.includes('\n')) return [];
  return framesBelow(message, stack, redact);
}

/**
 * As {@link stackFrames}, of the text of a stack.
 *
 * @param message of the error that the stack is of.
 */
export function framesBelow(
  message: string,
  stack: string,
  redact: Redact = redactByShape,
): readonly string[] {
  const lines = textBelow(message, stack).split('\n', 10 * MAX_FRAMES);
  // What follows the frames is not V8's: somebody has added another error to the stack.
  const end = lines.findIndex((line) => !line.startsWith(FRAME_START));
  return (end < 0 ? lines : lines.slice(0, end))
    .map((line) => readFrame(line.slice(FRAME_START.length)))
    .filter((frame) => frame !== undefined)
    .slice(0, MAX_FRAMES)
    .map(redact);
}

const redactByShape = createRedact();

/** The lines below the message, or nothing where the stack does not begin with that message. */
function textBelow(message: string, stack: string): string {
  const firstLine = stack.split('\n', 1)[0] ?? '';
  if (NAME_ALONE.test(firstLine)) {
    const isMessage = stack.startsWith(`${message}\n`);
    return stack.slice((isMessage ? message : firstLine).length + 1);
  }
  // The text of the message may also occur in the name before it.
  for (
    let start = stack.indexOf(message);
    start >= 0 && start <= firstLine.length;
    start = stack.indexOf(message, start + 1)
  ) {
    const end = start + message.length;
    const isWhole = stack.charAt(end) === '\n';
    if (isWhole && NAME_BEFORE_MESSAGE.test(stack.slice(0, start))) return stack.slice(end + 1);
  }
  return '';
}

/** @param text one line without the `at`: a place, or a function and its place in brackets. */
function readFrame(text: string): string | undefined {
  if (text.length > MAX_FRAME_LENGTH) return undefined;
  const bracket = text.endsWith(')') ? text.indexOf(' (') : -1;
  const place = bracket < 0 ? text.replace(/^async /, '') : text.slice(bracket + 2, -1);
  if (!PLACE.test(place)) return undefined;
  const name = bracket < 0 ? '' : text.slice(0, bracket);
  return FUNCTION.test(name) ? `at ${name} (${place})` : `at ${place}`;
}

/** Reads a property of which nothing is known, not even whether reading it throws. */
function propertyOf(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
