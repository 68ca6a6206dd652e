/**
 * @typedef {object} Bar
 * @property {string} label
 * @property {number} value
 * @property {string} text beside the bar
 * @property {boolean} [own] ours, and not a peer's
 */

const WIDTH = 760;
const LABEL_WIDTH = 280;
const TEXT_WIDTH = 120;
const BAR_HEIGHT = 20;
const PITCH = 28;
const TOP = 44;

/** Readable on white and on black; whoever looks at it in the dark gets the lighter ones. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-weight: 600; font-size: 15px }
    .peer { fill: #8c959f }
    .own { fill: #1d4ed8 }
    .mark { stroke: #24292f; stroke-dasharray: 4 3 }
    .grid { stroke: #8c959f; stroke-opacity: 0.35 }
    .own-line, .peer-line { fill: none; stroke-width: 2 }
    .own-line { stroke: #1d4ed8 }
    .peer-line { stroke: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .peer { fill: #6e7681 }
      .own { fill: #6ea8fe }
      .mark { stroke: #e6edf3 }
      .own-line { stroke: #6ea8fe }
    }`;

/**
 * Draws horizontal bars, one below the other.
 *
 * @param {string} title
 * @param {readonly Bar[]} bars
 * @param {{ value: number, text: string }} [mark] a line across all bars
 * @returns {string} an SVG document.
 */
export function barChart(title, bars, mark) {
  const greatest = Math.max(...bars.map(({ value }) => value), mark?.value ?? 0);
  const scale = (WIDTH - LABEL_WIDTH - TEXT_WIDTH) / greatest;
  const height = TOP + bars.length * PITCH + (mark === undefined ? 8 : 28);
  const drawn = bars.map(({ label, value, text, own = false }, index) => {
    const y = TOP + index * PITCH;
    const width = Math.max(1, value * scale);
    return `
  <text x="${LABEL_WIDTH - 8}" y="${y + 15}" text-anchor="end">${escape(label)}</text>
  <rect class="${own ? 'own' : 'peer'}" x="${LABEL_WIDTH}" y="${y}" width="${round(width)}" height="${BAR_HEIGHT}" rx="2"/>
  <text x="${round(LABEL_WIDTH + width + 6)}" y="${y + 15}">${escape(text)}</text>`;
  });
  const x = round(LABEL_WIDTH + (mark?.value ?? 0) * scale);
  const line =
    mark === undefined
      ? ''
      : `
  <line class="mark" x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${height - 22}"/>
  <text x="${x}" y="${height - 8}" text-anchor="middle">${escape(mark.text)}</text>`;
  return svgDocument(title, height, drawn.join('') + line);
}

/**
 * @param {string} title
 * @param {number} height
 * @param {string} content
 */
export function svgDocument(title, height, content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>${escape(title)}</title>
  <style>${STYLE}
  </style>
  <text class="title" x="12" y="24">${escape(title)}</text>${content}
</svg>
`;
}

/** @param {string} text */
export function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
