/**
 * Rooms, on the administrators' page: who is in each, who goes, and which is closed.
 *
 * @module admin-rooms
 */
import { AdminList, badge, entry } from './admin-list.js';
import { confirmed } from './confirm.js';
import { nameNode, sentence } from './format.js';
import { call } from './house.js';
import { element, makeButton, word } from './page.js';

/** @typedef {{ runID: string, name: string, visibility: string, ownerName: string | null, people: number, running: number, spectators: number, createdAt: number }} Room */
/** @typedef {{ runner: number, username: string, nickname: string }} Person */

const live = element('rooms-live', HTMLInputElement);

/** @type {AdminList<Room>} */
const list = new AdminList('rooms', 'rooms', row);

/** Shows the rooms as they are now. */
export function showRooms() { return list.load(`/v1/admin/rooms?limit=30&state=${live.checked ? 'live' : 'all'}`); }

/** @param {Room} room */
function row(room) {
    const link = document.createElement('a');
    link.href = `/r/${encodeURIComponent(room.runID)}`;
    link.append(nameNode(room.name));
    const people = document.createElement('ul');
    people.className = 'entries inner';
    people.hidden = true;
    const who = makeButton(word('admin.who'), () => void showPeople(room, people, who), { of: room.name });
    who.setAttribute('aria-expanded', 'false');
    const item = entry({
        title: [link, badge(word(`admin.visibility.${room.visibility}`))],
        about: [
            sentence(word('admin.crowd'), {
                running: String(room.running), people: String(room.people), spectators: String(room.spectators),
            }),
            room.ownerName === null
                ? sentence(word('admin.roomOfNobody'), { code: nameNode(room.runID) })
                : sentence(word('admin.roomOf'), { code: nameNode(room.runID), owner: nameNode(room.ownerName) }),
        ],
        actions: [
            who,
            makeButton(word('admin.closeRoom'), () => void close(room), { of: room.name, className: 'button danger' }),
        ],
    });
    item.append(people);
    return item;
}

/** @param {Room} room @param {HTMLElement} people @param {HTMLButtonElement} who */
async function showPeople(room, people, who) {
    people.hidden = !people.hidden;
    who.setAttribute('aria-expanded', String(!people.hidden));
    if (!people.hidden) await load(room, people);
}

/** @param {Room} room @param {HTMLElement} people */
async function load(room, people) {
    const answer = await call('GET', `/v1/rooms/${encodeURIComponent(room.runID)}/state`);
    if (!answer.ok) return list.complain(answer);
    /** @type {number} */
    const state = answer.told.columns.indexOf('state');
    const gone = new Set(answer.told.runners
        .filter((/** @type {unknown[]} */ runner) => runner[state] === 'left')
        .map((/** @type {unknown[]} */ runner) => runner[0]));
    /** @type {Person[]} */
    const here = answer.told.people.filter((/** @type {Person} */ person) => !gone.has(person.runner));
    if (here.length === 0) {
        people.replaceChildren(entry({ title: [word('admin.nobodyThere')] }));
        return;
    }
    people.replaceChildren(...here.map(person => {
        const name = person.nickname || person.username;
        return entry({
            title: [nameNode(name)], about: person.nickname === person.username ? [] : [[nameNode(person.username)]],
            actions: [makeButton(word('admin.takeOut'), () => void takeOut(room, person, people), { of: name })],
        });
    }));
}

/** @param {Room} room @param {Person} person @param {HTMLElement} people */
async function takeOut(room, person, people) {
    const isSure = await confirmed({
        heading: word('admin.takeOutHeading'), text: word('admin.takeOutText'), yes: word('admin.takeOut'),
    });
    if (!isSure) return;
    const path = `/v1/rooms/${encodeURIComponent(room.runID)}/people/${person.runner}/remove`;
    const answer = await call('POST', path);
    if (!answer.ok && answer.status !== 404) return list.complain(answer);
    await load(room, people);
    (people.querySelector('button') ?? people.closest('li')?.querySelector('button'))?.focus();
}

/** @param {Room} room */
async function close(room) {
    const isSure = await confirmed({
        heading: word('admin.closeHeading'), text: word('admin.closeText'), yes: word('admin.closeRoom'),
    });
    if (!isSure) return;
    const answer = await call('DELETE', `/v1/rooms/${encodeURIComponent(room.runID)}`);
    if (!answer.ok && answer.status !== 404) return list.complain(answer);
    await showRooms();
    list.tell(word('admin.closed'));
}

live.addEventListener('change', () => void showRooms());
