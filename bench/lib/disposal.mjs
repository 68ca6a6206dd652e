/** @type {(() => Promise<void> | void)[]} */
const disposers = [];
/** @type {Promise<void> | undefined} */
let disposing;
let interrupted = false;

/**
 * Notes what must happen before this process ends, however it ends; the newest first.
 *
 * @param {() => Promise<void> | void} dispose may be called more than once
 */
export function atEnd(dispose) {
  disposers.push(dispose);
}

/** Does all that was noted. A failure of one does not keep the others from happening. */
export function disposeAll() {
  return (disposing ??= (async () => {
    for (const dispose of disposers.splice(0).reverse()) {
      try {
        await dispose();
      } catch (error) {
        console.error('While cleaning up:', error);
      }
    }
  })());
}

/** Ctrl-C and its like clean up as well; a second one ends the process at once. */
export function disposeOnSignals() {
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      if (interrupted) process.exit(code);
      interrupted = true;
      console.error('\nStopping what was started …');
      process.exitCode = code;
      void disposeAll().then(() => process.exit(code));
    });
  }
}

/** Whether a signal has ended the run: what fails from then on fails because of that. */
export function wasInterrupted() {
  return interrupted;
}
