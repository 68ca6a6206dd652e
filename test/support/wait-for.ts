/**
 * Waits until something is there: looks again and again, and gives up after 25 seconds.
 *
 * @param what is waited for, for the message of the failure.
 * @param look returns it, or `undefined` as long as it is not there.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + 25_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
