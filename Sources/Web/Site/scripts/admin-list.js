/**
 * A list of `/v1` on the administrators' page, read page by page; and how its entries are laid out.
 *
 * @module admin-list
 */
import { session } from './account.js';
import { call, trouble } from './house.js';
import { element, tell } from './page.js';

/** @typedef {import('./house.js').Answer} Answer */

/**
 * @template Entry
 */
export class AdminList {
    #list;
    #none;
    #more;
    #told;
    #name;
    #row;
    /** @type {string | null} */
    #next = null;
    /** Which reading it is, so that an answer that another has overtaken is dropped. */
    #turn = 0;

    /**
     * @param {string} id The elements' `{id}-list`, `{id}-none`, `{id}-more` and `{id}-told`.
     * @param {string} name Of the member of the answer that has the entries.
     * @param {(entry: Entry) => HTMLElement} row Makes an item of the list.
     */
    constructor(id, name, row) {
        this.#list = element(`${id}-list`, HTMLElement);
        this.#none = element(`${id}-none`, HTMLElement);
        this.#more = element(`${id}-more`, HTMLButtonElement);
        this.#told = element(`${id}-told`, HTMLElement);
        this.#name = name;
        this.#row = row;
        this.#more.addEventListener('click', () => void this.#loadMore());
    }

    /**
     * Shows a list from its beginning.
     *
     * @param {string} path
     */
    async load(path) {
        this.tell('');
        const turn = ++this.#turn;
        const answer = await call('GET', path);
        if (turn !== this.#turn) return;
        if (!answer.ok) return this.complain(answer);
        this.#next = answer.next;
        const rows = answer.told[this.#name].map(this.#row);
        const place = [...this.#list.children].findIndex(row => row.contains(document.activeElement));
        this.#list.replaceChildren(...rows);
        this.#none.hidden = rows.length > 0;
        this.#more.hidden = this.#next === null;
        // Who goes on by keyboard goes on where they were.
        if (place >= 0) (rows[Math.min(place, rows.length - 1)]?.querySelector('a, button') ?? this.#none).focus();
    }

    async #loadMore() {
        if (!this.#next) return;
        const turn = this.#turn;
        this.#more.disabled = true;
        const answer = await call('GET', this.#next);
        this.#more.disabled = false;
        if (turn !== this.#turn) return;
        if (!answer.ok) return this.complain(answer);
        this.#next = answer.next;
        const rows = answer.told[this.#name].map(this.#row);
        this.#list.append(...rows);
        this.#more.hidden = this.#next === null;
        // Who goes on by keyboard goes on where the new ones begin.
        rows[0]?.querySelector('a, button')?.focus();
    }

    /** @param {string} text @param {boolean} [isWrong] */
    tell(text, isWrong = false) { tell(this.#told, text, isWrong); }

    /** @param {Answer} answer */
    complain(answer) { complain(this.#told, answer); }
}

/** @param {HTMLElement} node @param {Answer} answer That is no good. */
export function complain(node, answer) {
    tell(node, trouble(answer), true);
    if (answer.status === 401 && session.account) session.become(null);
}

/**
 * An item: what it is, what there is to say about it, and what can be done.
 *
 * @param {{ title: (string | Node)[], about?: (string | Node)[][], actions?: HTMLElement[] }} parts
 * @returns {HTMLLIElement}
 */
export function entry({ title, about = [], actions = [] }) {
    const item = document.createElement('li');
    const text = document.createElement('div');
    text.className = 'entry-text';
    const name = document.createElement('p');
    name.className = 'entry-title';
    name.append(...title);
    text.append(name, ...about.filter(line => line.length > 0).map(line => {
        const node = document.createElement('p');
        node.className = 'hint';
        node.append(...line);
        return node;
    }));
    item.append(text);
    if (actions.length > 0) {
        const buttons = document.createElement('div');
        buttons.className = 'entry-actions';
        buttons.append(...actions);
        item.append(buttons);
    }
    return item;
}

/** @param {string} text @param {string} [kind] @returns {HTMLElement} A word in a frame. */
export function badge(text, kind = 'plain') {
    const node = document.createElement('span');
    node.className = 'badge';
    node.dataset.kind = kind;
    node.textContent = text;
    return node;
}
