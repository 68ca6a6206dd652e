import { readFileSync, writeFileSync } from 'node:fs';

import { inRepository } from '../../support/repository';
import { ARCHITECTURE_PAGE, withFactsOfSource } from './architecture-page';

/** `npm run docs:architecture`: brings the drawing and the list of rooms up to date. */
const file = inRepository(ARCHITECTURE_PAGE);
writeFileSync(file, withFactsOfSource(readFileSync(file, 'utf8')));
console.log(`${ARCHITECTURE_PAGE} is written.`);
