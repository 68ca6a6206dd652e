import { InvalidRequestError } from '../common/errors';
import { canonicalMailDomain } from './email-domain';

/** Octets of a whole address (RFC 5321, section 4.5.3.1.3, less the angle brackets of a path). */
const MAX_ADDRESS_LENGTH = 254;

/** Octets before the `@` (RFC 5321, section 4.5.3.1.1). */
const MAX_LOCAL_PART_LENGTH = 64;

/** UTF-16 units that are looked at, white space included: more is refused unread. */
const MAX_INPUT_LENGTH = 512;

/** One `@`, white space around the address and nowhere else. No two parts can match the same. */
const ADDRESS_PARTS = /^[\t\n\f\r ]*([^@\t\n\f\r ]+)@([^@\t\n\f\r ]+)[\t\n\f\r ]*$/;

/** RFC 5322, section 3.2.3. Quoted local parts and comments are refused. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

const NOT_ACCEPTABLE = 'This must be one e-mail address, such as name@example.com.';

/**
 * The one spelling under which an address is stored, limited and written to: lower-case ASCII,
 * the domain as A-labels. Every spelling either is refused or names one identity; nothing but
 * white space around the address is repaired.
 *
 * @param input an address as a person typed it.
 * @returns the canonical form, at most 254 octets of printable ASCII.
 * @throws InvalidRequestError `invalid_request` for the field `email`, without the input in it.
 */
export function canonicalEmailAddress(input: string): string {
  const parts = input.length <= MAX_INPUT_LENGTH ? ADDRESS_PARTS.exec(input) : null;
  const localPart = canonicalLocalPart(parts?.[1] ?? '');
  const domain = canonicalMailDomain(parts?.[2] ?? '');
  if (localPart === undefined || domain === undefined) throw notAcceptable();

  const address = `${localPart}@${domain}`;
  if (address.length > MAX_ADDRESS_LENGTH) throw notAcceptable();
  return address;
}

/**
 * What the limiter counts an address as: without its plus-tag, so that one mailbox does not get a
 * thousand mails under a thousand tags. A tag with nothing before it names no mailbox and stays.
 *
 * @param canonical an address from {@link canonicalEmailAddress}.
 */
export function limiterIdentity(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  const plus = canonical.indexOf('+', 1);
  return plus === -1 || plus > at ? canonical : canonical.slice(0, plus) + canonical.slice(at);
}

/**
 * RFC 5321, section 2.4, leaves the case of a local part to its host. No host in use tells two
 * people apart by it, and an attacker could.
 */
function canonicalLocalPart(localPart: string): string | undefined {
  // ASCII before lower-casing: the Kelvin sign has a plain `k` as its lower case.
  if (localPart.length > MAX_LOCAL_PART_LENGTH || /[^\x21-\x7e]/.test(localPart)) return undefined;
  const lowered = localPart.toLowerCase();
  return DOT_ATOM.test(lowered) ? lowered : undefined;
}

function notAcceptable(): InvalidRequestError {
  return new InvalidRequestError([{ field: 'email', message: NOT_ACCEPTABLE }]);
}
