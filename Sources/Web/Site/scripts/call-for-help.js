/**
 * The button by which who runs calls for help: asked for twice, sent until it is heard, and told anew with each place until
 * all is clear.
 *
 * @module call-for-help
 */
import { alarms } from './account.js';
import { call, trouble } from './house.js';
import { confirmed } from './confirm.js';
import { word, write } from './page.js';

/** Milliseconds between two places that are told, and until one is tried again. */
const [EVERY, AGAIN] = [10_000, 5000];

export class CallForHelp {
    #runID;
    #button;
    #told;
    /** @type {{ latitude: number, longitude: number, time: number } | null} The last place. */ #place = null;
    #isCalling = false;

    /** @param {string} runID @param {HTMLButtonElement} button @param {HTMLElement} told */
    constructor(runID, button, told) {
        this.#runID = runID;
        this.#button = button;
        this.#told = told;
        button.addEventListener('click', () => void this.#ask());
        // Also what a page before this one has begun.
        alarms.addEventListener('change', () => { if (alarms.own) void this.#goOn(); });
    }

    /** @param {{ latitude: number, longitude: number, time: number }} place Where the runner is now, in WGS-84. */
    moved({ latitude, longitude, time }) { this.#place = { latitude, longitude, time: Math.round(time) }; }

    async #ask() {
        const isSure = await confirmed({
            heading: word('alarm.question'), text: word('alarm.questionText'), yes: word('alarm.call'),
        });
        if (!isSure) return;
        this.#button.disabled = true;
        let isRoomThere = true;
        for (;;) {
            const room = isRoomThere ? { runID: this.#runID } : {};
            const answer = await call('POST', '/v1/alarms', { ...room, ...this.#place ?? {} });
            if (answer.ok) break;
            // Those who are named hear it all the same.
            if (answer.status === 404) isRoomThere = false;
            write(this.#told, `${word('alarm.unsent')} ${trouble(answer)}`);
            await pause(AGAIN);
        }
        write(this.#told, '');
        await alarms.look();
    }

    /** Tells where the runner is until all is clear. */
    async #goOn() {
        if (this.#isCalling) return;
        this.#isCalling = this.#button.disabled = true;
        while (alarms.own) {
            const answer = this.#place ? await call('PATCH', `/v1/alarms/${alarms.own.id}`, this.#place) : null;
            if (answer?.status === 404) await alarms.look();
            else await pause(EVERY);
        }
        this.#isCalling = this.#button.disabled = false;
    }
}

/** @param {number} milliseconds @returns {Promise<void>} */
function pause(milliseconds) { return new Promise(resolve => setTimeout(resolve, milliseconds)); }
