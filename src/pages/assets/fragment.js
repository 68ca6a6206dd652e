// A classic script, and the first thing in the page: while it runs, nothing else has. It takes the
// token out of the address, so that the address bar, the history, and whatever the page loads or
// does later never show it. The token lives in this closure alone, for the one who takes it first.
{
  let token = /^#(?:token|report)=(.+)$/.exec(location.hash)?.[1];
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);

  window.takeToken = () => {
    const taken = token;
    token = undefined;
    return taken;
  };

  // Another link that is pasted into this tab changes the fragment and loads nothing by itself.
  window.addEventListener('hashchange', () => location.reload());
}
