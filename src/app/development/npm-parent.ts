const POLL_MILLISECONDS = 250;

/**
 * Stops this process when the shell that npm runs it in has gone. npm passes SIGTERM on to that
 * shell only, and some shells (Debian's) end without passing it on any further.
 */
export function stopWithNpm(): void {
  // Started in another way, a process may well outlive its parent.
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MILLISECONDS);
  poll.unref();
}
