import { readFileSync, writeFileSync } from 'node:fs';

import { inRepository } from '../../support/repository';
import { PAGE, withTables } from './options-page';

// `npm run docs:options`: writes the tables of docs/options.md from those in src.
const file = inRepository(PAGE);
writeFileSync(file, withTables(readFileSync(file, 'utf8')));
