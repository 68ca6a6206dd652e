/** Tabs of this origin tell each other that somebody has signed in. */
const channel = new window.BroadcastChannel('mira-auth');

/**
 * Goes on after a sign-in.
 *
 * @param {{redirect_to: string | null}} signIn as the API answered it; it has checked the target.
 */
export function continueSignedIn({ redirect_to: target }) {
  channel.postMessage('signed-in');
  location.replace(target ?? '/auth/account');
}

/** Calls back when somebody has signed in in another tab. */
export function onSignedInElsewhere(callBack) {
  channel.addEventListener('message', callBack);
}
