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

/** Plain text has no markup to escape; what could still do harm are line breaks and controls. */
const text = new Eta({
  views: join(TEMPLATES, 'text'),
  cache: true,
  autoEscape: true,
  escapeFunction: withoutControls,
});

/** The two parts of a mail, from the templates of that name. */
export function renderParts(name: string, view: object): { html: string; text: string } {
  return { html: html.render(name, view), text: text.render(name, view) };
}

/**
 * Takes control characters and line breaks out of whatever is put into a template, so that no
 * value begins a line of its own or speaks to a terminal.
 */
function withoutControls(value: unknown): string {
  return String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '');
}
