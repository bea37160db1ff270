/**
 * The dialog that takes runs in from files: several at once, some at a time, with an answer for each.
 *
 * @module import
 */
import { nameNode, sentence } from './format.js';
import { call, onlyOnce, trouble } from './house.js';
import { element, word } from './page.js';

/** What the server takes, so that nobody uploads in vain: files, and bytes of all of them, in one request. */
const FILES = 8, BYTES = 8 << 20, MOST = 64 << 20;
/** So many answers are shown; of a whole export of another service the others are counted. */
const SHOWN = 500;
/** Milliseconds until a server that is busy is asked again, and how often. */
const AGAIN = 5000, TRIES = 24;

const nodes = {
    dialog: element('import-dialog', HTMLDialogElement),
    zone: element('import-zone', HTMLElement),
    files: element('import-files', HTMLInputElement),
    progress: element('import-progress', HTMLProgressElement),
    told: element('import-told', HTMLElement),
    list: element('import-list', HTMLElement),
    close: element('import-close', HTMLButtonElement),
};

/** @typedef {{ name: string, outcome: 'created' | 'duplicate' | 'refused', id?: string, reason?: string, code?: string }} FileAnswer */

/** @type {{ file: File, row: HTMLElement }[]} Files that are not sent yet. */
let waiting = [];
let isSending = false;
const count = { created: 0, duplicate: 0, refused: 0 };
/** How many files were given, and how many are done. */
let given = 0, done = 0;
/** @type {() => void} */
let whenClosed = () => {};

/** @param {() => void} changed Is called when there are new runs and the dialog is closed. */
export function openImport(changed) {
    whenClosed = changed;
    if (nodes.dialog.open) return;
    if (!isSending) {
        [given, done, count.created, count.duplicate, count.refused] = [0, 0, 0, 0, 0];
        nodes.list.replaceChildren();
        show();
    }
    nodes.dialog.showModal();
}

/** @param {Iterable<File>} files */
function take(files) {
    for (const file of files) {
        const row = line(file.name, word('import.waiting'));
        waiting.push({ file, row });
        given += 1;
        if (nodes.list.children.length < SHOWN) nodes.list.append(row);
    }
    show();
    void send();
}

async function send() {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) {
        const batch = next();
        for (const { row } of batch) tell(row, word('import.sending'));
        show();
        const answers = await sendBatch(batch.map(({ file }) => file));
        const rows = answers.map(answer => {
            count[answer.outcome] += 1;
            return line(answer.name, ...outcome(answer));
        });
        // In the place of what was waiting, as far as there is room.
        const room = SHOWN - nodes.list.children.length + batch.filter(({ row }) => row.isConnected).length;
        batch.find(({ row }) => row.isConnected)?.row.before(...rows.slice(0, Math.max(0, room)));
        for (const { row } of batch) row.remove();
        done += batch.length;
        show();
    }
    isSending = false;
    show();
    if (!nodes.dialog.open) tellOfNew();
}

function tellOfNew() {
    if (count.created > 0) whenClosed();
}

/** The files that go next: one that is large by itself. */
function next() {
    const batch = waiting.slice(0, 1);
    let bytes = batch[0].file.size;
    for (const other of waiting.slice(1, FILES)) {
        bytes += other.file.size;
        if (bytes > BYTES) break;
        batch.push(other);
    }
    waiting = waiting.slice(batch.length);
    return batch;
}

/** @param {File[]} files @returns {Promise<FileAnswer[]>} */
async function sendBatch(files) {
    if (files[0].size > MOST) return refused(files, 'upload_too_large', word('import.upload_too_large'));
    const form = new FormData();
    for (const file of files) form.append('file', file);
    const key = onlyOnce();
    for (let tries = 1; ; tries += 1) {
        const answer = await call('POST', '/v1/runs', form, key);
        if (answer.ok) return answer.told.files;
        if (![0, 409, 429, 503].includes(answer.status) || tries === TRIES) {
            return refused(files, answer.told.code ?? '', trouble(answer));
        }
        await new Promise(resolve => setTimeout(resolve, AGAIN));
    }
}

/** @param {File[]} files @param {string} code @param {string} reason @returns {FileAnswer[]} */
function refused(files, code, reason) {
    return files.map(({ name }) => ({ name, outcome: 'refused', code, reason }));
}

/** @param {FileAnswer} answer @returns {[text: string, id: string | undefined, isWrong: boolean]} */
function outcome({ outcome, id, reason, code }) {
    if (outcome === 'refused') return [word(`import.${code}`, reason), undefined, true];
    return [word(`import.${outcome}`), id, false];
}

/** @param {string} name @param {string} text @param {string} [id] Of a run. @param {boolean} [isWrong] */
function line(name, text, id, isWrong = false) {
    const row = document.createElement('li');
    const what = document.createElement('span');
    what.className = 'import-name';
    what.append(nameNode(name || '–'));
    const told = document.createElement(id ? 'a' : 'span');
    told.className = 'import-outcome';
    if (told instanceof HTMLAnchorElement) told.href = `/runs/${id}`;
    told.dataset.wrong = String(isWrong);
    told.textContent = text;
    row.append(what, told);
    return row;
}

/** @param {HTMLElement} row @param {string} text */
function tell(row, text) {
    const told = row.querySelector('.import-outcome');
    if (told) told.textContent = text;
}

function show() {
    nodes.progress.hidden = nodes.list.hidden = given === 0;
    nodes.progress.max = Math.max(1, given);
    nodes.progress.value = done;
    const { created, duplicate, refused } = count;
    nodes.told.textContent = given === 0 ? '' : sentence(word(isSending ? 'import.underWay' : 'import.done'), {
        done: String(done), given: String(given), created: String(created), duplicate: String(duplicate),
        refused: String(refused),
    }).join('');
}

nodes.files.addEventListener('change', () => {
    take([...nodes.files.files ?? []]);
    nodes.files.value = '';
});
nodes.close.addEventListener('click', () => nodes.dialog.close());
nodes.dialog.addEventListener('close', tellOfNew);
window.addEventListener('beforeunload', event => { if (isSending) event.preventDefault(); });
// What is let fall beside the dialog would be opened in place of the page.
for (const kind of ['dragenter', 'dragover']) {
    document.addEventListener(kind, event => {
        if (!(event instanceof DragEvent) || !event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        nodes.zone.dataset.over = 'true';
    });
}
document.addEventListener('dragleave', event => { if (event.relatedTarget === null) nodes.zone.dataset.over = 'false'; });
document.addEventListener('drop', event => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    nodes.zone.dataset.over = 'false';
    if (nodes.dialog.open) take([...event.dataTransfer.files]);
});
