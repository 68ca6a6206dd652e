import { domainToASCII, domainToUnicode } from 'node:url';

/** Octets of a domain name in its text form (RFC 1035, section 2.3.4, less length and root). */
const MAX_DOMAIN_LENGTH = 253;

/**
 * Letters, digits and hyphens, at most 63 octets, no hyphen at either end (RFC 1123, section 2.1;
 * RFC 5890, section 2.3.1).
 */
const LDH_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A last label that makes resolvers and URL parsers read the whole name as an IPv4 address
 * (RFC 3696, section 2; WHATWG URL, "ends in a number").
 */
const NUMERIC_LABEL = /^(?:[0-9]+|0x[0-9a-f]*)$/;

const A_LABEL_PREFIX = /(?:^|\.)xn--/;

/**
 * Characters of a label in readable form: letters, marks, digits, hyphens, and three others that
 * real names need (RFC 5892: no symbols, no emoji). The joiners of its appendix A.1 are excluded,
 * because they are invisible.
 */
const READABLE_LABEL = /^[a-z0-9\p{L}\p{M}\p{Nd}\u00b7\u3007\u30fb-]+$/u;

/**
 * Blocks that gained characters after Unicode 15.0, presentation forms, and everything beyond the
 * basic plane. Node.js 20 and Node.js 24 disagree about some of them, and whether an address is
 * accepted must not depend on that.
 */
const NOT_PORTABLE =
  /[\u0870-\u089f]|\u0c5c|\u0cdc|[\u1ab0-\u1aff]|[\u1c80-\u1c8f]|[\ua720-\ua7ff]|[\ufb00-\ufeff]|[\u{10000}-\u{10ffff}]/u;

/** Scripts of the basic plane that run from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;

/** Stricter than RFC 5893, section 2, which not every supported Node.js enforces completely. */
const RIGHT_TO_LEFT_LABEL = /^(?=\p{L})[\u0590-\u08ff][\u0590-\u08ff0-9-]*$/u;
const LEFT_TO_RIGHT_LABEL_BESIDE = /^\p{L}/u;

/**
 * The one spelling under which a mail domain is stored and compared: lower-case A-labels
 * (RFC 5890, section 2.3.2.1). A name in other scripts is accepted only if it is already in the
 * form that IDNA maps to, so a Kelvin sign, a fullwidth letter or an invisible character is
 * refused instead of being turned into somebody else's domain. A name of look-alike letters is a
 * separate domain, with its own A-label.
 *
 * @param domain the part after the `@`, at most a few hundred characters.
 * @returns the canonical form, or `undefined` if the domain is not acceptable.
 */
export function canonicalMailDomain(domain: string): string | undefined {
  const lowered = lowerCaseAscii(domain);
  const ascii = needsIdna(lowered) ? internationalDomain(lowered) : lowered;
  return ascii !== undefined && isHostName(ascii) ? ascii : undefined;
}

/** For ASCII only: `String.prototype.toLowerCase` would turn the Kelvin sign into a plain `k`. */
function lowerCaseAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function needsIdna(domain: string): boolean {
  return /[^a-z0-9.-]/.test(domain) || A_LABEL_PREFIX.test(domain);
}

function isHostName(domain: string): boolean {
  const labels = domain.split('.');
  return (
    domain.length <= MAX_DOMAIN_LENGTH &&
    labels.length >= 2 &&
    labels.every((label) => LDH_LABEL.test(label)) &&
    !NUMERIC_LABEL.test(labels.at(-1) ?? '')
  );
}

/** The A-label form of a domain that has labels in other scripts, or A-labels already. */
function internationalDomain(domain: string): string | undefined {
  const labels = domain.split('.');
  // Checked before `domainToASCII`, which would also decode `%`, cut at `/`, and accept `[::1]`.
  if (!labels.every((label) => READABLE_LABEL.test(label))) return undefined;

  const ascii = domainToASCII(domain);
  const readable = domainToUnicode(ascii);
  // Node.js 24 leaves an A-label unchanged if it cannot decode it.
  if (ascii === '' || A_LABEL_PREFIX.test(readable)) return undefined;
  if (domainToASCII(readable) !== ascii) return undefined;

  const asciiLabels = ascii.split('.');
  const readableLabels = readable.split('.');
  const unchanged =
    labels.length === asciiLabels.length &&
    labels.every((label, i) => label === asciiLabels[i] || label === readableLabels[i]);
  return unchanged && isPortable(readableLabels) ? ascii : undefined;
}

/** Whether all supported Node.js versions treat a domain the same. */
function isPortable(labels: readonly string[]): boolean {
  if (!labels.every((label) => isPortableLabel(label))) return false;
  if (!labels.some((label) => RIGHT_TO_LEFT.test(label))) return true;
  return labels.every((label) =>
    RIGHT_TO_LEFT.test(label)
      ? RIGHT_TO_LEFT_LABEL.test(label)
      : LEFT_TO_RIGHT_LABEL_BESIDE.test(label),
  );
}

function isPortableLabel(label: string): boolean {
  return (
    READABLE_LABEL.test(label) &&
    !NOT_PORTABLE.test(label) &&
    !label.startsWith('-') &&
    !label.endsWith('-')
  );
}
