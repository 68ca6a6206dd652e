import { escape, svgDocument } from './bar-chart.mjs';

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {{ x: number, y: number }[]} points x in seconds
 * @property {boolean} [own] the one to look at
 */

const LEFT = 56;
const RIGHT = 590;
const TOP = 48;
const BOTTOM = 248;
const HEIGHT = 288;

/**
 * Draws lines over time, from zero.
 *
 * @param {string} title
 * @param {readonly Line[]} lines
 * @returns {string} an SVG document.
 */
export function lineChart(title, lines) {
  const points = lines.flatMap((line) => line.points);
  const longest = Math.max(...points.map(({ x }) => x), 1);
  const top = niceTop(Math.max(...points.map(({ y }) => y), 1));
  const at = (/** @type {{ x: number, y: number }} */ { x, y }) =>
    `${(LEFT + (x / longest) * (RIGHT - LEFT)).toFixed(1)},${heightOf(y, top).toFixed(1)}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = heightOf(share * top, top);
    return `
  <line class="grid" x1="${LEFT}" y1="${y}" x2="${RIGHT}" y2="${y}"/>
  <text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${Math.round(share * top)}</text>`;
  });
  const drawn = lines.map(({ label, points: own, own: isOwn = false }) => {
    const last = own.at(-1) ?? { x: 0, y: 0 };
    return `
  <polyline class="${isOwn ? 'own' : 'peer'}-line" points="${own.map(at).join(' ')}"/>
  <text x="${RIGHT + 8}" y="${(heightOf(last.y, top) + 4).toFixed(1)}">${escape(label)}</text>`;
  });
  const axis = `
  <text x="${LEFT}" y="${BOTTOM + 22}">0 s</text>
  <text x="${RIGHT}" y="${BOTTOM + 22}" text-anchor="end">${Math.round(longest)} s</text>`;
  return svgDocument(title, HEIGHT, grid.join('') + drawn.join('') + axis);
}

/** @param {number} value @param {number} top */
function heightOf(value, top) {
  return BOTTOM - (value / top) * (BOTTOM - TOP);
}

/** The next number that quarters well. @param {number} value */
function niceTop(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((step) => step * unit >= value) ?? 10) * unit;
}
