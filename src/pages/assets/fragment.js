// A classic script and the first one of the page, so it runs before anything else. It removes the
// token from the URL, so that the address bar, the history, and everything that the page loads or
// does later never see it. Only this closure holds the token; the first caller takes it.
{
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  // Mail programs and filters encode a link, or add something behind it.
  const fragment = decoded(location.hash);
  let token = /^#(?:token|report)=((?:[\w-]+\.){2}[\w-]+|[^&]+)/.exec(fragment)?.[1];

  // Written by the confirm page, after the API has said so. It changes words only.
  const isOwnDevice = fragment.endsWith('&own');
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);

  window.takeToken = () => {
    const taken = token;
    token = undefined;
    return { token: taken, isOwnDevice };
  };

  // Pasting another link into this tab only changes the fragment, so the page must reload itself.
  window.addEventListener('hashchange', () => location.reload());
}
