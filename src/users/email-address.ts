import { InvalidRequestError } from '../common/errors';
import { canonicalMailDomain } from './email-domain';

/** Octets of a whole address (RFC 5321, section 4.5.3.1.3, less the angle brackets of a path). */
const MAX_ADDRESS_LENGTH = 254;

/** Octets before the `@` (RFC 5321, section 4.5.3.1.1). */
const MAX_LOCAL_PART_LENGTH = 64;

/** UTF-16 units, white space included. Longer input is refused without parsing it. */
const MAX_INPUT_LENGTH = 512;

/** One `@`, and white space only around the address. Adjacent parts cannot match the same text. */
const ADDRESS_PARTS = /^[\t\n\f\r ]*([^@\t\n\f\r ]+)@([^@\t\n\f\r ]+)[\t\n\f\r ]*$/;

/** RFC 5322, section 3.2.3. Quoted local parts and comments are refused. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

const NOT_ACCEPTABLE = 'This must be one e-mail address, such as name@example.com.';

/**
 * The one spelling under which an address is stored, limited and mailed to: lower-case ASCII, the
 * domain as A-labels. A spelling either is refused or leads to exactly one identity. Apart from
 * case and A-labels, only white space around the address is corrected.
 *
 * @param input an address as typed.
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
 * The identity of an address for the limiter: without its plus-tag, so that one mailbox does not
 * get a thousand mails under a thousand tags. A tag with nothing before it is kept: without it no
 * mailbox would be left.
 *
 * @param canonical an address from {@link canonicalEmailAddress}.
 */
export function limiterIdentity(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  const plus = canonical.indexOf('+', 1);
  return plus === -1 || plus > at ? canonical : canonical.slice(0, plus) + canonical.slice(at);
}

/**
 * An address for people who may know that it is theirs, and for nobody else: the first character of
 * the local part, and the domain.
 *
 * @param canonical an address from {@link canonicalEmailAddress}.
 */
export function maskedEmailAddress(canonical: string): string {
  return `${canonical.slice(0, 1)}…${canonical.slice(canonical.lastIndexOf('@'))}`;
}

/**
 * RFC 5321, section 2.4, lets the receiving host decide whether the case of a local part matters.
 * No host in use distinguishes two people by it, but an attacker could use it to pass for another.
 */
function canonicalLocalPart(localPart: string): string | undefined {
  // Check for ASCII before lower-casing: the Kelvin sign would become a plain `k`.
  if (localPart.length > MAX_LOCAL_PART_LENGTH || /[^\x21-\x7e]/.test(localPart)) return undefined;
  const lowered = localPart.toLowerCase();
  return DOT_ATOM.test(lowered) ? lowered : undefined;
}

function notAcceptable(): InvalidRequestError {
  return new InvalidRequestError([{ field: 'email', message: NOT_ACCEPTABLE }]);
}
