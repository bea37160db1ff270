/**
 * The page that makes a room, and shows the links to it to print and to send.
 *
 * @module new
 */
import { ask, openAccountDialog, Refused, session } from './account.js';
import { dateTime, nameNode, sentence } from './format.js';
import { element, word } from './page.js';
import { onlyOnce } from './house.js';
import { linkCard, makeLink } from './share.js';

/** @typedef {{ runID: string, name: string, visibility: 'public' | 'password' | 'link', when: number | null }} Room */

const nodes = {
    heading: element('new-heading', HTMLElement),
    logInFirst: element('log-in-first', HTMLElement),
    form: element('new-room', HTMLFormElement),
    title: element('room-title', HTMLInputElement),
    when: element('room-when', HTMLInputElement),
    passwordPart: element('room-password-part', HTMLElement),
    password: element('room-password', HTMLInputElement),
    problem: element('new-problem', HTMLElement),
    submit: element('new-submit', HTMLButtonElement),
    invitation: element('invitation', HTMLElement),
    name: element('invitation-name', HTMLElement),
    time: element('invitation-when', HTMLElement),
    code: element('invitation-code', HTMLElement),
    links: element('invitation-links', HTMLElement),
    open: element('invitation-open', HTMLAnchorElement),
    own: element('own-rooms', HTMLElement),
    ownList: element('own-rooms-list', HTMLElement),
};

/** The same for as long as the form says the same, so that a room is made once however often it is sent. */
let key = onlyOnce();
let isMade = false;

function visibility() {
    const chosen = new FormData(nodes.form).get('visibility');
    return chosen === 'public' || chosen === 'password' ? chosen : 'link';
}

function showSession() {
    const isIn = Boolean(session.account);
    nodes.logInFirst.hidden = isMade || session.account !== null;
    nodes.form.hidden = isMade || !isIn;
    nodes.own.hidden = true;
    if (isIn && !isMade) void listOwn();
}

/** The rooms that the viewer has already. */
async function listOwn() {
    try {
        /** @type {{ rooms: Room[] }} */
        const { rooms } = await ask('GET', '/v1/me/rooms?limit=20');
        if (isMade || !session.account) return;
        nodes.own.hidden = rooms.length === 0;
        nodes.ownList.replaceChildren(...rooms.map(({ runID, name, when, visibility }) => {
            const link = document.createElement('a');
            link.className = 'room-link';
            link.href = `/r/${encodeURIComponent(runID)}`;
            const title = document.createElement('span');
            title.className = 'room-name';
            title.append(nameNode(name));
            const about = document.createElement('span');
            about.className = 'room-count';
            about.textContent = [word(`new.${visibility}`), when ? dateTime(when) : ''].filter(Boolean).join(' · ');
            link.append(title, about);
            const item = document.createElement('li');
            item.append(link);
            return item;
        }));
    } catch {
        // The form is what people come for.
    }
}

async function make() {
    nodes.submit.disabled = true;
    nodes.problem.hidden = true;
    try {
        const kind = visibility();
        const when = nodes.when.value ? new Date(nodes.when.value).getTime() : NaN;
        /** @type {Room} */
        const room = await ask('POST', '/v1/rooms', {
            name: nodes.title.value.trim(), visibility: kind,
            ...Number.isFinite(when) ? { when } : {},
            ...kind === 'password' ? { password: nodes.password.value } : {},
        }, key);
        const page = `${location.origin}/r/${encodeURIComponent(room.runID)}`;
        const [runner, spectator] = await Promise.all([
            makeLink(room.runID, { role: 'runner', label: word('new.runLabel') }),
            // Who may open it anyway needs no link.
            kind === 'public' ? null : makeLink(room.runID, { role: 'spectator', label: word('new.watchLabel') }),
        ]);
        show(room, runner.url ?? page, spectator?.url ?? page);
    } catch (error) {
        nodes.problem.textContent = error instanceof Refused ? error.message : String(error);
        nodes.problem.hidden = false;
        if (error instanceof Refused && error.status !== 0) key = onlyOnce();
    } finally {
        nodes.submit.disabled = false;
    }
}

/** @param {Room} room @param {string} runner @param {string} spectator Addresses. */
function show(room, runner, spectator) {
    isMade = true;
    showSession();
    nodes.heading.hidden = true;
    nodes.name.textContent = room.name;
    nodes.time.hidden = room.when === null;
    if (room.when !== null) nodes.time.textContent = dateTime(room.when);
    const code = document.createElement('b');
    code.textContent = room.runID;
    nodes.code.replaceChildren(...sentence(word('new.code'), { code }));
    nodes.links.replaceChildren(
        linkCard(runner, { heading: word('new.run'), text: word('new.runText'), level: 'h2' }),
        linkCard(spectator, { heading: word('new.watch'), text: word('new.watchText'), level: 'h2' }));
    nodes.open.href = `/r/${encodeURIComponent(room.runID)}`;
    document.title = `${room.name} · RunRoom`;
    nodes.invitation.hidden = false;
    nodes.invitation.focus();
    window.scrollTo(0, 0);
}

nodes.form.addEventListener('change', () => {
    const needsPassword = visibility() === 'password';
    nodes.passwordPart.hidden = !needsPassword;
    nodes.password.required = needsPassword;
});
nodes.form.addEventListener('input', () => { key = onlyOnce(); });
nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void make();
});
element('invitation-print', HTMLButtonElement).addEventListener('click', () => window.print());
element('register', HTMLButtonElement).addEventListener('click', () => openAccountDialog('register'));
element('log-in-here', HTMLButtonElement).addEventListener('click', () => openAccountDialog('logIn'));
session.addEventListener('change', showSession);
