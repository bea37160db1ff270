/**
 * Calls for help that the viewer hears of, above everything on every page: who, where last, and that all is clear.
 *
 * @module alarms
 */
import { dateTime, nameNode, sentence, timeNode } from './format.js';
import { call, trouble } from './house.js';
import { word } from './page.js';

/**
 * @typedef {object} Alarm
 * @property {string} id
 * @property {string} nickname
 * @property {boolean} isOwn
 * @property {'call' | 'still'} cause
 * @property {string | null} runID
 * @property {number} raisedAt
 * @property {number | null} latitude
 * @property {number | null} longitude
 * @property {number | null} placedAt
 * @property {number | null} clearedAt
 * @property {string | null} clearedBy
 */

/** Milliseconds between two questions whether somebody calls, and while somebody does. */
const [EVERY, SOON] = [15_000, 5000];

export class Alarms extends EventTarget {
    /** @type {Alarm[]} The newest first. */
    all = [];
    #isAsked = false;
    #timer = 0;
    #node = document.createElement('section');
    /** @type {Set<string>} Those that are clear, and have been seen to be. */ #seen = new Set();

    constructor() {
        super();
        this.#node.className = 'alarms';
        this.#node.setAttribute('role', 'alert');
        this.#node.setAttribute('aria-label', word('alarm'));
        document.addEventListener('visibilitychange', () => { if (!document.hidden && this.#isAsked) void this.look(); });
    }

    /** The viewer's own call that is open. */
    get own() { return this.all.find(alarm => alarm.isOwn && alarm.clearedAt === null); }

    /** @param {boolean} isAsked Whether there is somebody to ask for. */
    set isAsked(isAsked) {
        if (this.#isAsked === isAsked) return;
        this.#isAsked = isAsked;
        if (isAsked) {
            void this.look();
        } else {
            clearTimeout(this.#timer);
            this.#take([]);
        }
    }

    /** Asks at once, and from then on. */
    async look() {
        clearTimeout(this.#timer);
        if (!document.hidden) {
            const answer = await call('GET', '/v1/alarms');
            if (!this.#isAsked) return;
            if (answer.ok) this.#take(answer.told.alarms);
        }
        clearTimeout(this.#timer);
        const isOpen = this.all.some(alarm => alarm.clearedAt === null);
        this.#timer = setTimeout(() => void this.look(), isOpen ? SOON : EVERY);
    }

    /** @param {Alarm[]} alarms */
    #take(alarms) {
        // That all was clear before the page came is no news.
        if (this.all.length === 0) for (const { id, clearedAt } of alarms) if (clearedAt !== null) this.#seen.add(id);
        this.all = alarms;
        const shown = alarms.filter(({ id }) => !this.#seen.has(id));
        const items = shown.map(alarm => this.#item(alarm));
        const isSame = items.length === this.#node.children.length
            && items.every((item, index) => item.isEqualNode(this.#node.children[index]));
        // What says the same is left alone, with whatever has the focus in it.
        if (!isSame) this.#node.replaceChildren(...items);
        if (shown.length === 0) this.#node.remove();
        else if (!this.#node.isConnected) document.body.prepend(this.#node);
        this.dispatchEvent(new Event('change'));
    }

    /** @param {Alarm} alarm */
    #item(alarm) {
        const item = document.createElement('div');
        item.className = alarm.clearedAt === null ? 'alarm' : 'alarm clear';
        const text = document.createElement('div');
        const heading = document.createElement('strong');
        const name = nameNode(alarm.nickname);
        if (alarm.clearedAt !== null) heading.append(...sentence(word('alarm.clear'), { name }));
        else if (alarm.isOwn) heading.append(word(alarm.cause === 'still' ? 'alarm.ownStill' : 'alarm.own'));
        else heading.append(...sentence(word(alarm.cause === 'still' ? 'alarm.still' : 'alarm.other'), { name }));
        text.append(heading, this.#detail(alarm));
        item.append(text);
        if (alarm.clearedAt === null && alarm.runID !== null && !alarm.isOwn) {
            const room = document.createElement('a');
            room.className = 'button';
            room.href = `/r/${encodeURIComponent(alarm.runID)}`;
            room.textContent = word('alarm.room');
            item.append(room);
        }
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'button';
        button.textContent = word(alarm.clearedAt === null ? 'alarm.allClear' : 'alarm.seen');
        button.addEventListener('click', () => void this.#press(alarm, button));
        item.append(button);
        return item;
    }

    /** @param {Alarm} alarm */
    #detail(alarm) {
        const detail = document.createElement('p');
        if (alarm.clearedAt !== null) {
            detail.append(...sentence(word('alarm.clearedBy'), {
                name: nameNode(alarm.clearedBy ?? '–'), time: timeNode(alarm.clearedAt),
            }));
        } else if (alarm.latitude === null || alarm.longitude === null || alarm.placedAt === null) {
            detail.append(...sentence(word('alarm.noPlace'), { time: timeNode(alarm.raisedAt) }));
        } else {
            const place = `${alarm.latitude.toFixed(5)}, ${alarm.longitude.toFixed(5)}`;
            const link = document.createElement('a');
            // Whatever map the device has.
            link.href = `geo:${alarm.latitude},${alarm.longitude}`;
            link.textContent = place;
            detail.append(...sentence(word('alarm.place'), { place: link, time: dateTime(alarm.placedAt) }));
        }
        return detail;
    }

    /** @param {Alarm} alarm @param {HTMLButtonElement} button */
    async #press(alarm, button) {
        if (alarm.clearedAt !== null) {
            this.#seen.add(alarm.id);
            return this.#take(this.all);
        }
        button.disabled = true;
        const answer = await call('DELETE', `/v1/alarms/${alarm.id}`);
        button.disabled = false;
        // Somebody else may have said so.
        if (answer.ok || answer.status === 404) return this.look();
        button.title = trouble(answer);
    }
}
