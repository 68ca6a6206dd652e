import { call, currentSession } from './api.js';
import { describeDevice } from './device.js';
import {
  byId,
  complain,
  fillIn,
  formatTime,
  message,
  onPress,
  say,
  show,
  shownState,
  wordsFor,
} from './page.js';
import { noteSignOut, onNews, onReturn, tellTabs } from './signed-in.js';

const EVENTS_ON_A_PAGE = 20;

/** Not listed: every sign-in opens a session, and its own event is in the list already. */
const REDUNDANT_EVENTS = new Set(['session.created']);

/** Everything that holds something of the person, apart from what `show` clears. */
const PERSONAL_TEXTS = ['signed-in-as', 'switched-to', 'why-signed-out', 'why-failed'];

const sessionList = byId('sessions');
const endOthersButton = byId('end-others');
const olderEventsButton = byId('older-events');

/** The session that the page shows: `{id, address, userId}`. It acts for no other one. */
let shown;

/** Changes with each person and load, so that answers that come late are left alone. */
let visit;

/** Removes everything of the person from the document. */
function forget() {
  visit = {};
  shown = undefined;
  for (const id of PERSONAL_TEXTS) byId(id).textContent = '';
  sessionList.replaceChildren();
  byId('events').replaceChildren();
  olderEventsButton.dataset.cursor = '';
  updateEndOthers();
  history.replaceState(null, '');
  complain('');
  say('');
  return visit;
}

async function load() {
  const thisVisit = forget();
  show('loading', { focus: null });
  try {
    const session = await currentSession();
    const events = await call('GET', eventsPath());
    // Asked last: it tells whether everything before was about the same session.
    const { sessions } = await call('GET', '/auth/sessions');
    if (visit !== thisVisit) return;
    const isSame = sessions.some(({ current, id }) => current && id === session.id);
    if (isSame) showAccount(session, sessions, events);
    else await load();
  } catch (problem) {
    if (visit === thisVisit) showRefusal(problem);
  }
}

function showAccount(session, sessions, events) {
  shown = session;
  byId('signed-in-as').textContent = message('signedInAs', { address: session.address });
  const currentFirst = sessions.toSorted((one, other) => other.current - one.current);
  sessionList.replaceChildren(...currentFirst.map(sessionItem));
  updateEndOthers();
  addEvents(events);
  show('account');
}

/** Shows that the page can show nobody's account, and why. */
function showRefusal(problem) {
  const { id, address } = shown ?? {};
  forget();
  if (problem.isSignedOut) {
    if (problem.code !== 'session_missing' || id !== undefined) noteSignOut();
    if (id !== undefined) tellTabs({ kind: 'signed-out', sessionId: id, address });
    showSignedOut(problem.code === 'session_missing' ? '' : wordsFor(problem));
  } else if (problem.code === 'context_mismatch') {
    // Signing out still works, and ends the session that was shown and no other one.
    if (id !== undefined) shown = { id };
    show('elsewhere');
  } else {
    byId('why-failed').textContent = wordsFor(problem);
    show('failed');
  }
}

function showSignedOut(why) {
  byId('why-signed-out').textContent = why;
  show('signed-out');
}

/** Says who is signed in now, and shows nothing more before the person wants it. */
function showSwitched(session) {
  forget();
  shown = session;
  byId('switched-to').textContent = message('signedInAs', { address: session.address });
  show('switched');
}

/** Handles a problem that concerns the whole page. Others are told beside the button. */
function handleProblem(problem) {
  if (problem.code === 'session_changed') void lookAgain().then(() => complain(wordsFor(problem)));
  else if (problem.isSignedOut || problem.code === 'context_mismatch') showRefusal(problem);
  else return false;
  return true;
}

/** Finds out whether the browser's session is still the one that the page shows. */
async function lookAgain() {
  const thisVisit = visit;
  let session;
  try {
    session = await currentSession();
  } catch (problem) {
    const isShown = ['account', 'switched'].includes(shownState());
    if (visit === thisVisit && isShown && !problem.isPassing) showRefusal(problem);
    return;
  }
  if (visit !== thisVisit) return;
  const isSamePerson = session.userId === shown?.userId;
  if (session.id === shown?.id && isSamePerson) return;
  if (shownState() === 'switched' || (shownState() === 'account' && !isSamePerson)) {
    showSwitched(session);
  } else {
    await load();
  }
}

function sessionItem(session) {
  const item = copyOf('session');
  const name = session.device_name || describeDevice(session.user_agent);
  fillIn(item, {
    name,
    created_at: message('timeAndPlace', {
      time: formatTime(session.created_at),
      place: session.ip_address,
    }),
    last_accessed_at: lastActivity(session),
    expires_at: formatTime(session.expires_at),
  });
  const slot = (slotName) => item.querySelector(`[data-slot=${slotName}]`);
  slot('name').id = `session-${session.id}`;
  slot('end').id = `end-${session.id}`;
  // Lets screen readers say which session the button ends.
  slot('end').setAttribute('aria-labelledby', `end-${session.id} session-${session.id}`);
  slot('end').hidden = session.current;
  slot('current').hidden = !session.current;
  slot('remembered').hidden = !session.remember_device;
  item.dataset.current = String(session.current);
  onPress(slot('end'), () => endSession(session.id, item), handleProblem);
  return item;
}

/** When a session was used, and from where if that is not where it was opened. */
function lastActivity(session) {
  const time = formatTime(session.last_accessed_at);
  const opened = [describeDevice(session.user_agent), session.ip_address];
  const now = [
    describeDevice(session.last_user_agent ?? session.user_agent),
    session.last_ip_address ?? session.ip_address,
  ];
  const place = now.filter((part, index) => part !== opened[index]).join(' · ');
  return place === '' ? time : message('timeAndPlace', { time, place });
}

async function endSession(id, item) {
  const thisVisit = visit;
  try {
    await call('DELETE', `/auth/sessions/${id}`, undefined, shown?.id);
  } catch (problem) {
    // The session has already ended.
    if (problem.code !== 'not_found') throw problem;
  }
  if (visit !== thisVisit) return;
  item.remove();
  afterEnding('sessionEnded');
}

async function endOthers() {
  const thisVisit = visit;
  await call('DELETE', '/auth/sessions', undefined, shown?.id);
  if (visit !== thisVisit) return;
  for (const item of sessionList.querySelectorAll('[data-current=false]')) item.remove();
  afterEnding('othersEnded');
}

/** Moves the focus to the heading, because the button that had it is gone. */
function afterEnding(text) {
  updateEndOthers();
  byId('sessions-heading').focus();
  say(message(text));
}

function updateEndOthers() {
  endOthersButton.hidden = sessionList.querySelector('[data-current=false]') === null;
}

async function signOut() {
  const { id, address } = shown ?? {};
  await call('POST', '/auth/logout', undefined, id);
  forget();
  noteSignOut();
  tellTabs({ kind: 'signed-out', sessionId: id, address });
  showSignedOut(message('signedOut'));
}

function eventsPath(cursor) {
  const query = new URLSearchParams({ limit: String(EVENTS_ON_A_PAGE) });
  if (cursor) query.set('cursor', cursor);
  return `/auth/events?${query}`;
}

function addEvents({ events, next_cursor: cursor }) {
  const items = events.filter(({ type }) => !REDUNDANT_EVENTS.has(type)).map(eventItem);
  byId('events').append(...items);
  byId('no-events').hidden = byId('events').childElementCount > 0;
  olderEventsButton.hidden = cursor === null;
  olderEventsButton.dataset.cursor = cursor ?? '';
  return items;
}

function eventItem({ type, occurred_at: time, ip_address: address, user_agent: agent, details }) {
  const item = copyOf('event');
  const event = message(`event ${type}`) ?? message('otherEvent');
  const reason = message(`reason ${details.reason}`);
  const where = [formatTime(time), agent === null ? null : describeDevice(agent), address];
  fillIn(item, {
    what: reason === undefined ? event : message('eventReason', { event, reason }),
    where: where.filter((part) => part !== null).join(' · '),
  });
  return item;
}

async function showOlderEvents() {
  const thisVisit = visit;
  const older = await call('GET', eventsPath(olderEventsButton.dataset.cursor));
  // They are those of whoever is signed in now.
  await lookAgain();
  if (visit !== thisVisit) return;
  const [first] = addEvents(older);
  // The button, which had the focus, is hidden after the last page.
  first?.setAttribute('tabindex', '-1');
  first?.focus();
}

function copyOf(template) {
  return byId(template).content.firstElementChild.cloneNode(true);
}

onPress(byId('try-again'), load);
onPress(byId('show-account'), load);
for (const button of document.querySelectorAll('[data-way=sign-out]')) {
  onPress(button, signOut, handleProblem);
}
onPress(endOthersButton, endOthers, handleProblem);
onPress(olderEventsButton, showOlderEvents, handleProblem);

onNews(({ kind, sessionId }) => {
  if (kind !== 'signed-out') {
    void lookAgain();
  } else if (sessionId === shown?.id) {
    forget();
    showSignedOut(message('signedOutElsewhere'));
  }
});
onReturn(() => void lookAgain());
void load();
