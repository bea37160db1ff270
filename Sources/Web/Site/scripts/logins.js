/**
 * Where one is logged in, each to be ended.
 *
 * @module logins
 */
import { session } from './account.js';
import { confirmed } from './confirm.js';
import { sentence, timeNode } from './format.js';
import { call, trouble } from './house.js';
import { element, makeButton, tell, word } from './page.js';

/** @typedef {{ id: string, createdAt: number, expiresAt: number, isCurrent: boolean }} Login */

const FIRST = '/v1/sessions?limit=50';

export class Logins {
    #list = element('logins', HTMLElement);
    #told = element('logins-told', HTMLElement);
    #more = element('more-logins', HTMLButtonElement);
    #endOthers = element('end-others', HTMLButtonElement);
    /** @type {Login[]} */
    #logins = [];
    /** @type {string | null} */
    #next = null;

    constructor() {
        this.#more.addEventListener('click', () => void this.#loadMore());
        this.#endOthers.addEventListener('click', () => void this.#end(this.#logins.filter(login => !login.isCurrent)));
    }

    /** Shows them as they are now. */
    async load() {
        this.#logins = [];
        this.#next = FIRST;
        await this.#loadMore();
    }

    async #loadMore() {
        if (!this.#next) return;
        const answer = await call('GET', this.#next);
        if (!answer.ok) return this.#tell(trouble(answer));
        this.#next = answer.next;
        this.#logins.push(...answer.told.sessions);
        this.#show();
    }

    #show() {
        this.#list.replaceChildren(...this.#logins.map(login => this.#row(login)));
        this.#more.hidden = this.#next === null;
        this.#endOthers.hidden = !this.#logins.some(login => !login.isCurrent);
    }

    /** @param {Login} login */
    #row(login) {
        const row = document.createElement('li');
        const when = document.createElement('span');
        when.append(...sentence(word('mine.login'), {
            begun: timeNode(login.createdAt), end: timeNode(login.expiresAt),
        }));
        row.append(when);
        if (login.isCurrent) {
            const mark = document.createElement('span');
            mark.className = 'current';
            mark.textContent = word('mine.thisOne');
            row.append(mark);
        } else {
            row.append(makeButton(word('mine.end'), () => void this.#end([login]), { of: when.textContent ?? '' }));
        }
        return row;
    }

    /** @param {Login[]} logins */
    async #end(logins) {
        const isSure = await confirmed({
            heading: word('mine.endHeading'), text: word('mine.endText'), yes: word('mine.end'),
        });
        if (!isSure) return;
        this.#tell('');
        for (const { id } of logins) {
            const answer = await call('DELETE', `/v1/sessions/${encodeURIComponent(id)}`);
            // One that is gone already is what was wanted.
            if (answer.ok || answer.status === 404) continue;
            if (answer.status === 401) {
                session.become(null);
                return;
            }
            this.#tell(trouble(answer));
            break;
        }
        await this.load();
    }

    /** @param {string} text */
    #tell(text) { tell(this.#told, text, true); }
}
