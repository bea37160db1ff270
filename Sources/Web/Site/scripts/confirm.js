/**
 * A question before something that cannot be taken back.
 *
 * @module confirm
 */
import { word } from './page.js';

/**
 * @param {{ heading: string, text: string, yes: string }} question
 * @returns {Promise<boolean>} Whether it was answered with yes.
 */
export function confirmed({ heading, text, yes }) {
    const dialog = document.createElement('dialog');
    const title = document.createElement('h2');
    title.textContent = heading;
    title.id = 'confirm-heading';
    dialog.setAttribute('aria-labelledby', title.id);
    const sentence = document.createElement('p');
    sentence.textContent = text;
    const buttons = document.createElement('div');
    buttons.className = 'buttons';
    const no = button(word('cancel'), 'button');
    const confirm = button(yes, 'button danger');
    buttons.append(no, confirm);
    const form = document.createElement('form');
    form.method = 'dialog';
    form.append(title, sentence, buttons);
    dialog.append(form);
    document.body.append(dialog);
    return new Promise(resolve => {
        no.addEventListener('click', () => dialog.close());
        confirm.addEventListener('click', () => dialog.close('yes'));
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(dialog.returnValue === 'yes');
        });
        dialog.showModal();
        no.focus();
    });
}

/** @param {string} text @param {string} className */
function button(text, className) {
    const node = document.createElement('button');
    node.type = 'button';
    node.className = className;
    node.textContent = text;
    return node;
}
