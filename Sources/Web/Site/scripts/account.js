/**
 * Who is logged in, in the bar of every page, and the dialog in which people log in or register. The login is a cookie
 * that no script can read: what is known of it is what the server answers.
 *
 * @module account
 */
import { Alarms } from './alarms.js';
import { call, trouble } from './house.js';
import { element, word } from './page.js';
import { attendShell } from './shell.js';

/** @typedef {{ id: string, name: string, nickname: string, picture: string, role: string }} Account */

/** Milliseconds until a server that did not answer is asked again. */
const AGAIN = 2000;

class Session extends EventTarget {
    /**
     * Null for nobody, undefined until that is known.
     *
     * @type {Account | null | undefined}
     */
    account = undefined;
    /** @type {(account: Account | null | undefined) => void} */ #hasTried = () => {};
    /**
     * Fulfilled when that was asked for the first time; with undefined where the server did not say.
     *
     * @type {Promise<Account | null | undefined>}
     */
    tried = new Promise(resolve => { this.#hasTried = resolve; });
    /** @type {Promise<Account | null>} Fulfilled when it is known for the first time. */
    ready = this.#ask();

    /** @returns {Promise<Account | null>} */
    async #ask() {
        for (;;) {
            try {
                const answer = await fetch('/v1/session');
                if (answer.ok) return this.become((await answer.json()).account);
            } catch {
                // The server is away; it is asked until it is back.
            }
            this.#hasTried(undefined);
            await new Promise(resolve => setTimeout(resolve, AGAIN));
        }
    }

    /** @param {Account | null} account */
    become(account) {
        this.account = account;
        this.#hasTried(account);
        alarms.isAsked = account !== null;
        show();
        this.dispatchEvent(new Event('change'));
        return account;
    }
}

const nodes = {
    logIn: element('log-in', HTMLButtonElement),
    button: element('account-button', HTMLButtonElement),
    menu: element('account-menu', HTMLElement),
    name: element('account-name', HTMLElement),
    logOut: element('log-out', HTMLButtonElement),
    admin: element('admin-link', HTMLAnchorElement),
    dialog: element('account-dialog', HTMLDialogElement),
    heading: element('account-heading', HTMLElement),
    form: element('account-form', HTMLFormElement),
    username: element('account-username', HTMLInputElement),
    password: element('account-password', HTMLInputElement),
    nickname: element('account-nickname', HTMLInputElement),
    wrong: element('account-wrong', HTMLElement),
    submit: element('account-submit', HTMLButtonElement),
    cancel: element('account-cancel', HTMLButtonElement),
    other: element('account-other', HTMLButtonElement),
    otherText: element('account-other-text', HTMLElement),
};

export const session = new Session();
/** What the viewer hears of calls for help. */
export const alarms = new Alarms();

/** The server said no, or nothing; the message is for people. */
export class Refused extends Error {
    /** @param {number} status 0 where nothing came. @param {string} code @param {string} message */
    constructor(status, code, message) {
        super(message);
        this.status = status;
        this.code = code;
    }
}

/**
 * Asks the server's own API.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} What it answers; null for nothing. Throws {@link Refused}.
 */
export async function ask(method, path, body, headers = {}) {
    const answer = await call(method, path, body, headers);
    const { ok, status, told } = answer;
    if (ok) return status === 204 ? null : told;
    if (status === 401 && session.account) session.become(null);
    throw new Refused(status, told.code ?? '', trouble(answer));
}

function show() {
    const { account } = session;
    nodes.logIn.hidden = account !== null;
    nodes.button.hidden = !account;
    nodes.admin.hidden = !isAdministrator(account);
    if (!account) return;
    const name = account.nickname || account.name;
    nodes.name.textContent = name;
    nodes.button.setAttribute('aria-label', `${word('account')}: ${name}`);
    const initial = nodes.button.firstElementChild;
    // The first of what people see as letters, whatever they are made of.
    if (initial) initial.textContent = [...new Intl.Segmenter().segment(name)][0]?.segment.toUpperCase() ?? '?';
}

/** @param {Account | null | undefined} account @returns {boolean} Whether what is kept from users is open to them. */
export function isAdministrator(account) { return account?.role === 'admin' || account?.role === 'root'; }

/** @param {'logIn' | 'register'} mode */
export function openAccountDialog(mode) {
    const isNew = mode === 'register';
    nodes.dialog.dataset.mode = mode;
    nodes.heading.textContent = nodes.submit.textContent = word(mode);
    nodes.otherText.textContent = word(isNew ? 'haveAccount' : 'noAccount');
    nodes.other.textContent = word(isNew ? 'logIn' : 'register');
    nodes.password.autocomplete = isNew ? 'new-password' : 'current-password';
    nodes.wrong.hidden = true;
    if (!nodes.dialog.open) nodes.dialog.showModal();
    nodes.username.focus();
}

async function submit() {
    const isNew = nodes.dialog.dataset.mode === 'register';
    nodes.submit.disabled = true;
    nodes.wrong.hidden = true;
    const answer = await call('POST', isNew ? '/v1/accounts' : '/v1/session', {
        name: nodes.username.value.trim(), password: nodes.password.value, cookie: true,
        ...isNew && nodes.nickname.value.trim() ? { nickname: nodes.nickname.value.trim() } : {},
    });
    nodes.submit.disabled = false;
    if (!answer.ok) return complain(trouble(answer));
    nodes.form.reset();
    nodes.dialog.close();
    session.become(answer.told.account);
}

/** @param {string} sentence */
function complain(sentence) {
    nodes.wrong.textContent = sentence;
    nodes.wrong.hidden = false;
    nodes.password.select();
}

async function logOut() {
    nodes.menu.hidePopover();
    // Without a connection the cookie is still there, and so is who has it.
    if ((await call('DELETE', '/v1/session')).status !== 0) session.become(null);
}

for (const link of document.querySelectorAll('.nav')) {
    if (link instanceof HTMLAnchorElement && link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
}
attendShell();
nodes.logIn.addEventListener('click', () => openAccountDialog('logIn'));
nodes.other.addEventListener('click', () =>
    openAccountDialog(nodes.dialog.dataset.mode === 'register' ? 'logIn' : 'register'));
nodes.cancel.addEventListener('click', () => nodes.dialog.close());
nodes.logOut.addEventListener('click', logOut);
nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void submit();
});
