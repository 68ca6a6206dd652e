/**
 * What a suite has to say, for the terminal and for the page.
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string[]} text paragraphs before the tables
 * @property {Table[]} tables
 * @property {string[]} charts Markdown, as `chart` makes it
 * @property {Target[]} targets
 *
 * @typedef {object} Table
 * @property {string} title
 * @property {string[]} head the first column is text, the others are numbers
 * @property {string[][]} rows
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
