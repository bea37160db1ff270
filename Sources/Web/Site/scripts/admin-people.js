/**
 * People, on the administrators' page: found by name, and looked after one by one in a dialog.
 *
 * @module admin-people
 */
import { session } from './account.js';
import { AdminList, badge, complain, entry } from './admin-list.js';
import { confirmed } from './confirm.js';
import { bytes, date, dateTime, nameNode } from './format.js';
import { call } from './house.js';
import { element, makeButton, tell, word } from './page.js';

/** @typedef {{ id: string, number: number, name: string, nickname: string, role: string, email: string | null, isGuest: boolean, createdAt: number, disabledAt: number | null }} Person */
/** @typedef {Person & { keptBytes: number, logins: number }} Sheet */

/** In growing order. */
const ROLES = ['user', 'auditor', 'admin', 'root'];

const nodes = {
    form: element('people-form', HTMLFormElement),
    search: element('people-search', HTMLInputElement),
    dialog: element('person', HTMLDialogElement),
    name: element('person-name', HTMLElement),
    facts: element('person-facts', HTMLElement),
    rolePart: element('person-role-part', HTMLElement),
    role: element('person-role', HTMLSelectElement),
    give: element('person-give', HTMLButtonElement),
    told: element('person-told', HTMLElement),
    password: element('person-password', HTMLElement),
    passwordText: element('person-password-text', HTMLElement),
    actions: element('person-actions', HTMLElement),
    disable: element('person-disable', HTMLButtonElement),
    reset: element('person-reset', HTMLButtonElement),
    end: element('person-end', HTMLButtonElement),
    delete: element('person-delete', HTMLButtonElement),
    close: element('person-close', HTMLButtonElement),
};

/** @type {AdminList<Person>} */
const list = new AdminList('people', 'people', row);
/** @type {{ sheet: Sheet, tag: string } | null} Who is in the dialog. */
let open = null;
/** Whether the list shows what is no longer so. */
let isStale = false;

/** Shows the people that are looked for. */
export function showPeople() {
    isStale = false;
    const search = nodes.search.value.trim();
    return list.load(`/v1/admin/people?limit=50${search ? `&search=${encodeURIComponent(search)}` : ''}`);
}

/** @param {Person} person */
function row(person) {
    const marks = [];
    if (person.role !== 'user') marks.push(badge(word(`admin.role.${person.role}`), 'role'));
    if (person.disabledAt !== null) marks.push(badge(word('admin.disabled'), 'alert'));
    if (person.isGuest) marks.push(badge(word('admin.guest')));
    return entry({
        title: [nameNode(person.nickname || person.name), ...marks],
        about: [[nameNode(person.name), ...person.email ? [' · ', nameNode(person.email)] : []]],
        actions: [makeButton(word('admin.manage'), () => void show(person.id), { of: person.nickname || person.name })],
    });
}

/** @param {string} id */
async function show(id) {
    const answer = await call('GET', `/v1/admin/people/${id}`);
    if (!answer.ok) return list.complain(answer);
    nodes.password.hidden = true;
    tell(nodes.told, '');
    take(answer.told, answer.tag);
    nodes.dialog.showModal();
}

/** @param {Sheet} sheet @param {string | null} tag */
function take(sheet, tag) {
    open = { sheet, tag: tag ?? '*' };
    nodes.name.replaceChildren(nameNode(sheet.nickname || sheet.name));
    nodes.facts.replaceChildren(...[
        [word('accountName'), nameNode(sheet.name)],
        [word('admin.number'), String(sheet.number)],
        [word('mine.mail'), sheet.email ?? '–'],
        [word('admin.since'), date(sheet.createdAt)],
        [word('admin.role'), word(`admin.role.${sheet.role}`)],
        [word('admin.state'), sheet.disabledAt === null
            ? word('admin.active') : `${word('admin.disabled')}, ${dateTime(sheet.disabledAt)}`],
        [word('admin.loginCount'), String(sheet.logins)],
        [word('admin.keeps'), bytes(sheet.keptBytes)],
    ].flatMap(([name, value]) => {
        const term = document.createElement('dt');
        term.append(name);
        const description = document.createElement('dd');
        description.append(value);
        return [term, description];
    }));
    const me = session.account;
    const isSelf = me?.id === sheet.id;
    const isBelow = ROLES.indexOf(sheet.role) < ROLES.indexOf(me?.role ?? '');
    nodes.rolePart.hidden = isSelf || me?.role !== 'root';
    nodes.role.replaceChildren(...ROLES.map(role =>
        new Option(word(`admin.role.${role}`), role, false, role === sheet.role)));
    nodes.actions.hidden = isSelf || !isBelow;
    nodes.disable.textContent = word(sheet.disabledAt === null ? 'admin.disable' : 'admin.enable');
}

/**
 * Does something to who is in the dialog.
 *
 * @param {string} method
 * @param {string} path Behind the person's own.
 * @param {string} done What to say then.
 * @param {object} [body]
 * @returns {Promise<any>} What was answered; undefined where it was refused.
 */
async function change(method, path, done, body) {
    if (!open) return undefined;
    const base = `/v1/admin/people/${open.sheet.id}`;
    const answer = await call(method, base + path, body, method === 'PATCH' ? { 'If-Match': open.tag } : {});
    if (!answer.ok) {
        complain(nodes.told, answer);
        return undefined;
    }
    isStale = true;
    const now = method === 'PATCH' ? answer : await call('GET', base);
    if (now.ok) take(now.told, now.tag);
    tell(nodes.told, word(done));
    return answer.told;
}

nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void showPeople();
});
nodes.close.addEventListener('click', () => nodes.dialog.close());
nodes.dialog.addEventListener('close', () => {
    // What is told once is not left lying about.
    nodes.passwordText.textContent = '';
    open = null;
    if (isStale) void showPeople();
});
nodes.give.addEventListener('click', () => void change('PATCH', '', 'admin.roleGiven', { role: nodes.role.value }));
nodes.disable.addEventListener('click', async () => {
    if (!open) return;
    const isDisabled = open.sheet.disabledAt === null;
    const isSure = !isDisabled || await confirmed({
        heading: word('admin.disableHeading'), text: word('admin.disableText'), yes: word('admin.disable'),
    });
    if (isSure) await change('PATCH', '', isDisabled ? 'admin.isDisabled' : 'admin.isEnabled', { isDisabled });
});
nodes.reset.addEventListener('click', async () => {
    const isSure = await confirmed({
        heading: word('admin.resetHeading'), text: word('admin.resetText'), yes: word('admin.newPassword'),
    });
    if (!isSure) return;
    const told = await change('POST', '/password', 'admin.passwordGiven');
    if (!told) return;
    nodes.passwordText.textContent = told.password;
    nodes.password.hidden = false;
});
nodes.end.addEventListener('click', () => void change('DELETE', '/sessions', 'admin.loginsEnded'));
nodes.delete.addEventListener('click', async () => {
    const isSure = await confirmed({
        heading: word('admin.deleteHeading'), text: word('admin.deleteText'), yes: word('admin.deletePerson'),
    });
    if (!isSure || !open) return;
    const answer = await call('DELETE', `/v1/admin/people/${open.sheet.id}`);
    if (!answer.ok && answer.status !== 404) return complain(nodes.told, answer);
    isStale = true;
    nodes.dialog.close();
});
