import { Problem } from './api.js';

/** The language that the page is written in, as it is used where the person lives. */
const LANGUAGE =
  navigator.languages.find((tag) => tag.split('-', 1)[0] === document.documentElement.lang) ??
  document.documentElement.lang;

const TIME = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const TIME_OF_DAY = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'short' });

const messages = new Map(
  [...document.querySelector('#messages').content.querySelectorAll('[data-name]')].map((one) => [
    one.dataset.name,
    one.textContent,
  ]),
);

/**
 * A text of the page, in its language.
 *
 * @param {string} name
 * @param {Record<string, string>} [values] put in the place of their `{names}`.
 * @returns {string | undefined} `undefined` for a name that the page has no text for.
 */
export function message(name, values = {}) {
  return messages.get(name)?.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/** @param {string} time in ISO 8601. */
export const formatTime = (time) => TIME.format(new Date(time));

/** @param {string} time in ISO 8601. */
export const formatTimeOfDay = (time) => TIME_OF_DAY.format(new Date(time));

/** How long something takes, such as "42 seconds"; minutes are rounded up. */
export function formatDuration(seconds) {
  const [unit, count] = seconds < 100 ? ['second', seconds] : ['minute', Math.ceil(seconds / 60)];
  const style = { style: 'unit', unit, unitDisplay: 'long' };
  return new Intl.NumberFormat(LANGUAGE, style).format(count);
}

/**
 * Shows one state of the page in place of the others.
 *
 * @param {string} name
 * @param {{focus?: HTMLElement | null}} [options] what gets the focus: the heading, if nothing is
 *   said, so that screen readers tell of the change; `null` leaves the focus where it is.
 */
export function show(name, { focus } = {}) {
  complain('');
  say('');
  for (const state of document.querySelectorAll('[data-state]')) {
    state.hidden = state.dataset.state !== name;
    if (!state.hidden && focus !== null) (focus ?? state.querySelector('h1')).focus();
  }
}

/** Says that something has happened, also to those who don't see it. */
export function say(text) {
  byId('status').textContent = text;
}

/** Says that something has not worked. An empty text takes that back. */
export function complain(text) {
  const problem = byId('problem');
  problem.textContent = text;
  if (text !== '') problem.scrollIntoView({ block: 'nearest' });
}

/** What is to be said about a refusal. */
export function wordsFor(problem) {
  const wait = formatDuration(problem.retryAfterSeconds ?? 1);
  return message(`problem ${problem.code}`, { wait }) ?? message('problem internal');
}

/**
 * Fills in what a template, or a part of the page, leaves open.
 *
 * @param {ParentNode} part
 * @param {Record<string, string | undefined>} values by the name of their slot; a slot without a
 *   value is left as it is.
 */
export function fillIn(part, values) {
  for (const slot of part.querySelectorAll('[data-slot]')) {
    const value = values[slot.dataset.slot];
    if (value !== undefined) slot.textContent = value;
  }
}

/** Tells of a field that it was filled in wrongly, and leads there. An empty text takes that back. */
export function complainAbout(field, text) {
  byId(`${field.id}-problem`).textContent = text;
  field.ariaInvalid = String(text !== '');
  if (text !== '') field.focus();
}

/**
 * Does something that a person has asked for, once at a time, and says so if it does not work.
 *
 * @param {HTMLElement} control that the person has used. It keeps the focus meanwhile, which a
 *   disabled one would lose.
 * @param {() => Promise<void>} work
 * @param {(problem: Problem) => boolean} [handle] of a problem; `true` when it was dealt with.
 */
export async function perform(control, work, handle = () => false) {
  if (control.ariaDisabled === 'true') return;
  control.ariaDisabled = 'true';
  complain('');
  say('');
  try {
    await work();
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem('internal');
    if (!handle(problem)) complain(wordsFor(problem));
  } finally {
    control.ariaDisabled = 'false';
  }
}

/** What {@link perform} does, when a form is sent. */
export function onSubmit(form, work, handle) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void perform(form.querySelector('button:not([type])'), work, handle);
  });
}

/** What {@link perform} does, when a button is pressed. */
export function onPress(button, work, handle) {
  button.addEventListener('click', () => void perform(button, work, handle));
}
