// A classic script and the first one of the page, so it runs before anything else. It removes the
// token from the URL, so that the address bar, the history, and everything that the page loads or
// does later never see it. Only this closure holds the token; the first caller takes it.
{
  let token = /^#(?:token|report)=(.+)$/.exec(location.hash)?.[1];
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);

  window.takeToken = () => {
    const taken = token;
    token = undefined;
    return taken;
  };

  // Pasting another link into this tab only changes the fragment, so the page must reload itself.
  window.addEventListener('hashchange', () => location.reload());
}
