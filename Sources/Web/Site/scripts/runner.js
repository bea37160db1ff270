/**
 * What the page knows of one runner: the newest row, and what follows from the rows before it.
 *
 * @module runner
 */
import { Way } from './way.js';

/** @typedef {import('./runroom.js').Row} Row */
/** @typedef {import('./runroom.js').Person} Person */

/** Milliseconds after which a phone that runs counts as silent, as the server counts it offline. */
export const SILENT_AFTER = 10000;
/** The span of “pace now”, and the least of it that says something: seconds of running, and metres. */
const [PACE_SPAN, PACE_SECONDS, PACE_METERS] = [30, 15, 25];
/** Metres a second that nobody runs, by the protocol: more in a step is way that was made up for, not run now. */
const FASTEST = 12.5;
/** A pace over all says nothing before so many metres. */
const AVERAGE_METERS = 100;

/**
 * Eight colours that colour-blind people tell apart, and what is read on them (M. Okabe, K. Ito, “Color Universal
 * Design”, 2008); black is left out for a grey that shows on dark grounds, too.
 */
const COLORS = [
    ['#0072b2', '#fff'], ['#e69f00', '#000'], ['#009e73', '#000'], ['#cc79a7', '#000'], ['#56b4e9', '#000'],
    ['#d55e00', '#000'], ['#f0e442', '#000'], ['#8c8c8c', '#000'],
];

export class Runner {
    /** @type {Row} */ row;
    /** Where they came from. */
    way = new Way();
    /** When there was last a sign of them, by the server’s clock; of who was there before the page, the join. */
    seenAt;
    /** Whether that is when they were seen: who was offline before this page came has been so for nobody knows how long. */
    knowsAge;
    /** @type {{ seconds: number, meters: number }[]} Rows of the last half minute of running. */
    #recent = [];

    /** @param {Person} person @param {Row} row */
    constructor(person, row) {
        this.person = person;
        this.row = row;
        this.seenAt = row.time;
        this.knowsAge = row.state !== 'offline';
        const [color, ink] = COLORS[(row.runner - 1) % COLORS.length];
        this.color = color;
        /** What is read on the colour. */
        this.inkOnColor = ink;
        this.#remember(row);
    }

    get number() { return this.row.runner; }
    /** What the others call them. */
    get name() { return this.person.nickname || this.person.username || `#${this.number}`; }
    /** Whether they are in the standings: who left without having come anywhere is not. */
    get isShown() { return this.row.state !== 'left' || this.row.place !== null; }
    get isOnMap() { return this.row.latitude !== null && this.row.longitude !== null && this.row.state !== 'left'; }

    /**
     * @param {Row} row
     * @param {boolean} isNews Whether it has come because something happened, not to begin with.
     */
    update(row, isNews) {
        const before = this.row;
        this.row = row;
        const isNewRun = row.state === 'running' && (before.state === 'finished' || before.state === 'left');
        if (isNewRun || row.meters < before.meters) this.#recent = [];
        if (isNewRun) this.way.clear();
        // Nobody knows the way that was gone while the clock stood still.
        if (before.state === 'paused' && row.state !== 'paused') this.way.interrupt();
        const hasMoved = row.latitude !== before.latitude || row.longitude !== before.longitude;
        // A row comes with a marker, a state or a place in the standings: what is none of the latter is a sign of life.
        if (hasMoved || isNews && row.place === before.place && row.state === before.state) {
            this.seenAt = row.time;
            this.knowsAge = true;
        }
        if (hasMoved) {
            if (row.latitude === null || row.longitude === null) this.way.interrupt();
            else if (row.state !== 'ready') this.way.add(row.latitude, row.longitude);
        }
        this.#remember(row);
    }

    /** @param {Row} row */
    #remember({ seconds, meters, state }) {
        if (state !== 'running') return;
        const last = this.#recent[this.#recent.length - 1];
        // A marker may be a second or two older than its row.
        if (last && meters - last.meters > FASTEST * (seconds - last.seconds + 2)) this.#recent = [];
        this.#recent.push({ seconds, meters });
        while (this.#recent.length > 2 && this.#recent[1].seconds <= seconds - PACE_SPAN) this.#recent.shift();
    }

    /**
     * Milliseconds without a sign of them, or 0 while there are signs.
     *
     * @param {number} now By the server's clock.
     */
    silence(now) {
        const { state } = this.row;
        if (state !== 'running' && state !== 'offline') return 0;
        const silence = now - this.seenAt;
        if (!this.knowsAge && state === 'offline') return Math.max(silence, SILENT_AFTER);
        return state === 'offline' || silence > SILENT_AFTER ? Math.max(silence, 1) : 0;
    }

    /**
     * Seconds of running.
     *
     * @param {number} now By the server's clock.
     */
    seconds(now) {
        const { state, seconds, time } = this.row;
        return state === 'running' ? seconds + Math.max(0, now - time) / 1000 : seconds;
    }

    /**
     * Seconds a metre over the last half minute of counted way, or null.
     *
     * @param {number} now By the server's clock.
     */
    paceNow(now) {
        if (this.row.state !== 'running' || this.silence(now) > 0) return null;
        const [first, last] = [this.#recent[0], this.#recent[this.#recent.length - 1]];
        if (!first || !last) return null;
        const [seconds, meters] = [last.seconds - first.seconds, last.meters - first.meters];
        return seconds >= PACE_SECONDS && meters >= PACE_METERS ? seconds / meters : null;
    }

    /** Seconds a metre since the start, or null. */
    get averagePace() {
        const { seconds, meters } = this.row;
        return meters >= AVERAGE_METERS ? seconds / meters : null;
    }
}
