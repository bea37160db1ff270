/**
 * A room's password: asked for when the room wants it, and kept for the tab alone.
 *
 * @module room-password
 */
import { nameNode, sentence } from './format.js';
import { element, settings, tabMemory, word } from './page.js';

export class RoomPassword {
    #runID;
    #nodes = {
        dialog: element('password-dialog', HTMLDialogElement),
        form: element('password-form', HTMLFormElement),
        text: element('password-text', HTMLElement),
        password: element('password', HTMLInputElement),
        wrong: element('password-wrong', HTMLElement),
        cancel: element('password-cancel', HTMLButtonElement),
    };

    /** @param {string} runID @param {{ onEntered: (password: string) => void, onClosed: () => void }} options */
    constructor(runID, { onEntered, onClosed }) {
        this.#runID = runID;
        const { dialog, form, text, password, cancel } = this.#nodes;
        text.replaceChildren(...sentence(word('passwordText'), { room: nameNode(runID) }));
        form.addEventListener('submit', event => {
            event.preventDefault();
            tabMemory.set(this.#key, password.value);
            dialog.close();
            onEntered(password.value);
        });
        cancel.addEventListener('click', () => dialog.close());
        dialog.addEventListener('close', onClosed);
    }

    get isAskedFor() { return this.#nodes.dialog.open; }

    get #key() { return `password of ${this.#runID}`; }

    /**
     * What is known of it: from this tab, or, for the demo alone, from the address.
     *
     * @returns {string | undefined}
     */
    get known() {
        const inAddress = new URLSearchParams(location.hash.slice(1)).get('password');
        if (inAddress !== null && this.#runID === settings.demoRoom) return inAddress;
        return tabMemory.get(this.#key) ?? undefined;
    }

    /** The room wants one, or another one. */
    refused() {
        // What did not open the room is not worth keeping, nor to be tried again by a reload.
        this.#nodes.wrong.hidden = this.known === undefined;
        tabMemory.set(this.#key, null);
        this.#open();
    }

    /** Somebody wants to enter one. */
    ask() {
        this.#nodes.wrong.hidden = true;
        this.#open();
    }

    #open() {
        if (!this.#nodes.dialog.open) this.#nodes.dialog.showModal();
        this.#nodes.password.select();
    }
}
