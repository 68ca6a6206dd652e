import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SCRIPT = join(__dirname, '../../.ci/check-references.mjs');

const CATALOGUE = `# Invariants and attacks

| id | what holds | status |
| -- | ---------- | ------ |
| <a id="i1"></a>I1 | one session of one link | built |
| <a id="i2"></a>I2 | one link of one session | built |
| <a id="i3"></a>I3 | never | planned |

| id | attack | what must hold | status | tests |
| -- | ------ | -------------- | ------ | ----- |
| <a id="t1"></a>T1 | flipped bytes | refused | built | \`test/token.spec.ts\` |
| <a id="t2"></a>T2 | no algorithm | refused | built | \`token.spec.ts\` |
| <a id="o1"></a>O1 | a newer browser | passes | planned | – |
`;

/** A repository in which nothing is wrong. */
const SOUND: Readonly<Record<string, string>> = {
  'docs/reference/invariants.md': CATALOGUE,
  'docs/reference/security.md': '# Security\n\n### One `code`, and more\n',
  'README.md': [
    '# Title',
    'See [codes](docs/reference/security.md#one-code-and-more), [here](#title) and',
    '[the web](https://example.com/nowhere.md#at-all). An A10 card, ES256, E2E and sRGB #A17F00.',
    'What stands in backticks is no id: `(T77)`. The invariants I1 to I3 hold.',
    '```md',
    '[no link](nowhere.md) of invariant I99',
    '```',
  ].join('\n'),
  'src/token.ts': [
    '/** Once only (invariant I1; docs/reference/security.md#one-code-and-more). */',
    'export const text = "invariant I98, docs/nowhere.md"; // an H1 heading on A4 paper',
  ].join('\n'),
  'test/token.spec.ts': [
    "describe('T1 T2: a token', () => {",
    "  it.each([['once (I2)', 1]])('%s', () => {});",
    '  it(`I1 holds of all`, () => {});',
    "  it('is no T78 and no P79', () => {});",
    '});',
  ].join('\n'),
};

/** What the check says of a repository that differs from the sound one by these files. */
function check(changes: Readonly<Record<string, string>>): {
  lines: string[];
  status: number | null;
} {
  const root = mkdtempSync(join(tmpdir(), 'references-'));
  try {
    for (const [file, text] of Object.entries({ ...SOUND, ...changes })) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const { status, stderr } = spawnSync('node', [SCRIPT, root], { encoding: 'utf8' });
    return { lines: stderr.split('\n').filter((line) => /^\S+:\d+: /.test(line)), status };
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('the check of references', () => {
  it('finds nothing where all is well', () => {
    expect(check({})).toEqual({ lines: [], status: 0 });
  });

  it('finds ids that are cited and have no row', () => {
    const { lines, status } = check({
      'src/token.ts': [
        '/**',
        ' * Kept (invariant I4), against the',
        ' * attack catalogue, F99, and (T1, T88).',
        ' */',
        'export const one = 1;',
        '// The invariants I1 to',
        '// the last one, I5, hold.',
      ].join('\n'),
      'docs/page.md': 'T55: is no attack.\n\nNor does I66 hold.',
      'test/token.spec.ts': `${SOUND['test/token.spec.ts']!}\nit('T3: is refused', () => {});`,
    });
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'src/token.ts:2: I4',
      'src/token.ts:3: F99',
      'src/token.ts:3: T88',
      'src/token.ts:7: I5',
      'test/token.spec.ts:6: T3',
      'docs/page.md:1: T55',
      'docs/page.md:3: I66',
    ]);
    expect(lines[0]).toContain('docs/reference/invariants.md. Mend it, add its row');
    expect(status).toBe(1);
  });

  it('finds links and paths that lead nowhere', () => {
    const { lines } = check({
      'docs/page.md': [
        '[gone](gone.md), [anchor](reference/security.md#gone), [own](#gone) and',
        '![picture](gone.svg) and [well](reference/security.md#security).',
        '[reference]: also-gone.md',
      ].join('\n'),
      'src/token.ts': '// docs/gone.md\n// docs/reference/security.md#gone\nexport const one = 1;',
    });
    expect(lines.map((line) => line.split(': ').slice(0, 2))).toEqual([
      ['src/token.ts:1', 'docs/gone.md'],
      ['src/token.ts:2', 'docs/reference/security.md#gone'],
      ['docs/page.md:1', 'gone.md'],
      ['docs/page.md:1', 'reference/security.md#gone'],
      ['docs/page.md:1', '#gone'],
      ['docs/page.md:2', 'gone.svg'],
      ['docs/page.md:3', 'also-gone.md'],
    ]);
  });

  it('finds rows whose status and tests do not agree', () => {
    const { lines } = check({
      'test/token.spec.ts': [
        "it('T2 is refused', () => {});",
        "it('I2 and O1 (I3) hold', () => {});",
        "it('O1 passes', () => {});",
      ].join('\n'),
      'test/other.spec.ts': "it('T1 is refused, elsewhere', () => {});",
    });
    expect(lines).toEqual([
      expect.stringMatching(/^test\/token\.spec\.ts:2: O1 has a test and is marked planned\./),
      expect.stringMatching(/^test\/token\.spec\.ts:2: I3 has a test and is marked planned\./),
      expect.stringMatching(/^test\/token\.spec\.ts:3: O1 has a test and is marked planned\./),
      expect.stringMatching(/invariants\.md:5: I1 is marked built, and no test title has it\./),
      expect.stringMatching(/invariants\.md:11: T1 names test\/token\.spec\.ts, where no test/),
    ]);
  });

  it('finds rows that are not well-formed', () => {
    const rows = [
      '| <a id="p1"></a>P1 | no status | refused | – |',
      '| <a id="t2"></a>T2 | once more | refused | built | – |',
      '| <a id="p2"></a>P3 | another anchor | refused | planned | – |',
    ];
    const { lines } = check({ 'docs/reference/invariants.md': `${CATALOGUE}${rows.join('\n')}\n` });
    expect(lines).toEqual([
      expect.stringMatching(/:14: P1 is neither built nor planned\./),
      expect.stringMatching(/:15: T2 has two rows\./),
      expect.stringMatching(/:16: P3: a row begins with <a id="i9"><\/a>I9/),
    ]);
  });
});
