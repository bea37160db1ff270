/**
 * The page of a live room: map, standings, events, cheers and the own run.
 *
 * @module room
 */
import { ask, session } from './account.js';
import { clock, nameNode, sentence } from './format.js';
import { Feed } from './feed.js';
import { save } from './house.js';
import { LiveRoom } from './live-room.js';
import { MapView } from './map-view.js';
import { MyRun } from './my-run.js';
import { element, settings, word, write } from './page.js';
import { openReport, personPath } from './report.js';
import { ShareDialog } from './share.js';
import { lookForNewer } from './shell.js';
import { Standings } from './standings.js';

const live = await LiveRoom.here();
const { link, invitation, runID, room, runners } = live;

const page = {
    map: element('map', HTMLElement),
    showAll: element('show-all', HTMLButtonElement),
    following: element('following', HTMLButtonElement),
    followingName: element('following-name', HTMLElement),
    standings: element('standings-rows', HTMLElement),
    nobody: element('nobody', HTMLElement),
    count: element('count', HTMLElement),
    results: element('results', HTMLButtonElement),
    resultsPart: element('results-part', HTMLElement),
    resultsTold: element('results-told', HTMLElement),
    events: element('events-list', HTMLElement),
    noEvents: element('no-events', HTMLElement),
    clock: element('clock', HTMLElement),
    status: element('status', HTMLElement),
    notice: element('notice', HTMLElement),
    noticeText: element('notice-text', HTMLElement),
    retry: element('retry', HTMLButtonElement),
    enterPassword: element('enter-password', HTMLButtonElement),
    otherRoom: element('other-room', HTMLAnchorElement),
    cheer: element('cheer', HTMLFormElement),
    cheerTo: element('cheer-to', HTMLSelectElement),
    cheers: element('cheers', HTMLElement),
    cheerProblem: element('cheer-problem', HTMLElement),
};

const myRun = new MyRun(room, runID, runners, invitation?.role === 'runner' ? link : undefined);
// Before the map is made, which takes a phone a while: what the server says comes meanwhile.
// Who left in the middle of a run goes on with it, and joins as a runner at once.
if (invitation !== null && !myRun.isLeftOver) room.connect();
else if (invitation !== null) void myRun.takeUp().then(isTaken => { if (!isTaken) room.connect(); });

const map = new MapView(page.map, {
    tiles: settings.tiles, now: () => live.moment, onMode: showMode, onTap: number => follow(number, true),
});
const standings = new Standings(page.standings, number => follow(number, false));
const feed = new Feed(page.events, number => live.nameOf(number));

// MARK: What the page shows

live.addEventListener('draw', event => {
    map.mine = room.runner;
    map.update(runners.values());
    showStandings(/** @type {CustomEvent} */ (event).detail.isNew);
    myRun.show();
});
live.addEventListener('happened', event => {
    feed.add(/** @type {CustomEvent} */ (event).detail);
    page.noEvents.hidden = true;
});
live.addEventListener('gap', () => feed.addGap(room.now()));
live.addEventListener('status', showStatus);
live.addEventListener('second', () => write(page.clock, room.knowsTime ? clock(room.now()) : ''));

/** @param {boolean} isNew */
function showStandings(isNew) {
    const followed = typeof map.mode === 'number' ? map.mode : null;
    standings.update(runners.values(), live.moment, followed, isNew);
    showCheered();
    const count = page.standings.children.length;
    page.nobody.hidden = count > 0 || room.status.state !== 'live';
    const running = sentence(word(count === 1 ? 'oneRunner' : 'runners'), { count: String(count) }).join('');
    page.count.textContent = count > 0 ? running : '';
    // Who sees the room later is not told how it is now.
    page.resultsPart.hidden = count === 0 || (invitation?.delay ?? 0) > 0;
}

page.results.addEventListener('click', async () => {
    const password = live.password.known;
    page.resultsTold.textContent = await save(`/v1/rooms/${encodeURIComponent(runID)}/results.csv`, {
        ...link === undefined ? {} : { 'X-Room-Link': link },
        ...password === undefined ? {} : { 'X-Room-Password': password },
    });
});

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
    live.draw();
}

let wasAway = false;

function showStatus() {
    const { state, reason } = room.status;
    // A server that was away may be a newer one.
    if (state === 'live' && wasAway) void lookForNewer();
    wasAway = state === 'waiting' || wasAway && state === 'connecting';
    live.showConnection(page, myRun.isOn);
    page.cheer.hidden = state !== 'live';
    page.retry.hidden = !live.mayRetry(myRun.isOn);
    page.enterPassword.hidden = reason !== 'password';
    page.otherRoom.hidden = !live.isOver;
}

page.enterPassword.addEventListener('click', () => live.password.ask());

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

const report = element('report', HTMLButtonElement);
report.addEventListener('click', () => {
    // There may be more to report.
    report.textContent = word('report');
    const people = [...room.people.values()].filter(({ username }) => username);
    openReport(
        [
            { label: word('report.room'), path: `/v1/rooms/${encodeURIComponent(runID)}/report` },
            ...people.map(({ username, nickname }) => ({ label: nickname || username, path: personPath(username) })),
        ], () => { report.textContent = word('report.sent'); }, link === undefined ? {} : { 'X-Room-Link': link });
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

// MARK: Buttons

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

if (invitation !== null) document.title = `${live.name} · RunRoom`;
element('room-name', HTMLElement).textContent = live.name;
page.nobody.replaceChildren(...sentence(word('nobody'), { room: nameNode(runID) }));
showMode();
myRun.show();
showStatus();
live.begin();

// For whoever looks from the browser's console, and for tests.
Object.assign(window, { runroom: { room, runners, map, myRun } });
