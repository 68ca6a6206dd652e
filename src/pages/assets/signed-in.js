/** Tabs of this origin notify each other of a sign-in. */
const channel = new window.BroadcastChannel('mira-auth');

/**
 * Leaves the page after a sign-in.
 *
 * @param {{redirect_to: string | null}} signIn the API's response. The API has checked the target.
 */
export function continueSignedIn({ redirect_to: target }) {
  channel.postMessage('signed-in');
  location.replace(target ?? '/auth/account');
}

/** Calls back after a sign-in in another tab. */
export function onSignedInElsewhere(callBack) {
  channel.addEventListener('message', callBack);
}
