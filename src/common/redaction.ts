const REDACTED = '[redacted]';

/** Longer texts are cut. Nothing that is logged on purpose is as long. */
const MAX_TEXT_LENGTH = 8_192;

/** Shorter secrets are not looked for: they would be found in harmless words. */
const MIN_SECRET_LENGTH = 8;

/**
 * The forms of secrets whose values we do not know. No two parts of a pattern can match the same
 * text, so that hostile text takes linear time.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A compact JWS or the beginning of one: base64url of `{"` or `{ ` (RFC 7515, section 3.1).
  [/\bey[IAJ][\w-]+(?:\.[\w-]*)*/g, REDACTED],
  // RFC 6750, section 2.1, and every other scheme of RFC 9110, section 11.
  [/\b(bearer|basic|digest)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`],
  // A variable with its value.
  [/\b((?:AUTH|PG)_?[A-Z_]+\s*=\s*)[^\s"']+/g, `$1${REDACTED}`],
  // User and password of any URL.
  [/(:\/\/)[^\s/@"']+@/g, `$1${REDACTED}@`],
  // Our cookies, and the fragment of a mailed link.
  [/((?:mira_\w+|\btoken)=)[^\s;&"']+/g, `$1${REDACTED}`],
  // Master keys and digests: 32 bytes and more in hexadecimal.
  [/\b[\da-f]{64,}\b/gi, REDACTED],
];

/** A run of characters that can be an e-mail address: those of its parts, `@` and fullwidth `@`. */
const ADDRESS_WORD = /[^\s"'<>()[\]{},;:=|\\/?&]+/g;
const AROUND_AT = /[^@＠](?:@|＠|%40)./i;

/** Fields whose value is a secret or personal, whatever it looks like. */
const SECRET_FIELD =
  /^(?:authorization|cookie|set-cookie|password|secret|(?:\w+_)?token|(?:\w+_)?key|email|to|x-device-fingerprint|device_fingerprint)$/i;

/** Replaces every secret and every e-mail address in a text by `[redacted]`. */
export type Redact = (text: string) => string;

/**
 * Makes the last line of defence of the log. Nothing that we log holds a secret; this is for
 * messages of libraries that nobody foresaw.
 *
 * @param secrets known values, such as the master key.
 */
export function createRedact(secrets: readonly string[] = []): Redact {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  return (text) => {
    const cut = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
    const unknown = known.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), cut);
    const shaped = PATTERNS.reduce(
      (rest, [pattern, replacement]) => rest.replace(pattern, replacement),
      unknown,
    );
    return shaped.replace(ADDRESS_WORD, (word) => (AROUND_AT.test(word) ? REDACTED : word));
  };
}

/** Tells whether a field's value must not be shown at all. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELD.test(name);
}

/**
 * Escapes each character that could end a line, move a cursor or change the reading direction, so
 * that one record stays one line (CWE-117). The escapes are those of JavaScript and JSON.
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) =>
      character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
