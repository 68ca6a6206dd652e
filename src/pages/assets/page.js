import { Problem } from './api.js';

/** The page's language in the person's regional variant, such as `en-GB`, if they have one. */
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
 * A message of the page, in its language.
 *
 * @param {string} name
 * @param {Record<string, string>} [values] replace their `{names}`.
 * @returns {string | undefined} `undefined` if the page has no message of this name.
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

/** A duration such as "42 seconds". Minutes are rounded up. */
export function formatDuration(seconds) {
  const [unit, count] = seconds < 100 ? ['second', seconds] : ['minute', Math.ceil(seconds / 60)];
  const style = { style: 'unit', unit, unitDisplay: 'long' };
  return new Intl.NumberFormat(LANGUAGE, style).format(count);
}

/**
 * Shows one state of the page instead of the others.
 *
 * @param {string} name
 * @param {{focus?: HTMLElement | null}} [options] what gets the focus: by default the heading, so
 *   that screen readers announce the change; `null` leaves the focus where it is.
 */
export function show(name, { focus } = {}) {
  complain('');
  say('');
  for (const state of document.querySelectorAll('[data-state]')) {
    state.hidden = state.dataset.state !== name;
    if (!state.hidden && focus !== null) (focus ?? state.querySelector('h1')).focus();
  }
}

/** The name of the state that the page shows. */
export function shownState() {
  return document.querySelector('[data-state]:not([hidden])')?.dataset.state;
}

/** Announces that something has happened, to screen readers too. */
export function say(text) {
  byId('status').textContent = text;
}

/** Shows that something has failed. An empty text hides that again. */
export function complain(text) {
  const problem = byId('problem');
  problem.textContent = text;
  if (text !== '') problem.scrollIntoView({ block: 'nearest' });
}

/** The message that explains a problem. */
export function wordsFor(problem) {
  const wait = formatDuration(problem.retryAfterSeconds ?? 1);
  return message(`problem ${problem.code}`, { wait }) ?? message('problem internal');
}

/**
 * Fills the slots of a template or of a part of the page.
 *
 * @param {ParentNode} part
 * @param {Record<string, string | undefined>} values by the name of their slot. A slot without a
 *   value is left unchanged.
 */
export function fillIn(part, values) {
  for (const slot of part.querySelectorAll('[data-slot]')) {
    const value = values[slot.dataset.slot];
    if (value !== undefined) slot.textContent = value;
  }
}

/** Marks a field as invalid and moves the focus there. An empty text removes the mark. */
export function complainAbout(field, text) {
  byId(`${field.id}-problem`).textContent = text;
  field.ariaInvalid = String(text !== '');
  if (text !== '') (field.querySelector('input') ?? field).focus();
}

/**
 * Runs an action that a person has triggered, never twice at the same time, and shows a failure.
 *
 * @param {HTMLElement} control the control that the person has used. It is marked as disabled by
 *   ARIA only, because a truly disabled control would lose the focus.
 * @param {() => Promise<void>} work
 * @param {(problem: Problem) => boolean} [handle] returns `true` if it has handled the problem.
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

/** Calls {@link perform} when a form is submitted. */
export function onSubmit(form, work, handle) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void perform(form.querySelector('button:not([type])'), work, handle);
  });
}

/** Calls {@link perform} when a button is pressed. */
export function onPress(button, work, handle) {
  button.addEventListener('click', () => void perform(button, work, handle));
}
