/**
 * A room in a frame of somebody else's page: map and standings, to look at; a way to the room's own page. Nothing can be
 * changed here, so that no page around it gains anything by what is clicked.
 *
 * @module embed
 */
import { LiveRoom } from './live-room.js';
import { MapView } from './map-view.js';
import { element, settings, word } from './page.js';
import { nameNode, sentence } from './format.js';
import { Standings } from './standings.js';

const live = await LiveRoom.here();
const { room, runners } = live;

const page = {
    rows: element('standings-rows', HTMLElement),
    nobody: element('nobody', HTMLElement),
    showAll: element('show-all', HTMLButtonElement),
    status: element('status', HTMLElement),
    notice: element('notice', HTMLElement),
    noticeText: element('notice-text', HTMLElement),
    retry: element('retry', HTMLButtonElement),
    enterPassword: element('enter-password', HTMLButtonElement),
    open: element('open', HTMLAnchorElement),
};

const map = new MapView(element('map', HTMLElement), {
    tiles: settings.tiles, now: () => live.moment, onMode: showMode, onTap: number => {
        follow(number);
        standings.reveal(number);
    },
});
const standings = new Standings(page.rows, follow);

/** @param {number} number */
function follow(number) {
    if (map.mode === number) map.showAll();
    else map.follow(number);
}

function showMode() {
    page.showAll.hidden = map.mode === 'all';
    live.draw();
}

live.addEventListener('draw', event => {
    map.update(runners.values());
    const followed = typeof map.mode === 'number' ? map.mode : null;
    standings.update(runners.values(), live.moment, followed, /** @type {CustomEvent} */ (event).detail.isNew);
    page.nobody.hidden = page.rows.children.length > 0 || room.status.state !== 'live';
});
live.addEventListener('status', () => {
    live.showConnection(page);
    page.retry.hidden = !live.mayRetry();
    page.enterPassword.hidden = room.status.reason !== 'password';
});

page.retry.addEventListener('click', () => room.connect());
page.enterPassword.addEventListener('click', () => live.password.ask());
page.showAll.addEventListener('click', () => map.showAll());
page.open.href = location.pathname;
page.nobody.replaceChildren(...sentence(word('nobody'), { room: nameNode(live.name) }));
document.title = `${live.name} · RunRoom`;
element('room-name', HTMLElement).textContent = live.name;
if (live.invitation !== null) room.connect();
live.begin();

// For whoever looks from the browser's console, and for tests.
Object.assign(window, { runroom: { room, runners, map } });
