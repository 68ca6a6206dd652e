const POLL_MILLISECONDS = 250;

/**
 * Stops this process when the shell in which npm runs it has ended. npm sends SIGTERM to that shell
 * only, and some shells (Debian's) end without sending it on.
 */
export function stopWithNpm(): void {
  // A process that npm did not start may outlive its parent.
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MILLISECONDS);
  poll.unref();
}
