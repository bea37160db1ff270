/**
 * Whom one has named to hear of one's calls for help.
 *
 * @module confidants
 */
import { session } from './account.js';
import { nameNode } from './format.js';
import { call, trouble } from './house.js';
import { element, word } from './page.js';

/** @typedef {{ name: string, nickname: string }} Confidant */

export class Confidants {
    #list = element('confidants', HTMLElement);
    #form = element('confidant-form', HTMLFormElement);
    #name = element('confidant', HTMLInputElement);
    #whenStill = element('when-still', HTMLInputElement);
    #told = element('confidants-told', HTMLElement);
    /** @type {Confidant[]} */ #people = [];

    constructor() {
        this.#isReady(false);
        this.#form.addEventListener('submit', async event => {
            event.preventDefault();
            const isSet = await this.#set([...this.#people.map(({ name }) => name), this.#name.value.trim()]);
            if (isSet) this.#form.reset();
        });
        this.#whenStill.addEventListener('change', () => void this.#set(this.#people.map(({ name }) => name)));
    }

    /** Shows them as they are now. */
    async load() {
        const answer = await call('GET', '/v1/me/confidants');
        if (answer.ok) this.#show(answer.told);
        else this.#tell(trouble(answer), true);
    }

    /**
     * Until it is known whom one has named nobody is, since all are named together.
     *
     * @param {boolean} isReady
     */
    #isReady(isReady) {
        for (const control of [this.#whenStill, this.#name]) control.disabled = !isReady;
    }

    /** @param {{ people: Confidant[], whenStill: boolean }} told */
    #show({ people, whenStill }) {
        this.#isReady(true);
        this.#people = people;
        this.#whenStill.checked = whenStill;
        this.#list.replaceChildren(...people.map(({ name, nickname }) => {
            const row = document.createElement('li');
            const who = document.createElement('span');
            who.append(nameNode(nickname), ` (${name})`);
            const remove = document.createElement('button');
            remove.type = 'button';
            remove.className = 'button';
            remove.textContent = word('confidants.remove');
            remove.setAttribute('aria-label', `${word('confidants.remove')}: ${nickname}`);
            remove.addEventListener('click', async () => {
                await this.#set(this.#people.filter(other => other.name !== name).map(other => other.name));
                this.#name.focus();
            });
            row.append(who, remove);
            return row;
        }));
    }

    /** @param {string[]} names @returns {Promise<boolean>} */
    async #set(names) {
        const answer = await call('PUT', '/v1/me/confidants', { names, whenStill: this.#whenStill.checked });
        if (answer.status === 401) session.become(null);
        if (answer.ok) this.#show(answer.told);
        this.#tell(answer.ok ? word('mine.saved') : answer.status === 400 ? word('confidants.nobody') : trouble(answer), !answer.ok);
        return answer.ok;
    }

    /** @param {string} text @param {boolean} isWrong */
    #tell(text, isWrong) {
        this.#told.dataset.wrong = String(isWrong);
        this.#told.textContent = text;
    }
}
