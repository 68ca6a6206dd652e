import type { MailTemplateSet } from './mail-template-set';
import type { MailTextOverrides } from './mail-texts';

/** The appearance and the texts of mails. */
export interface MailTemplateOptions {
  /** Shown as the sender's name, in subjects and texts. @default 'MIRA Auth' */
  productName?: string;
  colours?: {
    /** Of the button, as `#rrggbb`. Its text is black or white by contrast. @default '#1d4ed8' */
    accent?: string;
  };
  /** Address for people's questions, shown at the foot of each mail. @default none */
  supportAddress?: string;
  /** BCP 47 tag of the language for people whose own is not available. @default 'en' */
  defaultLocale?: string;
  /**
   * Texts by BCP 47 tag: changes to English (`en`) and German (`de`), or further languages. Texts
   * that a further language lacks come from the default language. @default none
   */
  texts?: Readonly<Record<string, MailTextOverrides>>;
  /** Mails that the host renders itself instead of ours. @default none */
  templates?: Partial<MailTemplateSet>;
}

/** Injection token of the mail options. All of them are optional. */
export const MAIL_TEMPLATE_OPTIONS = Symbol('MailTemplateOptions');

/** The options with every default filled in. */
export interface MailDesign {
  readonly productName: string;
  readonly accent: string;
  /** Black or white, whichever is legible on the accent colour. */
  readonly onAccent: string;
  readonly supportAddress: string | undefined;
}

/**
 * Checks the options for the appearance of mails, and fills in the defaults.
 *
 * @throws TypeError naming the option at fault, never its value.
 */
export function resolveMailDesign(options: MailTemplateOptions): MailDesign {
  const productName = options.productName ?? 'MIRA Auth';
  if (!/^[^\p{Cc}\p{Zl}\p{Zp}]{1,100}$/u.test(productName)) {
    throw new TypeError('mail.productName must be one line of 1 to 100 characters');
  }

  const { supportAddress } = options;
  if (supportAddress !== undefined && !/^[^\s@<>]+@[^\s@<>]+$/.test(supportAddress)) {
    throw new TypeError('mail.supportAddress must be a mail address');
  }

  const accent = options.colours?.accent ?? '#1d4ed8';
  return { productName, accent, onAccent: legibleOn(accent), supportAddress };
}

/** Black or white, whichever has the higher contrast (WCAG 2.2, "relative luminance"). */
function legibleOn(colour: string): string {
  const channels = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)?.slice(1);
  if (channels === undefined) throw new TypeError('mail.colours.accent must be a colour: #rrggbb');
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const value = Number.parseInt(channel, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const withWhite = 1.05 / (luminance + 0.05);
  const withBlack = (luminance + 0.05) / 0.05;
  return withWhite >= withBlack ? '#ffffff' : '#000000';
}
