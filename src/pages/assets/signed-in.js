/**
 * Tabs of this origin tell each other of sign-ins and sign-outs. A browser that has no such channel
 * or forbids it (cookies blocked) goes without: tabs then learn of it when they are looked at.
 */
const channel = openChannel();

function openChannel() {
  try {
    return new window.BroadcastChannel('mira-auth');
  } catch {
    return undefined;
  }
}

/**
 * Tells the other tabs.
 *
 * @param {{kind: 'signed-in' | 'signed-out', sessionId: string, address: string}} news
 */
export function tellTabs(news) {
  channel?.postMessage(news);
}

/**
 * Calls back when another tab tells something.
 *
 * @param {(news: {kind: string, sessionId: string, address: string}) => void} callBack
 */
export function onNews(callBack) {
  channel?.addEventListener('message', ({ data }) => {
    if (data.kind === 'signed-out') noteSignOut();
    callBack(data);
  });
}

/** Calls back when a person comes back to this tab: who is signed in may have changed meanwhile. */
export function onReturn(callBack) {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') callBack();
  });
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) callBack();
  });
}

/**
 * Leaves the page after a sign-in.
 *
 * @param {{redirect_to: string | null, session_id: string, email: string}} signIn the API's
 *   response. The API has checked the target.
 */
export function continueSignedIn({ redirect_to: target, session_id: sessionId, email: address }) {
  tellTabs({ kind: 'signed-in', sessionId, address });
  location.replace(target ?? '/auth/account');
}

/** The time of this tab's last sign-out; nothing of a person. */
const SIGNED_OUT_AT = 'mira-auth signed out at';

/** Remembers that what this tab's earlier pages hold belongs to somebody who has signed out. */
export function noteSignOut() {
  try {
    window.sessionStorage.setItem(SIGNED_OUT_AT, String(Date.now()));
  } catch {
    // Storage is forbidden or full.
  }
}

/** @param {number} time in milliseconds. */
export function isBeforeSignOut(time) {
  try {
    return time < Number(window.sessionStorage.getItem(SIGNED_OUT_AT));
  } catch {
    return false;
  }
}

/** Whether a person would take both for the same mail address. */
export function isSameAddress(one, other) {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** The sign-in page, which leads to a target afterwards. */
export function signInPage(target) {
  const query = target ? `?${new URLSearchParams({ redirect_to: target })}` : '';
  return `/auth/sign-in${query}`;
}
