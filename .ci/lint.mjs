// `npm run lint`: runs every `lint:…` script of package.json in its order, also after one has
// failed, so that one run shows all there is to mend. Then it says which failed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const steps = Object.keys(scripts).filter((name) => name.startsWith('lint:'));

const results = steps.map((step) => {
  console.log(`\n--> ${step}: ${scripts[step]}`);
  const startedAt = performance.now();
  const { status } = spawnSync(`npm run --silent ${step}`, { shell: true, stdio: 'inherit' });
  return { step, passed: status === 0, seconds: (performance.now() - startedAt) / 1000 };
});

console.log('');
for (const { step, passed, seconds } of results) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step} (${seconds.toFixed(1)} s)`);
}

process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
