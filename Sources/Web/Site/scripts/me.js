/**
 * One's own account: what others see of it, how one logs in, and all that is one's own, to take along or to delete.
 *
 * @module me
 */
import { openAccountDialog, session } from './account.js';
import { Confidants } from './confidants.js';
import { Devices } from './devices.js';
import { sentence } from './format.js';
import { call, here, trouble } from './house.js';
import { Logins } from './logins.js';
import { element, tell, word } from './page.js';
import { Zones } from './zones.js';

/** @typedef {import('./house.js').Answer} Answer */

const nodes = {
    nobody: element('nobody', HTMLElement),
    logInHere: element('log-in-here', HTMLButtonElement),
    mine: element('mine', HTMLElement),
    guest: element('guest', HTMLElement),
    picture: element('picture', HTMLImageElement),
    pictureFile: element('picture-file', HTMLInputElement),
    pictureTold: element('picture-told', HTMLElement),
    profileForm: element('profile-form', HTMLFormElement),
    nickname: element('nickname', HTMLInputElement),
    username: element('username', HTMLInputElement),
    sign: element('sign', HTMLInputElement),
    showsName: element('shows-name', HTMLInputElement),
    isListed: element('is-listed', HTMLInputElement),
    profileTold: element('profile-told', HTMLElement),
    passwordText: element('password-text', HTMLElement),
    passwordForm: element('password-form', HTMLFormElement),
    passwordOwner: element('password-owner', HTMLInputElement),
    present: element('present', HTMLElement),
    oldPassword: element('old-password', HTMLInputElement),
    newPassword: element('new-password', HTMLInputElement),
    passwordTold: element('password-told', HTMLElement),
    mailNow: element('mail-now', HTMLElement),
    mailForm: element('mail-form', HTMLFormElement),
    mail: element('mail', HTMLInputElement),
    mailProof: element('mail-proof', HTMLElement),
    mailCode: element('mail-code', HTMLInputElement),
    mailPassword: element('mail-password', HTMLInputElement),
    mailSection: element('mail-section', HTMLElement),
    mailTold: element('mail-told', HTMLElement),
    mailSubmit: element('mail-submit', HTMLButtonElement),
    leave: element('leave', HTMLButtonElement),
    leaveDialog: element('leave-dialog', HTMLDialogElement),
    leaveForm: element('leave-form', HTMLFormElement),
    leaveProof: element('leave-proof', HTMLElement),
    leavePassword: element('leave-password', HTMLInputElement),
    leaveWrong: element('leave-wrong', HTMLElement),
    leaveCancel: element('leave-cancel', HTMLButtonElement),
};

const logins = new Logins();
const devices = new Devices();
const zones = new Zones();
const confidants = new Confidants();
/** For changing only what was seen. */
let tag = '*';
let isGuest = false;
/** The address to which a code is under way; empty for none. */
let proving = '';

/** @param {Answer} answer To what asked for the account's password, rather than a login's. */
function refusal(answer) {
    return answer.told.code === 'wrong_password' ? word('mine.wrongPassword') : trouble(answer);
}

async function load() {
    const answer = await call('GET', '/v1/me');
    if (answer.ok) show(answer);
    // A login that has ended meanwhile.
    else if (answer.status === 401) session.become(null);
    else tell(nodes.profileTold, trouble(answer), true);
}

/** @param {Answer} answer With the account. */
function show({ told: account, tag: newTag }) {
    tag = newTag ?? '*';
    isGuest = account.isGuest;
    nodes.guest.hidden = !isGuest;
    // Its address stays, whatever picture is behind it.
    nodes.picture.src = `${here(account.picture)}?${encodeURIComponent(tag)}`;
    nodes.nickname.value = account.nickname;
    nodes.username.value = nodes.passwordOwner.value = account.name;
    nodes.sign.value = account.sign ?? '';
    nodes.showsName.checked = account.showsName;
    nodes.isListed.checked = account.isListed;
    nodes.passwordText.textContent = word(isGuest ? 'mine.passwordGuest' : 'mine.passwordText');
    nodes.present.hidden = nodes.leaveProof.hidden = nodes.mailSection.hidden = isGuest;
    nodes.oldPassword.required = nodes.leavePassword.required = !isGuest;
    nodes.mailNow.textContent = account.email
        ? sentence(word('mine.mailNow'), { address: account.email }).join('') : word('mine.noMail');
}

/** @param {Answer} answer With the account. */
function take(answer) {
    show(answer);
    session.become(answer.told);
}

async function saveProfile() {
    const answer = await call('PATCH', '/v1/me', {
        name: nodes.username.value.trim(), nickname: nodes.nickname.value.trim(), sign: nodes.sign.value.trim(),
        showsName: nodes.showsName.checked, isListed: nodes.isListed.checked,
    }, { 'If-Match': tag });
    if (answer.ok) take(answer);
    tell(nodes.profileTold, answer.ok ? word('mine.saved') : trouble(answer), !answer.ok);
    // What it is now is shown with why it was not changed.
    if (answer.status === 412) await load();
}

async function setPicture() {
    const file = nodes.pictureFile.files?.[0];
    if (!file) return;
    const form = new FormData();
    form.append('picture', file);
    tell(nodes.pictureTold, word('mine.sending'));
    const answer = await call('PUT', '/v1/me/picture', form);
    nodes.pictureFile.value = '';
    if (answer.ok) take(answer);
    tell(nodes.pictureTold, answer.ok ? word('mine.saved') : trouble(answer), !answer.ok);
}

async function setPassword() {
    const password = nodes.newPassword.value, wasGuest = isGuest;
    const answer = await call('PUT', '/v1/me/password', {
        newPassword: password, ...wasGuest ? {} : { password: nodes.oldPassword.value },
    });
    if (!answer.ok) return tell(nodes.passwordTold, refusal(answer), true);
    nodes.passwordForm.reset();
    if (!wasGuest) {
        // All logins have ended, this one with them.
        const again = await call('POST', '/v1/session', { name: nodes.username.value, password, cookie: true });
        if (!again.ok) return session.become(null);
    }
    tell(nodes.passwordTold, word(wasGuest ? 'mine.whole' : 'mine.passwordSet'));
    await load();
    await logins.load();
}

async function setMail() {
    const address = nodes.mail.value.trim();
    if (proving !== address) {
        const answer = await call('POST', '/v1/me/email/code', { email: address });
        if (!answer.ok) return tell(nodes.mailTold, trouble(answer), true);
        prove(address);
        tell(nodes.mailTold, sentence(word('mine.codeSent'), { address }).join(''));
        nodes.mailCode.focus();
        return;
    }
    const answer = await call('PUT', '/v1/me/email', {
        email: address, code: nodes.mailCode.value.trim(), password: nodes.mailPassword.value,
    });
    if (!answer.ok) return tell(nodes.mailTold, refusal(answer), true);
    nodes.mailForm.reset();
    prove('');
    take(answer);
    tell(nodes.mailTold, word('mine.saved'));
}

/** @param {string} address */
function prove(address) {
    proving = address;
    nodes.mailProof.hidden = !address;
    nodes.mailCode.required = nodes.mailPassword.required = Boolean(address);
    nodes.mailSubmit.textContent = word(address ? 'mine.save' : 'mine.sendCode');
}

async function leave() {
    nodes.leaveWrong.hidden = true;
    const answer = await call('DELETE', '/v1/me', isGuest ? {} : { password: nodes.leavePassword.value });
    if (answer.ok) return location.assign('/');
    nodes.leaveWrong.textContent = refusal(answer);
    nodes.leaveWrong.hidden = false;
    nodes.leavePassword.select();
}

/** @param {HTMLFormElement} form @param {() => Promise<unknown>} act */
function whenSubmitted(form, act) {
    let isBusy = false;
    form.addEventListener('submit', async event => {
        event.preventDefault();
        if (isBusy) return;
        isBusy = true;
        form.setAttribute('aria-busy', 'true');
        await act();
        isBusy = false;
        form.removeAttribute('aria-busy');
    });
}

/** @type {string | null | undefined} Whose account is shown; null for nobody's. */
let shownID;
function look() {
    const id = session.account === undefined ? undefined : session.account?.id ?? null;
    nodes.nobody.hidden = id !== null;
    nodes.mine.hidden = !id;
    if (id === shownID) return;
    shownID = id;
    if (!id) return;
    void load();
    void logins.load();
    void devices.load();
    void zones.load();
    void confidants.load();
}

session.addEventListener('change', look);
nodes.logInHere.addEventListener('click', () => openAccountDialog('logIn'));
nodes.pictureFile.addEventListener('change', () => void setPicture());
nodes.mail.addEventListener('input', () => {
    if (proving && nodes.mail.value.trim() !== proving) prove('');
});
nodes.leave.addEventListener('click', () => {
    nodes.leaveForm.reset();
    nodes.leaveWrong.hidden = true;
    nodes.leaveDialog.showModal();
    (isGuest ? nodes.leaveCancel : nodes.leavePassword).focus();
});
nodes.leaveCancel.addEventListener('click', () => nodes.leaveDialog.close());
whenSubmitted(nodes.profileForm, saveProfile);
whenSubmitted(nodes.passwordForm, setPassword);
whenSubmitted(nodes.mailForm, setMail);
whenSubmitted(nodes.leaveForm, leave);
look();
