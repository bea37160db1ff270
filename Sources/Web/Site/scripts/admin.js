/**
 * The administrators' page: rooms, people, reports, the server and the audit log, one at a time.
 *
 * @module admin
 */
import { isAdministrator, openAccountDialog, session } from './account.js';
import { hideBackups, showBackups } from './admin-backups.js';
import { showLog } from './admin-log.js';
import { showPeople } from './admin-people.js';
import { showReports } from './admin-reports.js';
import { showRooms } from './admin-rooms.js';
import { hideServer, showServer } from './admin-server.js';
import { element, word } from './page.js';

/** @type {Record<string, () => Promise<void>>} */
const SHOW = {
    rooms: showRooms, people: showPeople, reports: showReports, log: showLog,
    server: async () => { await Promise.all([showServer(), showBackups()]); },
};

const nodes = {
    nobody: element('nobody', HTMLElement),
    nobodyText: element('nobody-text', HTMLElement),
    logInHere: element('log-in-here', HTMLButtonElement),
    desk: element('desk', HTMLElement),
};
const tabs = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('button[data-tab]'));

/** What the address names, so that it can be kept and sent. */
function chosen() {
    const name = location.hash.slice(1);
    return Object.hasOwn(SHOW, name) ? name : 'rooms';
}

function show() {
    const { account } = session;
    const isThere = isAdministrator(account);
    nodes.desk.hidden = !isThere;
    nodes.nobody.hidden = isThere || account === undefined;
    nodes.nobodyText.textContent = word(account ? 'admin.notYours' : 'admin.nobody');
    nodes.logInHere.hidden = Boolean(account);
    hideServer();
    hideBackups();
    if (!isThere) return;
    const name = chosen();
    for (const tab of tabs) {
        tab.setAttribute('aria-pressed', String(tab.dataset.tab === name));
        if (tab.dataset.tab === name) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
    for (const other of Object.keys(SHOW)) element(other, HTMLElement).hidden = other !== name;
    void SHOW[name]();
}

for (const tab of tabs) {
    tab.addEventListener('click', () => {
        if (chosen() === tab.dataset.tab) show();
        else location.hash = tab.dataset.tab ?? '';
    });
}
window.addEventListener('hashchange', show);
nodes.logInHere.addEventListener('click', () => openAccountDialog('logIn'));
session.addEventListener('change', show);
