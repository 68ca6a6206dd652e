/** How the hosted pages present themselves. */
export interface PageOptions {
  /** Shown in headings and titles. @default 'MIRA Auth' */
  readonly productName?: string;
}

/** Injection token of the options for the pages, which are optional altogether. */
export const PAGE_OPTIONS = Symbol('PageOptions');
