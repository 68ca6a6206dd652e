/**
 * Where things lie in the product. The only file of bench that knows: nothing else here names a
 * file of the repository's source or of its build.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export { ensureRolesAndDatabase } from '../../tools/embedded-postgres/ensure-roles-and-database.mjs';
export { startEmbeddedPostgres } from '../../tools/embedded-postgres/start-embedded-postgres.mjs';

const load = createRequire(import.meta.url);

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a build is made of, below ROOT. */
export const SOURCES = ['src', 'migrations', 'tools'];

/** A build, as `npm run build` leaves it in a checkout. @param {string} checkout */
export const buildOf = (checkout) => `${checkout}/dist`;

/** What others import of a build. @param {string} dist */
export const entryOf = (dist) => `${dist}/src/index.js`;

/** The standalone service. @param {string} dist */
export const serviceOf = (dist) => `${dist}/src/app/main.js`;

/** The command that cleans up. @param {string} dist */
export const cleanUpOf = (dist) => `${dist}/src/cli/clean-up.js`;

/**
 * What others import of MIRA Auth.
 *
 * @param {string} dist
 * @returns {Record<string, any>}
 */
export const loadEntry = (dist) => load(entryOf(dist));

/**
 * Classes that are no part of what is published. They are only handed to `app.get`: how they are
 * made is the container's affair.
 *
 * @param {string} dist
 * @returns {Record<string, any>}
 */
export const loadPrivateClasses = (dist) => ({
  ...load(`${dist}/src/crypto/key-ring.service.js`),
  ...load(`${dist}/src/crypto/token-signer.service.js`),
  ...load(`${dist}/src/context/context-digests.service.js`),
  ...load(`${dist}/src/magic-link/magic-link-tokens.service.js`),
  ...load(`${dist}/src/session/memory/session-cache.service.js`),
});

/** Where another checkout keeps `openProduct` (see `../against.mjs`). @param {string} checkout */
export const productModuleOf = (checkout) => `${checkout}/bench/lib/product.mjs`;
