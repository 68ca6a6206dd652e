import { isIP } from 'node:net';

import type { PluralText } from './mail-texts';

/** Longest device description. A real one names a browser, a system and perhaps their versions. */
const MAX_DEVICE_LENGTH = 80;

/**
 * Makes a request's device description safe to mail. Only letters, digits and some punctuation
 * remain, and full stops only within numbers: mail programs turn `evil.example` into a link even
 * when it is escaped, and a stranger may choose both this text and the recipient.
 */
export function deviceValue(device: string | null): string | undefined {
  const words = (device ?? '')
    .replace(/(?<!\d)\.|\.(?!\d)|[^\p{L}\p{N} .,()+_-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words === '' ? undefined : [...words].slice(0, MAX_DEVICE_LENGTH).join('').trim();
}

/** @returns the IP address, or `undefined` if the text is not one. */
export function ipAddressValue(ipAddress: string | null): string | undefined {
  return ipAddress !== null && isIP(ipAddress) !== 0 ? ipAddress : undefined;
}

/** A moment in words, in UTC because the reader's time zone is unknown. */
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

/** The text for that many things, in the plural form that the language has for the number. */
export function pluralValue(count: number, texts: PluralText, locale: string): string {
  const text = texts[new Intl.PluralRules(locale).select(count)] ?? texts.other;
  return fill(text, { count: new Intl.NumberFormat(locale).format(count) });
}

/** Replaces each `{name}` by its value. Placeholders inside a value are not replaced again. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}
