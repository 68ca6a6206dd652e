/** As prettier has it (`.prettierrc.json`). */
const PRINT_WIDTH = 100;

const SIMPLE = new Set([
  'BreakStatement',
  'ContinueStatement',
  'ExpressionStatement',
  'ReturnStatement',
  'ThrowStatement',
]);

/**
 * An `if` whose one statement fits on its line has no braces: `if (isEnded) return;`. ESLint's own
 * `curly` says when braces are needed and has no word for when they are not.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const oneLineIf = {
  meta: {
    type: 'layout',
    fixable: 'code',
    schema: [],
    messages: { braces: 'This fits on one line: leave the braces out.' },
  },
  create: ({ report, sourceCode }) => ({
    IfStatement(node) {
      const { test, consequent, alternate, parent } = node;
      if (alternate !== null || parent.type === 'IfStatement') return;
      if (consequent.type !== 'BlockStatement' || consequent.body.length !== 1) return;
      const [statement] = consequent.body;
      if (!SIMPLE.has(statement.type) || sourceCode.getCommentsInside(node).length > 0) return;
      const line = `if (${sourceCode.getText(test)}) ${sourceCode.getText(statement)}`;
      if (line.includes('\n') || node.loc.start.column + line.length > PRINT_WIDTH) return;
      report({ node, messageId: 'braces', fix: (fixer) => fixer.replaceText(node, line) });
    },
  }),
};
