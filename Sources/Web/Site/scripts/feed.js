/**
 * What happens in the room, newest first.
 *
 * @module feed
 */
import { clock, distance, duration, nameNode, sentence } from './format.js';
import { word } from './page.js';

/** @typedef {import('./runroom.js').RoomEvent} RoomEvent */

/** So many are kept on the page. */
const CAPACITY = 100;

export class Feed {
    #list;
    #nameOf;

    /** @param {HTMLElement} list @param {(runner: number) => string} nameOf */
    constructor(list, nameOf) {
        this.#list = list;
        this.#nameOf = nameOf;
    }

    /** @param {RoomEvent} event */
    add(event) {
        const text = this.#text(event);
        if (text) this.#show(text, event.time, event.kind, event.event);
    }

    /**
     * Says that there is a gap.
     *
     * @param {number} time By the server's clock.
     */
    addGap(time) { this.#show([word('missed')], time, 'missed'); }

    /** @param {(string | Node)[]} text @param {number} time @param {string} kind @param {number} [number] */
    #show(text, time, kind, number) {
        const item = document.createElement('li');
        item.dataset.kind = kind;
        if (number !== undefined) item.dataset.event = String(number);
        const when = document.createElement('time');
        when.dateTime = new Date(time).toISOString();
        when.textContent = clock(time);
        const what = document.createElement('span');
        what.append(...text);
        item.append(when, what);
        this.#list.prepend(item);
        while (this.#list.children.length > CAPACITY) this.#list.lastElementChild?.remove();
    }

    /** @param {RoomEvent} event @returns {(string | Node)[] | null} Null for a kind that this page does not know. */
    #text(event) {
        const name = (/** @type {number | null | undefined} */ runner) =>
            nameNode(runner ? this.#nameOf(runner) : word('spectator'));
        switch (event.kind) {
        case 'joined': case 'left': case 'started': case 'paused': case 'offline': case 'online':
            return sentence(word(`event.${event.kind}`), { name: name(event.runner) });
        case 'finished':
            return sentence(word(event.place ? 'event.finishedPlace' : 'event.finished'), {
                name: name(event.runner), distance: distance(event.meters ?? 0), time: duration(event.seconds ?? 0),
                place: String(event.place),
            });
        case 'split':
            return sentence(word('event.split'), {
                name: name(event.runner), kilometer: String(event.kilometer), split: duration(event.seconds ?? 0),
                total: duration(event.total ?? 0),
            });
        case 'cheer': {
            const text = nameNode(event.text ?? '');
            return event.to
                ? sentence(word('event.cheerTo'), { from: name(event.from), to: name(event.to), text })
                : sentence(word('event.cheer'), { from: name(event.from), text });
        }
        case 'corrected':
            return sentence(word('event.corrected'), {
                name: name(event.runner), old: distance(event.from ?? 0), new: distance(event.to ?? 0),
            });
        case 'closed': return [word('event.closed')];
        default: return null;
        }
    }
}
