/**
 * The backups that the server makes of itself, on the administrators' page: when, how large, and one now.
 *
 * @module admin-backups
 */
import { complain } from './admin-list.js';
import { bytes, dateTime, sentence } from './format.js';
import { call } from './house.js';
import { element, tell, word } from './page.js';

/** @typedef {{ name: string, bytes: number, madeAt: number }} Backup */
/**
 * @typedef {object} Backups
 * @property {boolean} isOn
 * @property {Backup[]} backups
 * @property {number} everySeconds
 * @property {number} kept
 * @property {boolean} isRunning
 * @property {number | null} next
 * @property {string | null} failure
 */

/** Milliseconds until one that is being made is looked for again. */
const SOON = 1000;

const nodes = {
    text: element('backups-text', HTMLElement),
    list: element('backups', HTMLElement),
    now: element('backup-now', HTMLButtonElement),
    told: element('backups-told', HTMLElement),
};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Whether one was being made when it was looked last. */
let wasRunning = false;

nodes.now.addEventListener('click', async () => {
    const answer = await call('POST', '/v1/admin/backups');
    if (!answer.ok) return complain(nodes.told, answer);
    tell(nodes.told, word('admin.backupBegun'));
    show(answer.told);
});

/** Shows them as they are now, and goes on while one is being made. */
export async function showBackups() {
    const answer = await call('GET', '/v1/admin/backups');
    if (answer.ok) show(answer.told);
    else complain(nodes.told, answer);
}

/** Looks no more. */
export function hideBackups() { clearTimeout(timer); }

/** @param {Backups} told */
function show({ isOn, backups, everySeconds, kept, isRunning, next, failure }) {
    nodes.now.hidden = !isOn;
    nodes.now.disabled = isRunning;
    nodes.text.replaceChildren(...isOn
        ? everySeconds > 0
            ? sentence(word('admin.backupsText'), { hours: String(everySeconds / 3600), count: String(kept) })
            : sentence(word('admin.backupsByHand'), { count: String(kept) })
        : [word('admin.backupsOff')]);
    if (isOn && next !== null && !isRunning) {
        nodes.text.append(' ', ...sentence(word('admin.backupNext'), { time: dateTime(next) }));
    }
    nodes.list.replaceChildren(...backups.map(({ name, bytes: size, madeAt }) => {
        const item = document.createElement('li');
        const time = document.createElement('strong');
        time.textContent = dateTime(madeAt);
        const about = document.createElement('span');
        about.className = 'hint';
        about.textContent = `${name}, ${bytes(size)}`;
        item.append(time, ' ', about);
        return item;
    }));
    if (failure !== null && !isRunning) tell(nodes.told, failure, true);
    else if (wasRunning && !isRunning) tell(nodes.told, word('admin.backupMade'));
    wasRunning = isRunning;
    clearTimeout(timer);
    if (isRunning) timer = setTimeout(() => void showBackups(), SOON);
}
