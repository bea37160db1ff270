/**
 * The page that makes the first administrator, by the address that the server printed.
 *
 * @module setup
 */
import { session } from './account.js';
import { call, trouble } from './house.js';
import { element } from './page.js';

const nodes = {
    form: element('setup', HTMLFormElement),
    name: element('setup-name', HTMLInputElement),
    password: element('setup-password', HTMLInputElement),
    wrong: element('setup-wrong', HTMLElement),
    submit: element('setup-submit', HTMLButtonElement),
};

const code = new URLSearchParams(location.search).get('code') ?? '';
// What makes an administrator is left neither in the bar of the browser nor in its history.
history.replaceState(null, '', location.pathname);

async function submit() {
    nodes.submit.disabled = true;
    nodes.wrong.hidden = true;
    const answer = await call('POST', '/v1/admin/setup', {
        code, name: nodes.name.value.trim(), password: nodes.password.value, cookie: true,
    });
    nodes.submit.disabled = false;
    if (answer.ok) {
        session.become(answer.told.account);
        location.assign('/admin');
        return;
    }
    nodes.wrong.textContent = trouble(answer);
    nodes.wrong.hidden = false;
}

nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void submit();
});
