/**
 * The page of a live room: what the room tells goes into runners, and from them onto map, standings, events and the own
 * run, once for each picture of the screen.
 *
 * @module room
 */
import { ask, Refused, session } from './account.js';
import { clock, nameNode, sentence } from './format.js';
import { Feed } from './feed.js';
import { MapView } from './map-view.js';
import { MyRun } from './my-run.js';
import { element, settings, word } from './page.js';
import { openReport, personPath } from './report.js';
import { Runner } from './runner.js';
import { RunRoom } from './runroom.js';
import { ShareDialog } from './share.js';
import { Standings } from './standings.js';
import { places } from './way.js';

/** @typedef {import('./runroom.js').Row} Row */
/** @typedef {import('./runroom.js').RoomEvent} RoomEvent */
/** @typedef {import('./runroom.js').Status} Status */

/** Milliseconds for which a page may be hidden until it lacks so much of the ways that they are asked for anew. */
const GLANCE = 5000;
/** Milliseconds until a server that did not say where a link leads is asked again. */
const AGAIN = 2000;
/** So many events at most are kept for when a hidden page is shown again: more than the list shows. */
const UNREAD = 500;

const [, kind, name = ''] = location.pathname.split('/');
/** The secret of the link that this page was opened by; undefined for a room's own page. */
const link = kind === 's' ? name : undefined;
/** Where it leads; null when it is not good. */
const invitation = link === undefined ? undefined : await askWhither(link);
const runID = invitation === undefined ? decodeURIComponent(name) : invitation?.runID ?? '';
const passwordKey = `password of ${runID}`;

/**
 * The room's password: of this tab, or, for the demo alone, from the address.
 *
 * @returns {string | undefined}
 */
function knownPassword() {
    const inAddress = new URLSearchParams(location.hash.slice(1)).get('password');
    if (inAddress !== null && runID === settings.demoRoom) return inAddress;
    return sessionStorage.getItem(passwordKey) ?? undefined;
}

/**
 * Asks where a link leads, until the server has said so.
 *
 * @param {string} link
 * @returns {Promise<{ runID: string, name: string, role: 'spectator' | 'runner' } | null>}
 */
async function askWhither(link) {
    for (;;) {
        try {
            return await ask('GET', `/v1/links/${link}`);
        } catch (error) {
            if (error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 429) return null;
        }
        await new Promise(resolve => setTimeout(resolve, AGAIN));
    }
}

const room = new RunRoom({ runID, link, password: knownPassword(), role: 'spectator', crs: settings.crs });

/** @type {Map<number, Runner>} */
const runners = new Map();
let isNew = true;
let isDirty = false;
/**
 * Since when nobody looks, by `performance.now()`; null while somebody does.
 *
 * @type {number | null}
 */
let hiddenSince = null;
/** @type {RoomEvent[]} What happened since. */
let unread = [];
/**
 * Since when there is no connection, by the server's clock; null while there is one.
 *
 * @type {number | null}
 */
let goneSince = null;

const page = {
    map: element('map', HTMLElement),
    showAll: element('show-all', HTMLButtonElement),
    following: element('following', HTMLButtonElement),
    followingName: element('following-name', HTMLElement),
    standings: element('standings-rows', HTMLElement),
    nobody: element('nobody', HTMLElement),
    count: element('count', HTMLElement),
    events: element('events-list', HTMLElement),
    noEvents: element('no-events', HTMLElement),
    clock: element('clock', HTMLElement),
    status: element('status', HTMLElement),
    notice: element('notice', HTMLElement),
    noticeText: element('notice-text', HTMLElement),
    retry: element('retry', HTMLButtonElement),
    enterPassword: element('enter-password', HTMLButtonElement),
    otherRoom: element('other-room', HTMLAnchorElement),
    dialog: element('password-dialog', HTMLDialogElement),
    form: element('password-form', HTMLFormElement),
    password: element('password', HTMLInputElement),
    wrong: element('password-wrong', HTMLElement),
    cancel: element('password-cancel', HTMLButtonElement),
    cheer: element('cheer', HTMLFormElement),
    cheerTo: element('cheer-to', HTMLSelectElement),
    cheers: element('cheers', HTMLElement),
    cheerProblem: element('cheer-problem', HTMLElement),
};

/** The moment that is shown: now, or that of the last news while nothing can come. */
const moment = () => goneSince ?? room.now();

const map = new MapView(page.map, {
    tiles: settings.tiles, now: moment, onMode: showMode, onTap: number => follow(number, true),
});
const standings = new Standings(page.standings, number => follow(number, false));
const myRun = new MyRun(room, runID, runners, invitation?.role === 'runner' ? link : undefined);
const feed = new Feed(page.events, number => runners.get(number)?.name ?? room.people.get(number)?.nickname ?? `#${number}`);

// MARK: What the room tells

room.addEventListener('snapshot', event => {
    const { recovered, tracks } = /** @type {CustomEvent} */ (event).detail;
    const isReturn = runners.size > 0 || page.events.children.length > 0;
    const known = new Map(runners);
    runners.clear();
    for (const row of room.rows.values()) {
        const runner = meet(row, known.get(row.runner));
        const track = tracks[row.runner];
        if (runner && track) runner.way.replace(track);
    }
    if (isReturn && !recovered) feed.addGap(room.now());
    isNew = true;
    draw();
});

room.addEventListener('rows', event => {
    for (const row of /** @type {CustomEvent<{ rows: Row[] }>} */ (event).detail.rows) {
        const runner = runners.get(row.runner);
        if (runner) runner.update(row, true);
        else meet(row);
    }
    draw();
});

room.addEventListener('event', event => {
    const happened = /** @type {CustomEvent<RoomEvent>} */ (event).detail;
    const row = happened.person && room.rows.get(happened.person.runner);
    if (row && happened.person) meet(row, runners.get(row.runner));
    unread.push(happened);
    if (document.hidden) unread = unread.slice(-UNREAD);
    else showEvents();
    draw();
});

function showEvents() {
    for (const happened of unread) feed.add(happened);
    if (unread.length > 0) page.noEvents.hidden = true;
    unread = [];
}

room.addEventListener('status', event => {
    const status = /** @type {CustomEvent<Status>} */ (event).detail;
    if (status.state === 'live') goneSince = null;
    else if (status.state !== 'connecting' && room.knowsTime) goneSince ??= room.now();
    if (status.reason === 'password') askForPassword();
    showStatus();
    draw();
});

/**
 * A runner of whom there is a row and a person.
 *
 * @param {Row} row
 * @param {Runner} [before] What was known of them.
 * @returns {Runner | undefined} None for a row of somebody who has not been introduced, which the room does not send.
 */
function meet(row, before) {
    const person = room.people.get(row.runner);
    if (!person) return undefined;
    if (before) {
        before.person = person;
        if (before.row !== row) before.update(row, false);
    }
    const runner = before ?? new Runner(person, row);
    runners.set(row.runner, runner);
    return runner;
}

// MARK: What the page shows

/** Has everything shown with the next picture of the screen; a hidden page has none. */
function draw() {
    if (isDirty) return;
    isDirty = true;
    requestAnimationFrame(() => {
        isDirty = false;
        map.mine = room.runner;
        map.update(runners.values());
        showStandings();
        myRun.show();
    });
}

function showStandings() {
    const followed = typeof map.mode === 'number' ? map.mode : null;
    standings.update(runners.values(), moment(), followed, isNew);
    isNew = false;
    showCheered();
    const count = page.standings.children.length;
    page.nobody.hidden = count > 0 || room.status.state !== 'live';
    const running = sentence(word(count === 1 ? 'oneRunner' : 'runners'), { count: String(count) }).join('');
    page.count.textContent = count > 0 ? running : '';
}

/** @param {number} number @param {boolean} reveals Whether the row is to be brought into view. */
function follow(number, reveals) {
    if (map.mode === number) map.showAll();
    else map.follow(number);
    if (reveals) standings.reveal(number);
}

function showMode() {
    const runner = typeof map.mode === 'number' ? runners.get(map.mode) : undefined;
    page.following.hidden = !runner;
    page.showAll.hidden = map.mode === 'all';
    if (runner) page.followingName.replaceChildren(...sentence(word('following'), { name: nameNode(runner.name) }));
    draw();
}

function showStatus() {
    const { state, reason, retryAt = 0 } = room.status;
    const texts = {
        idle: word('connecting'), connecting: word(goneSince === null ? 'connecting' : 'catchingUp'), live: word('live'),
        waiting: goneSince === null
            ? word('waiting') : sentence(word('goneSince'), { time: clock(goneSince) }).join(''),
        ended: word(reason === 'password' ? 'passwordHeading' : 'stopped'),
    };
    write(page.status, texts[state]);
    page.status.dataset.state = state;
    document.body.dataset.connection = state;
    page.cheer.hidden = state !== 'live';
    const isOver = state === 'ended' || invitation === null;
    const isWaiting = state === 'waiting';
    page.notice.hidden = !isOver && !isWaiting || page.dialog.open;
    // A countdown is not to be read out.
    page.notice.setAttribute('role', isOver ? 'alert' : 'region');
    if (page.notice.hidden) return;
    const wait = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
    const texted = isOver
        ? sentence(word(endOf(reason)), { room: nameNode(runID) })
        : sentence(word(`wait.${reason}`), { time: sentence(word('seconds'), { count: String(wait) }).join('') });
    if (goneSince !== null) texted.push(' ', ...sentence(word('stale'), { time: clock(goneSince) }));
    if (page.noticeText.textContent !== texted.map(part => typeof part === 'string' ? part : part.textContent).join('')) {
        page.noticeText.replaceChildren(...texted);
    }
    page.retry.hidden = isOver && (reason === 'password' || reason === 'noRoom' || endOf(reason) === 'end.link');
    page.enterPassword.hidden = reason !== 'password';
    page.otherRoom.hidden = !isOver;
}

/**
 * The word for why it is over: who came by a link, and neither runs nor has a login, came by one that is good no more.
 *
 * @param {import('./runroom.js').Reason | undefined} reason
 */
function endOf(reason) {
    const isByLink = link !== undefined && !myRun.isOn && (reason === 'login' || reason === 'noRoom');
    return isByLink || invitation === null ? 'end.link' : `end.${reason}`;
}

/** @param {HTMLElement} node @param {string} text */
function write(node, text) { if (node.textContent !== text) node.textContent = text; }

// MARK: The password

function askForPassword() {
    // What did not open the room is not worth keeping, nor to be tried again by a reload.
    page.wrong.hidden = knownPassword() === undefined;
    sessionStorage.removeItem(passwordKey);
    if (!page.dialog.open) page.dialog.showModal();
    page.password.select();
}

page.form.addEventListener('submit', event => {
    event.preventDefault();
    sessionStorage.setItem(passwordKey, page.password.value);
    page.dialog.close();
    room.connect({ password: page.password.value });
});
page.cancel.addEventListener('click', () => page.dialog.close());
page.dialog.addEventListener('close', () => showStatus());
page.enterPassword.addEventListener('click', () => {
    page.wrong.hidden = true;
    page.dialog.showModal();
});

// MARK: Cheers

/** Milliseconds that the server wants between two. */
const CHEER_EVERY = 1100;

/** Whom a cheer may be for: all, or one. */
function showCheered() {
    const shown = [...runners.values()].filter(runner => runner.isShown && runner.number !== room.runner);
    const names = ['', ...shown.map(({ number }) => String(number))];
    const options = [...page.cheerTo.options];
    if (names.length === options.length && names.every((name, index) => name === options[index].value)) return;
    const chosen = page.cheerTo.value;
    page.cheerTo.replaceChildren(new Option(word('everybody'), ''),
        ...shown.map(({ number, name }) => new Option(name, String(number))));
    page.cheerTo.value = names.includes(chosen) ? chosen : '';
}

for (const number of [1, 2, 3, 4, 5]) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button cheer-button';
    button.textContent = word(`cheer.${number}`);
    button.addEventListener('click', () => {
        const to = page.cheerTo.value === '' ? {} : { to: Number(page.cheerTo.value) };
        room.send({ type: 'cheer', text: button.textContent, ...to });
        page.cheerProblem.hidden = true;
        for (const other of page.cheers.querySelectorAll('button')) other.disabled = true;
        setTimeout(() => {
            for (const other of page.cheers.querySelectorAll('button')) other.disabled = false;
        }, CHEER_EVERY);
    });
    page.cheers.append(button);
}

room.addEventListener('problem', event => {
    const { code, message } = /** @type {CustomEvent} */ (event).detail;
    if (code !== 'bad_cheer' && code !== 'too_many_cheers') return;
    page.cheerProblem.textContent = message;
    page.cheerProblem.hidden = false;
});

// MARK: Reporting

element('report', HTMLButtonElement).addEventListener('click', () => {
    const people = [...room.people.values()].filter(({ username }) => username);
    openReport(
        [
            { label: word('report.room'), path: `/v1/rooms/${encodeURIComponent(runID)}/report` },
            ...people.map(({ username, nickname }) => ({ label: nickname || username, path: personPath(username) })),
        ], () => {}, link === undefined ? {} : { 'X-Room-Link': link });
});

// MARK: Sharing

const share = element('share', HTMLButtonElement);
/** @type {ShareDialog | undefined} */
let sharing;
share.addEventListener('click', () => (sharing ??= new ShareDialog(runID)).open());
session.addEventListener('change', async () => {
    share.hidden = true;
    const { account } = session;
    if (!account) return;
    try {
        // Asked of one's own rooms, since of a room that is somebody else's one may not even know that it is there.
        const { rooms } = await ask('GET', '/v1/me/rooms?limit=200');
        const own = rooms.find((/** @type {{ runID: string }} */ other) => other.runID === runID);
        if (session.account !== account || !own) return;
        share.hidden = false;
        // People call it by its name.
        document.title = `${own.name} · RunRoom`;
        element('room-name', HTMLElement).textContent = own.name;
    } catch {
        // Without an answer there is nothing to share.
    }
});

// MARK: Seconds, looks, and buttons

page.retry.addEventListener('click', () => room.connect());
page.showAll.addEventListener('click', () => map.showAll());
page.following.addEventListener('click', () => map.showAll());
for (const tab of document.querySelectorAll('[data-tab]')) {
    tab.addEventListener('click', () => {
        if (!(tab instanceof HTMLElement)) return;
        document.body.dataset.panel = tab.dataset.tab;
        for (const other of document.querySelectorAll('[data-tab]')) {
            other.setAttribute('aria-pressed', String(other === tab));
        }
    });
}

/** Everybody's seconds, the clock and the ages go on with the server's seconds. */
function tick() {
    const now = room.now();
    setTimeout(tick, 1000 - now % 1000 + 5);
    if (document.hidden) return;
    write(page.clock, room.knowsTime ? clock(now) : '');
    if (room.status.state === 'waiting') showStatus();
    draw();
}

/** A page that nobody looks at is quiet; one that is looked at again has the present at once. */
function attend() {
    if (document.hidden) {
        hiddenSince ??= performance.now();
        room.setView(0);
        return;
    }
    room.setView();
    if (room.status.state === 'waiting') room.connect();
    showEvents();
    const isLong = hiddenSince !== null && performance.now() - hiddenSince > GLANCE;
    hiddenSince = null;
    if (!isLong || room.status.state !== 'live') return;
    // Who watches by a link is told the ways by a join alone.
    if (link === undefined) void renewWays();
    else room.connect();
}

/** Asks for the ways that were gone while nobody looked; until they are there, and if they cannot be had, they have a gap. */
async function renewWays() {
    for (const { way } of runners.values()) way.interrupt();
    try {
        const password = knownPassword();
        const answer = await fetch(`/v1/rooms/${encodeURIComponent(runID)}/tracks?crs=${settings.crs}`, {
            headers: password === undefined ? {} : { 'X-Room-Password': password },
        });
        if (!answer.ok) return;
        const { tracks } = await answer.json();
        for (const [number, line] of Object.entries(tracks)) runners.get(Number(number))?.way.replace(places(line));
        draw();
    } catch {
        // There is no network, or the password fits into no header.
    }
}

document.addEventListener('visibilitychange', attend);
window.addEventListener('online', () => { if (room.status.state === 'waiting') room.connect(); });
// A page that comes back from the browser's memory has a dead connection.
window.addEventListener('pageshow', event => { if (event.persisted && room.status.state !== 'ended') room.connect(); });

if (invitation !== null) document.title = `${invitation?.name ?? runID} · RunRoom`;
element('room-name', HTMLElement).textContent = invitation?.name ?? runID;
page.nobody.replaceChildren(...sentence(word('nobody'), { room: nameNode(runID) }));
element('password-text', HTMLElement).replaceChildren(...sentence(word('passwordText'), { room: nameNode(runID) }));
showMode();
myRun.show();
// Who left in the middle of a run goes on with it, and joins as a runner at once.
if (invitation === null) showStatus();
else if (!myRun.isLeftOver) room.connect();
else void myRun.takeUp().then(isTaken => { if (!isTaken) room.connect(); });
attend();
tick();

// For whoever looks from the browser's console, and for tests.
Object.assign(window, { runroom: { room, runners, map, myRun } });
