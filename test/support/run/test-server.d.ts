import type { EmbeddedPostgres } from '../../../tools/embedded-postgres/start-embedded-postgres.mjs';

declare global {
  /** From `global-setup.mjs` to `global-teardown.mjs`: Jest gives them no other way. */
  var testServer: EmbeddedPostgres;
}
