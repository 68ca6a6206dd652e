import { call } from './api.js';
import { describeDevice } from './device.js';
import { byId, fillIn, formatTime, message, onPress, say, show, wordsFor } from './page.js';

const EVENTS_ON_A_PAGE = 20;

/** Not listed: every sign-in opens a session, and its own event is in the list already. */
const REDUNDANT_EVENTS = new Set(['session.created']);

const sessionList = byId('sessions');
const endOthersButton = byId('end-others');
const olderEventsButton = byId('older-events');

async function load() {
  show('loading', { focus: null });
  try {
    const { user } = await call('GET', '/auth/session');
    const [{ sessions }, events] = await Promise.all([
      call('GET', '/auth/sessions'),
      call('GET', eventsPath()),
    ]);
    byId('signed-in-as').textContent = message('signedInAs', { address: user.email });
    const currentFirst = sessions.toSorted((one, other) => other.current - one.current);
    sessionList.replaceChildren(...currentFirst.map(sessionItem));
    updateEndOthers();
    byId('events').replaceChildren();
    addEvents(events);
    show('account');
  } catch (problem) {
    if (!showSignedOut(problem)) {
      byId('why-failed').textContent = wordsFor(problem);
      show('failed');
    }
  }
}

/** @returns {boolean} whether the problem was that the person is signed out. */
function showSignedOut(problem) {
  if (!problem.isSignedOut) return false;
  byId('why-signed-out').textContent = problem.code === 'session_missing' ? '' : wordsFor(problem);
  show('signed-out');
  return true;
}

function sessionItem(session) {
  const item = copyOf('session');
  const name = session.device_name || describeDevice(session.user_agent);
  fillIn(item, {
    name,
    created_at: formatTime(session.created_at),
    last_accessed_at: formatTime(session.last_accessed_at),
    expires_at: formatTime(session.expires_at),
    ip_address: session.ip_address,
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
  onPress(slot('end'), () => endSession(session.id, item), showSignedOut);
  return item;
}

async function endSession(id, item) {
  try {
    await call('DELETE', `/auth/sessions/${id}`);
  } catch (problem) {
    // The session has already ended.
    if (problem.code !== 'not_found') throw problem;
  }
  item.remove();
  afterEnding('sessionEnded');
}

async function endOthers() {
  await call('DELETE', '/auth/sessions');
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
  await call('POST', '/auth/logout');
  byId('why-signed-out').textContent = message('signedOut');
  show('signed-out');
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
  const [first] = addEvents(await call('GET', eventsPath(olderEventsButton.dataset.cursor)));
  // The button, which had the focus, is hidden after the last page.
  first?.setAttribute('tabindex', '-1');
  first?.focus();
}

function copyOf(template) {
  return byId(template).content.firstElementChild.cloneNode(true);
}

onPress(byId('try-again'), load);
onPress(byId('sign-out'), signOut, showSignedOut);
onPress(endOthersButton, endOthers, showSignedOut);
onPress(olderEventsButton, showOlderEvents, showSignedOut);
void load();
