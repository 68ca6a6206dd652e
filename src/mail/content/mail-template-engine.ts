import { join } from 'node:path';

import { Eta } from 'eta';

const TEMPLATES = join(__dirname, 'templates');

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const html = new Eta({
  views: join(TEMPLATES, 'html'),
  cache: true,
  autoEscape: true,
  escapeFunction: (value) =>
    withoutControls(value).replace(/[&<>"']/g, (sign) => HTML_ENTITIES[sign] ?? sign),
});

/** Plain text has no markup to escape, but line breaks and control characters can do harm. */
const text = new Eta({
  views: join(TEMPLATES, 'text'),
  cache: true,
  autoEscape: true,
  escapeFunction: withoutControls,
});

/** Renders both parts of a mail from the templates of that name. */
export function renderParts(name: string, view: object): { html: string; text: string } {
  return { html: html.render(name, view), text: text.render(name, view) };
}

/**
 * Removes control characters and line breaks from values that are put into a template, so that no
 * value can start a new line or control a terminal.
 */
function withoutControls(value: unknown): string {
  return String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '');
}
