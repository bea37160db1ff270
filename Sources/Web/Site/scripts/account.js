/**
 * Who is logged in, in the bar of every page, and the dialog in which people log in or register. The login is a cookie
 * that no script can read: what is known of it is what the server answers.
 *
 * @module account
 */
import { element, word } from './page.js';

/** @typedef {{ id: string, name: string, nickname: string, picture: string }} Account */

/** Milliseconds until a server that did not answer is asked again. */
const AGAIN = 2000;

class Session extends EventTarget {
    /**
     * Null for nobody, undefined until that is known.
     *
     * @type {Account | null | undefined}
     */
    account = undefined;
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
            await new Promise(resolve => setTimeout(resolve, AGAIN));
        }
    }

    /** @param {Account | null} account */
    become(account) {
        this.account = account;
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

/** The server said no; the message is for people. */
export class Refused extends Error {
    /** @param {number} status @param {string} code @param {string} message */
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
 * @returns {Promise<any>} What it answers; null for nothing. Throws {@link Refused}, or TypeError without a connection.
 */
export async function ask(method, path, body, headers = {}) {
    const answer = await fetch(path, {
        method, headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
        ...body ? { body: JSON.stringify(body) } : {},
    });
    if (answer.status === 204) return null;
    const told = await answer.json();
    if (answer.ok) return told;
    if (answer.status === 401 && session.account) session.become(null);
    throw new Refused(answer.status, told.code, word(`problem.${told.code}`, told.detail));
}

function show() {
    const { account } = session;
    nodes.logIn.hidden = account !== null;
    nodes.button.hidden = !account;
    if (!account) return;
    const name = account.nickname || account.name;
    nodes.name.textContent = name;
    nodes.button.setAttribute('aria-label', `${word('account')}: ${name}`);
    const initial = nodes.button.firstElementChild;
    // The first of what people see as letters, whatever they are made of.
    if (initial) initial.textContent = [...new Intl.Segmenter().segment(name)][0]?.segment.toUpperCase() ?? '?';
}

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
    try {
        const answer = await fetch(isNew ? '/v1/accounts' : '/v1/session', {
            method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({
                name: nodes.username.value.trim(), password: nodes.password.value, cookie: true,
                ...isNew && nodes.nickname.value.trim() ? { nickname: nodes.nickname.value.trim() } : {},
            }),
        });
        const told = await answer.json();
        if (answer.ok) {
            nodes.form.reset();
            nodes.dialog.close();
            session.become(told.account);
            return;
        }
        const known = ['wrong_password', 'account_disabled', 'name_taken', 'too_many_requests'].includes(told.code);
        complain(known ? word(`problem.${told.code}`) : told.detail);
    } catch {
        complain(word('problem.network'));
    } finally {
        nodes.submit.disabled = false;
    }
}

/** @param {string} sentence */
function complain(sentence) {
    nodes.wrong.textContent = sentence;
    nodes.wrong.hidden = false;
    nodes.password.select();
}

async function logOut() {
    nodes.menu.hidePopover();
    try {
        await fetch('/v1/session', { method: 'DELETE' });
    } catch {
        return;
    }
    session.become(null);
}

nodes.logIn.addEventListener('click', () => openAccountDialog('logIn'));
nodes.other.addEventListener('click', () =>
    openAccountDialog(nodes.dialog.dataset.mode === 'register' ? 'logIn' : 'register'));
nodes.cancel.addEventListener('click', () => nodes.dialog.close());
nodes.logOut.addEventListener('click', logOut);
nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void submit();
});
