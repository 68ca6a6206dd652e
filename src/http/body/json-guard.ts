import { InvalidRequestError } from '../../common/errors';

/**
 * Contract: deeper JSON is refused. An object or array at the top is level 1.
 * @internal for specs
 */
export const MAX_JSON_DEPTH = 20;

/** Names that reach a prototype when a parsed object is copied without care. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** PostgreSQL stores neither NUL nor half a surrogate pair, and JSON can carry both. */
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;

/** Why a JSON document is refused although it parses. */
type JsonFault = 'too_deep' | 'duplicate_key' | 'forbidden_key' | 'forbidden_character';

const MESSAGE: Readonly<Record<JsonFault, string>> = {
  too_deep: `must not be nested deeper than ${MAX_JSON_DEPTH} levels`,
  duplicate_key: 'must not name a member twice',
  forbidden_key: 'must not have members with that name',
  forbidden_character: 'must not contain NUL or unpaired surrogates',
};

/** The error to answer a fault with: `invalid_request`, which repeats nothing of the input. */
export function jsonFaultError(fault: JsonFault, field = 'body'): InvalidRequestError {
  return new InvalidRequestError([{ field, message: MESSAGE[fault] }]);
}

/**
 * Looks at JSON text for what is lost by parsing it: members named twice (RFC 8259, section 4:
 * parsers disagree about them, so one component may check what another does not use), and for
 * depth and forbidden names. One pass without recursion; no more than {@link MAX_JSON_DEPTH} sets
 * are held.
 *
 * It doesn't judge the grammar. On text that is not JSON its answer means nothing, and the parser
 * refuses that anyway.
 * @param text the whole document
 */
export function scanJson(text: string): JsonFault | undefined {
  // The names seen so far in each object that is open; arrays hold a place without names.
  const open: (Set<string> | undefined)[] = [];
  for (let position = 0; position < text.length; position += 1) {
    const character = text.charAt(position);
    switch (character) {
      case '{':
      case '[':
        if (open.length === MAX_JSON_DEPTH) return 'too_deep';

        open.push(character === '{' ? new Set() : undefined);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, position);
        const names = open.at(-1);
        const fault =
          names && isFollowedByColon(text, end) && addName(names, text.slice(position, end));
        if (fault) return fault;

        position = end - 1;
        break;
      }
      default:
        break;
    }
  }
  return undefined;
}

/** Index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text[position] !== '"') {
    position += text[position] === '\\' ? 2 : 1;
  }

  return position + 1;
}

function isFollowedByColon(text: string, start: number): boolean {
  let position = start;
  while (' \t\n\r'.includes(text[position] ?? '-')) position += 1;

  return text[position] === ':';
}

function addName(names: Set<string>, quoted: string): JsonFault | undefined {
  const name = unquote(quoted);
  if (FORBIDDEN_KEYS.has(name)) return 'forbidden_key';

  if (names.has(name)) return 'duplicate_key';

  names.add(name);
  return undefined;
}

function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);

  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

/**
 * Looks at a value that somebody else has parsed, before class-transformer and class-validator
 * do: they recurse, and deep input overflows their stack. No recursion here, and the walk ends at
 * the first fault.
 * @param value a body or query; binary data is not entered
 */
export function inspectValue(value: unknown): JsonFault | undefined {
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value === 'string' && hasForbiddenCharacter(next.value)) {
      return 'forbidden_character';
    }

    if (typeof next.value !== 'object' || next.value === null || ArrayBuffer.isView(next.value)) {
      continue;
    }

    if (next.depth > MAX_JSON_DEPTH) return 'too_deep';

    const isArray = Array.isArray(next.value);
    for (const [key, member] of Object.entries(next.value)) {
      if (!isArray && FORBIDDEN_KEYS.has(key)) return 'forbidden_key';

      if (!isArray && hasForbiddenCharacter(key)) return 'forbidden_character';

      pending.push({ value: member, depth: next.depth + 1 });
    }
  }
  return undefined;
}

function hasForbiddenCharacter(text: string): boolean {
  return text.includes('\0') || UNPAIRED_SURROGATE.test(text);
}
