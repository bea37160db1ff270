/**
 * A question before something that cannot be taken back.
 *
 * @module confirm
 */
import { makeButton, word } from './page.js';

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
    const no = makeButton(word('cancel'), () => dialog.close());
    buttons.append(no, makeButton(yes, () => dialog.close('yes'), { className: 'button danger' }));
    const form = document.createElement('form');
    form.method = 'dialog';
    form.append(title, sentence, buttons);
    dialog.append(form);
    document.body.append(dialog);
    return new Promise(resolve => {
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(dialog.returnValue === 'yes');
        });
        dialog.showModal();
        no.focus();
    });
}
