/**
 * The dialog in which somebody reports what is amiss: a post, a comment, a room, or somebody's name.
 *
 * @module report
 */
import { openAccountDialog, session } from './account.js';
import { call, trouble } from './house.js';
import { element, word } from './page.js';

/** @typedef {{ label: string, path: string }} Subject What may be reported, and the address of its reports. */

const nodes = {
    dialog: element('report-dialog', HTMLDialogElement),
    form: element('report-form', HTMLFormElement),
    subjectPart: element('report-subject-part', HTMLElement),
    subject: element('report-subject', HTMLSelectElement),
    reason: element('report-reason', HTMLSelectElement),
    note: element('report-note', HTMLTextAreaElement),
    wrong: element('report-wrong', HTMLElement),
    cancel: element('report-cancel', HTMLButtonElement),
    submit: element('report-submit', HTMLButtonElement),
};

/** @type {() => void} */
let onSent = () => {};
/** @type {Record<string, string>} */
let headers = {};

/**
 * Opens the dialog; for who is logged in, which it asks for first.
 *
 * @param {Subject[]} subjects One at least; of several one is chosen.
 * @param {() => void} sent Is called when the report is with the administrators.
 * @param {Record<string, string>} [opening] What opens the room that is reported.
 */
export function openReport(subjects, sent, opening = {}) {
    if (!session.account) return openAccountDialog('logIn');
    [onSent, headers] = [sent, opening];
    nodes.form.reset();
    nodes.wrong.hidden = true;
    nodes.subjectPart.hidden = subjects.length < 2;
    nodes.subject.replaceChildren(...subjects.map(({ label, path }) => new Option(label, path)));
    nodes.dialog.showModal();
}

/** @param {string} name @returns {string} Where somebody's name is reported. */
export function personPath(name) { return `/v1/people/${encodeURIComponent(name)}/report`; }

async function send() {
    nodes.submit.disabled = true;
    const note = nodes.note.value.trim();
    const answer = await call('POST', nodes.subject.value, {
        reason: nodes.reason.value, ...note ? { note } : {},
    }, headers);
    nodes.submit.disabled = false;
    if (answer.ok) {
        nodes.dialog.close();
        onSent();
        return;
    }
    nodes.wrong.textContent = trouble(answer);
    nodes.wrong.hidden = false;
}

/**
 * Has the button say that the report has been sent, of which one is enough.
 *
 * @param {HTMLButtonElement} button
 */
export function thank(button) {
    button.disabled = true;
    button.textContent = word('report.sent');
}

nodes.cancel.addEventListener('click', () => nodes.dialog.close());
nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void send();
});
