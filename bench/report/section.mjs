/**
 * What a suite has to say, for the terminal and for the page.
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string[]} text paragraphs before the tables
 * @property {Table[]} tables
 * @property {Chart[]} charts
 * @property {Target[]} targets
 * @property {{ file: string, text: string }[]} [pages] of their own, below docs
 *
 * @typedef {object} Table
 * @property {string} title
 * @property {string[]} head the first column is text, the others are numbers
 * @property {string[][]} rows
 *
 * @typedef {object} Chart
 * @property {string} file its name below docs/performance
 * @property {string} title also what is read out in its place
 * @property {string} svg
 *
 * @typedef {object} Target
 * @property {string} name
 * @property {string} wanted
 * @property {string} measured
 * @property {boolean} met
 */

/** @param {number} value */
export function whole(value) {
  return Math.round(value).toLocaleString('en');
}

/** @param {number} value */
export function ratio(value) {
  return value.toFixed(2);
}
