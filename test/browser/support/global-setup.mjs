import startServer from '../../support/run/global-setup.mjs';
import findChromiumModule from './find-chromium.cjs';

/** As for all tests, after a look for the browser: without one, a line says how to get it. */
export default async function startServerForBrowser() {
  try {
    findChromiumModule.findChromium();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  await startServer();
}
