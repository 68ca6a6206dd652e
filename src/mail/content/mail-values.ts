import { isIP } from 'node:net';

/** Longest device description; a real one is a browser, a system and perhaps their versions. */
const MAX_DEVICE_LENGTH = 80;

/**
 * What may stand in a mail of what a request said about its device. Letters, digits and a little
 * punctuation, with full stops only within numbers: mail programs turn `evil.example` into a link
 * even where it is escaped, and a stranger chooses this text and the recipient.
 */
export function deviceValue(device: string | null): string | undefined {
  const words = (device ?? '')
    .replace(/(?<!\d)\.|\.(?!\d)|[^\p{L}\p{N} .,()+_-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words === '' ? undefined : [...words].slice(0, MAX_DEVICE_LENGTH).join('').trim();
}

/** An IP address, and nothing that merely stands where one should. */
export function ipAddressValue(ipAddress: string | null): string | undefined {
  return ipAddress !== null && isIP(ipAddress) !== 0 ? ipAddress : undefined;
}

/** A moment in words and in UTC, because nobody knows where the mail will be read. */
export function timeValue(moment: Date, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(moment);
}

/** The time between two moments in words, rounded to minutes: "15 minutes". */
export function durationValue(from: Date, to: Date, locale: string): string {
  const minutes = Math.max(1, Math.round((to.getTime() - from.getTime()) / 60_000));
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'minute',
    unitDisplay: 'long',
  }).format(minutes);
}

/** Puts values in the places of `{name}`, once: a value's own braces mean nothing. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}
