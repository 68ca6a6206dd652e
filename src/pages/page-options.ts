/** The appearance of the hosted pages. */
export interface PageOptions {
  /** Shown in headings and titles. @default 'MIRA Auth' */
  readonly productName?: string;
}

/** Injection token of the page options. All of them are optional. */
export const PAGE_OPTIONS = Symbol('PageOptions');
