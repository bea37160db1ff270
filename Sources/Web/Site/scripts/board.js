/**
 * The wall screen of a room: standings that turn over when there are more than fit, map, latest events, clock. Nobody is
 * there to press anything, for days: it keeps the screen on, comes back by itself whatever ended it, and takes a newer
 * server's page as soon as there is one.
 *
 * @module board
 */
import { clock, sentence } from './format.js';
import { Feed } from './feed.js';
import { LiveRoom } from './live-room.js';
import { MapView } from './map-view.js';
import { element, settings, word, write } from './page.js';
import { ScreenLight } from './screen-light.js';
import { keepShell } from './shell.js';
import { Standings } from './standings.js';
import { isOutdated } from './version.js';

/** Seconds that each part of the standings is shown. */
const TURN = 10;
/** How high a row is, in the page's own measure. */
const ROW = 3.25;
/** Milliseconds after which a room that has ended for this page is tried anew. */
const AGAIN = 30_000;

const live = await LiveRoom.here();
const { room, runners } = live;

const page = {
    rows: element('standings-rows', HTMLElement),
    window: element('rows-window', HTMLElement),
    part: element('part', HTMLElement),
    count: element('count', HTMLElement),
    nobody: element('nobody', HTMLElement),
    noEvents: element('no-events', HTMLElement),
    clock: element('clock', HTMLElement),
    status: element('status', HTMLElement),
    notice: element('notice', HTMLElement),
    noticeText: element('notice-text', HTMLElement),
};

const map = new MapView(element('map', HTMLElement), { tiles: settings.tiles, now: () => live.moment });
const standings = new Standings(page.rows);
const feed = new Feed(element('events-list', HTMLElement), number => live.nameOf(number));
const light = new ScreenLight();

live.addEventListener('draw', event => {
    map.update(runners.values());
    standings.update(runners.values(), live.moment, null, /** @type {CustomEvent} */ (event).detail.isNew);
    const count = page.rows.children.length;
    page.nobody.hidden = count > 0 || room.status.state !== 'live';
    write(page.count, count > 0 ? sentence(word(count === 1 ? 'oneRunner' : 'runners'), { count: String(count) }).join('') : '');
    showPart();
});
live.addEventListener('happened', event => {
    feed.add(/** @type {CustomEvent} */ (event).detail);
    page.noEvents.hidden = true;
});
live.addEventListener('gap', () => feed.addGap(room.now()));
live.addEventListener('second', () => write(page.clock, room.knowsTime ? clock(room.now()) : ''));

// MARK: The part of the standings that is shown

/** Which part it is, from 0, and since when, by the server's clock. */
let [part, turnedAt] = [0, 0];

/** Shows as many whole rows as there is room for, and the next ones after a while. */
function showPart() {
    const { rows, window: frame } = page;
    const count = rows.children.length;
    // In whole pixels: what is scrolled to is, too.
    const height = Math.floor(ROW * parseFloat(getComputedStyle(document.documentElement).fontSize));
    const room = frame.parentElement?.clientHeight ?? 0;
    if (count === 0 || room < height) return;
    rows.style.setProperty('--row', `${height}px`);
    const fitting = Math.floor(room / height);
    const parts = Math.ceil(count / fitting);
    if (live.moment - turnedAt >= TURN * 1000 || part >= parts) {
        part = (part + 1) % parts;
        turnedAt = live.moment;
    }
    // The last part is full, too: it begins with who ended the one before.
    const first = Math.max(0, Math.min(part * fitting, count - fitting));
    frame.style.height = `${fitting * height}px`;
    if (frame.scrollTop !== first * height) frame.scrollTop = first * height;
    write(page.part, parts > 1 ? sentence(word('board.part'), {
        first: String(first + 1), last: String(Math.min(count, first + fitting)), count: String(count),
    }).join('') : '');
}

new ResizeObserver(showPart).observe(element('rows-room', HTMLElement));

// MARK: What goes on by itself

let wasAway = false;
/** Whether the page will be loaded anew. */
let isEnding = false;

live.addEventListener('status', () => {
    const { state, reason } = room.status;
    live.showConnection(page);
    if (state === 'waiting') wasAway = true;
    if (state === 'live' && wasAway) {
        wasAway = false;
        void renewIfOutdated();
    }
    // A password is somebody's to enter, and another guess the server's to count.
    if (!live.isOver || reason === 'password' || isEnding) return;
    isEnding = true;
    setTimeout(beginAnew, AGAIN);
});

/** The server that is back may be a newer one. */
async function renewIfOutdated() {
    if (await isOutdated()) location.reload();
}

/** Loads the page anew, but only from a server that answers: a browser's own page of errors stays for ever. */
async function beginAnew() {
    if (await isOutdated() !== null) location.reload();
    else setTimeout(beginAnew, AGAIN);
}

document.title = `${live.name} · RunRoom`;
element('room-name', HTMLElement).textContent = live.name;
light.isWanted = true;
keepShell();
if (live.invitation !== null) room.connect();
live.begin();

// For whoever looks from the browser's console, and for tests.
Object.assign(window, { runroom: { room, runners, map } });
