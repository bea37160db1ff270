/**
 * The home page: which rooms are live, and the ways in.
 *
 * @module home
 */
import { openAccountDialog, session } from './account.js';
import { nameNode, sentence } from './format.js';
import { element, word } from './page.js';

/** @typedef {{ runID: string, name: string, password: string | null, people: number, running: number }} PublicRoom */

/** Milliseconds between two looks at who runs. */
const EVERY = 10000;

const rooms = element('rooms', HTMLElement);
const noRooms = element('no-rooms', HTMLElement);
const welcome = element('welcome', HTMLElement);

/** What the list shows, to leave it alone while that is so. */
let shown = '';

async function look() {
    if (!document.hidden) {
        try {
            const answer = await fetch('/v1/rooms');
            if (answer.ok) show((await answer.json()).rooms);
        } catch {
            // What is shown stays until the server is back.
        }
    }
    setTimeout(look, EVERY);
}

/** @param {PublicRoom[]} list */
function show(list) {
    noRooms.hidden = list.length > 0;
    const text = JSON.stringify(list);
    if (text === shown) return;
    shown = text;
    rooms.replaceChildren(...list.map(({ runID, name: roomName, password, people, running }) => {
        const link = document.createElement('a');
        link.className = 'room-link';
        link.href = `/r/${encodeURIComponent(runID)}` + (password ? `#password=${encodeURIComponent(password)}` : '');
        const name = document.createElement('span');
        name.className = 'room-name';
        name.append(nameNode(roomName));
        const count = document.createElement('span');
        count.className = 'room-count';
        count.dataset.live = String(running > 0);
        count.append(...sentence(word(running > 0 ? 'roomRunning' : people > 0 ? 'roomResting' : 'roomEmpty'),
            { running: String(running), people: String(people) }));
        link.append(name, count);
        const item = document.createElement('li');
        item.append(link);
        return item;
    }));
}

session.addEventListener('change', () => {
    welcome.hidden = session.account !== null;
    element('mine', HTMLElement).hidden = !session.account;
});
element('register', HTMLButtonElement).addEventListener('click', () => openAccountDialog('register'));
element('log-in-here', HTMLButtonElement).addEventListener('click', () => openAccountDialog('logIn'));
void look();
