// `npm run lint:references`: the rules that code, tests and docs cite stand in docs/reference, and
// every link and path to a page leads somewhere. It checks
//
// - ids (I9, T1, …) that a comment, a test title or a page cites: docs/reference/invariants.md has
//   an anchor for each. In a title an id stands at the beginning, or alone in brackets. In comments
//   and pages, which may speak of H1 headings and A4 paper, an id is what follows the word
//   "invariant", "attack" or "catalogue", stands alone in brackets, or begins a paragraph; I and a
//   number always is one. What stands in backticks or in a code block cites nothing.
// - relative links of pages, and `docs/….md#anchor` in comments and pages: file and anchor exist.
// - the catalogue: an id that is built has a test whose title has it, in each file that its row
//   names; an id that is planned has none; an id in a title has a row.
//
// Usage: node .ci/check-references.mjs [folder of the repository]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const CATALOGUE = 'docs/reference/invariants.md';
const SOURCES = ['src', 'test', 'migrations', 'bench', '.ci', 'docker'];
const PAGES = ['docs', 'bench'];
/** A part of docs/performance.md: its links lead from there. */
const INCLUDED_IN_DOCS = 'bench/report/limits.md';
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'out', 'coverage']);
const STATUSES = new Set(['built', 'planned']);

const ID = '[ITREMHPBAFO][1-9][0-9]?';
/** One id, or a range such as "I1 to I7". */
const ONE_OR_RANGE = `(${ID})(?:(?: to |–|-)(${ID}))?(?![\\w-])`;
const SEPARATOR = '(?:, | and | or |, and | )';
const LIST = `${ONE_OR_RANGE}(?:${SEPARATOR}${ONE_OR_RANGE})*`;
/** "T10 T11 is refused", "I9, F12: across a restart", "I1 to I7 hold". */
const TITLE_BEGINNING = new RegExp(`^${LIST}(?=[ :,]|$)`);
const IN_BRACKETS = new RegExp(`\\(${LIST}\\)`, 'g');
const AFTER_CUE = new RegExp(`\\b(?:invariants?|attacks?|catalogue),? ${LIST}`, 'gi');
const PARAGRAPH_BEGINNING = new RegExp(`(?<=^|\\n\\s*\\n)\\s*${LIST}(?=[ :,.])`, 'g');
const INVARIANT = /(?<![\w#./-])(I[1-9][0-9]?)(?:(?: to |–|-)(I[1-9][0-9]?))?(?![\w-])/g;
const PAGE_PATH = /(?<![\w/.-])docs\/[\w./-]+\.md(?:#[\w-]+)?/g;
const MARKDOWN_LINK = /\[(?:[^\]\\]|\\.)*\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: +(\S+)/gm;

const problems = [];
const report = (file, line, message) => problems.push({ file, line, message });

function* filesIn(folder, extensions) {
  const path = join(root, folder);
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) yield* filesIn(name, extensions);
    } else if (extensions.test(entry.name)) {
      yield name;
    }
  }
}

const topLevel = (extensions) =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.test(entry.name))
    .map(({ name }) => name);

const read = (file) => readFileSync(join(root, file), 'utf8');

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/** Blanks out what matches, and keeps every line where it is. */
const blank = (text, pattern) => text.replace(pattern, (match) => match.replaceAll(/[^\n]/g, ' '));

/** The ids of a list such as "I1 to I7" or "T10 T11", ranges written out. */
function expand(list) {
  return [...list.matchAll(new RegExp(ONE_OR_RANGE, 'g'))].flatMap(([, first, last]) => {
    if (last === undefined) return [first];
    const [from, to] = [first, last].map((id) => Number(id.slice(1)));
    if (first[0] !== last[0] || from > to) return [first, last];
    return Array.from({ length: to - from + 1 }, (_, index) => `${first[0]}${from + index}`);
  });
}

/** The ids that running text cites, each with its place. */
function citations(text) {
  const prose = blank(text, /`[^`\n]*`/g);
  const found = new Map();
  for (const pattern of [AFTER_CUE, IN_BRACKETS, PARAGRAPH_BEGINNING, INVARIANT]) {
    for (const match of prose.matchAll(pattern)) {
      for (const id of expand(match[0])) {
        // Where in the match the id stands; one in the midst of a range stands at its beginning.
        const offset = Math.max(match[0].indexOf(id), match[0].search(/\S/));
        found.set(`${id} ${lineAt(prose, match.index + offset)}`, {
          id,
          line: lineAt(prose, match.index + offset),
        });
      }
    }
  }
  return [...found.values()];
}

/** The ids at the beginning of a title, and those that stand alone in brackets. */
function idsOfTitle(title) {
  const beginning = TITLE_BEGINNING.exec(title)?.[0] ?? '';
  const brackets = [...title.matchAll(IN_BRACKETS)].map(([match]) => match);
  return [...new Set([beginning, ...brackets].flatMap(expand))];
}

/** The paths `docs/….md` that running text names, each with its line. */
const pagePaths = (text) =>
  [...text.matchAll(PAGE_PATH)].map((match) => ({
    target: match[0],
    line: lineAt(text, match.index),
  }));

const anchorsOfFiles = new Map();

/** The anchors of a page: its headings, as GitHub names them, and every `<a id="…">`. */
function anchorsOf(file) {
  const known = anchorsOfFiles.get(file);
  if (known !== undefined) return known;
  const anchors = new Set();
  const counts = new Map();
  const text = withoutCodeBlocks(read(file));
  for (const [, heading] of text.matchAll(/^#{1,6} +(.+?)(?: +#+)? *$/gm)) {
    const slug = heading
      .replaceAll(/<[^>]*>|[`*]/g, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const [, id] of text.matchAll(/<a id="([^"]+)">/g)) anchors.add(id);
  anchorsOfFiles.set(file, anchors);
  return anchors;
}

const withoutCodeBlocks = (text) => blank(text, /^( *)(```|~~~)[\s\S]*?^\1\2 *$/gm);

/** Checks that a path and its anchor, if it has one, lead somewhere. */
function checkTarget(file, line, target, base) {
  const [path = '', anchor] = target.split('#', 2);
  const found = path === '' ? file : relative(root, resolve(root, base, decodeURI(path)));
  if (found.startsWith('..') || !existsSync(join(root, found))) {
    report(file, line, `${target}: there is no such file. Mend the path, or add the file`);
  } else if (anchor !== undefined && found.endsWith('.md') && !anchorsOf(found).has(anchor)) {
    report(
      file,
      line,
      `${target}: ${found} has no such anchor. Mend it, or add a heading or <a id>`,
    );
  }
}

/** The rows of invariants.md: what each id's state is, and which files its row names. */
function readCatalogue() {
  const rows = new Map();
  if (!existsSync(join(root, CATALOGUE))) {
    report(CATALOGUE, 1, 'the page is missing, and with it every id');
    return rows;
  }
  for (const [index, line] of read(CATALOGUE).split('\n').entries()) {
    const anchored = /^\| *<a id="([^"]*)"><\/a>(\S*)/.exec(line);
    if (anchored === null) continue;
    const [, anchor = '', id = ''] = anchored;
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const status = cells.find((cell) => STATUSES.has(cell));
    const row = { id, line: index + 1, status, files: [] };
    if (!new RegExp(`^${ID}$`).test(id) || anchor !== id.toLowerCase()) {
      report(
        CATALOGUE,
        row.line,
        `${id || anchor}: a row begins with <a id="i9"></a>I9, in that form`,
      );
      continue;
    }
    if (rows.has(id)) report(CATALOGUE, row.line, `${id} has two rows. Keep one`);
    if (status === undefined) {
      report(
        CATALOGUE,
        row.line,
        `${id} is neither built nor planned. Say which in a cell of its own`,
      );
    }
    const tests = cells.slice(cells.indexOf(status) + 1).join(' ');
    row.files = [...tests.matchAll(/`([^`]+\.ts)`/g)].map(([, name]) => name);
    rows.set(id, row);
  }
  return rows;
}

/** `it`, `describe` or `test`, with whatever follows: `.each(…)`, `.skip`. */
function isTestCall(node) {
  let callee = node.expression;
  while (!ts.isIdentifier(callee)) {
    if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) {
      callee = callee.expression;
    } else if (ts.isTaggedTemplateExpression(callee)) callee = callee.tag;
    else return false;
  }
  return ['it', 'describe', 'test'].includes(callee.text);
}

const textOf = (node) => {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.head.text : undefined;
};

/** The titles of a source's tests; the texts of a table that stands in `.each(…)` are among them. */
function titlesOf(source) {
  const titles = [];
  const add = (node) => {
    const text = textOf(node);
    if (text === undefined) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    titles.push({ text, line: line + 1 });
  };
  const addTable = (node) => {
    if (ts.isArrayLiteralExpression(node)) node.elements.forEach(addTable);
    else if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) addTable(node.expression);
    else add(node);
  };
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTestCall(node) && node.arguments[0] !== undefined) {
      const isTable = ts.isPropertyAccessExpression(node.expression);
      if (isTable && node.expression.name.text === 'each') addTable(node.arguments[0]);
      else add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** The comments of a source, those that follow each other as one text, without their signs. */
function commentsOf(source) {
  const ranges = new Map();
  const visit = (node) => {
    for (const comments of [
      ts.getLeadingCommentRanges(source.text, node.pos),
      ts.getTrailingCommentRanges(source.text, node.end),
    ]) {
      for (const range of comments ?? []) ranges.set(range.pos, range);
    }

    node.getChildren(source).forEach(visit);
  };
  visit(source);
  const comments = [];
  for (const { pos, end } of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
    const text = source.text
      .slice(pos, end)
      .replaceAll(/^\s*(?:\/\*\*?|\*\/|\*|\/\/)|\*\/$/gm, ' ');
    const previous = comments.at(-1);
    if (previous !== undefined && /^\s*$/.test(source.text.slice(previous.end, pos))) {
      const gap = source.text.slice(previous.end, pos);
      Object.assign(previous, { end, text: previous.text + gap + text });
    } else {
      comments.push({ end, text, line: lineAt(source.text, pos) });
    }
  }
  return comments;
}

const rows = readCatalogue();
/** For each id the files that have it in a title. */
const tested = new Map();

const checkCitations = (file, text, firstLine = 1) => {
  for (const { id, line } of citations(text)) {
    if (rows.has(id)) continue;
    const advice = 'Mend it, add its row, or put it in backticks if it is no id';
    report(file, firstLine + line - 1, `${id} is not in ${CATALOGUE}. ${advice}`);
  }
  for (const { target, line } of pagePaths(text)) {
    checkTarget(file, firstLine + line - 1, target, '.');
  }
};

function checkTitles(file, source) {
  for (const { text, line } of titlesOf(source)) {
    for (const id of idsOfTitle(text)) {
      const row = rows.get(id);
      if (row === undefined) {
        report(
          file,
          line,
          `${id} is in a test title and not in ${CATALOGUE}. Mend it, or add its row`,
        );
      } else if (row.status === 'planned') {
        report(
          file,
          line,
          `${id} has a test and is marked planned. Mark its row built in ${CATALOGUE}`,
        );
      }
      tested.set(id, (tested.get(id) ?? new Set()).add(file));
    }
  }
}

const CODE = /\.(?:ts|mjs|cjs|js)$/;
for (const file of [
  ...topLevel(CODE),
  ...SOURCES.flatMap((folder) => [...filesIn(folder, CODE)]),
]) {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  for (const { text, line } of commentsOf(source)) checkCitations(file, text, line);
  if (/(?:^test\/|\.spec\.ts$)/.test(file)) checkTitles(file, source);
}

const MARKDOWN = /\.md$/;
for (const file of [
  ...topLevel(MARKDOWN),
  ...PAGES.flatMap((page) => [...filesIn(page, MARKDOWN)]),
]) {
  const text = withoutCodeBlocks(read(file));
  const base = file === INCLUDED_IN_DOCS ? 'docs' : dirname(file);
  checkCitations(file, text);
  for (const match of blank(text, /`[^`\n]*`/g).matchAll(MARKDOWN_LINK)) {
    const target = match[1] ?? match[2];
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    checkTarget(file, lineAt(text, match.index), target, base);
  }
}

for (const { id, line, status, files } of rows.values()) {
  const having = tested.get(id) ?? new Set();
  if (status === 'built' && having.size === 0) {
    const advice = 'Begin a test’s title with it, or mark it planned';
    report(CATALOGUE, line, `${id} is marked built, and no test title has it. ${advice}`);
  }
  for (const name of files) {
    if ([...having].some((file) => file === name || file.endsWith(`/${name}`))) continue;
    report(CATALOGUE, line, `${id} names ${name}, where no test title has it. Mend one of the two`);
  }
}

for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`);
if (problems.length > 0) console.error(`\n${problems.length} references to mend`);
process.exitCode = problems.length === 0 ? 0 : 1;
