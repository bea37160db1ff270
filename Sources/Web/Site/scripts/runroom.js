/**
 * A run room in a browser: the live protocol `runroom.v1` in one module without dependencies.
 *
 *     import { RunRoom } from '/client/runroom.js';
 *
 *     const room = new RunRoom({ runID: '159', password: '159' });
 *     room.addEventListener('rows', ({ detail }) => { for (const row of detail.rows) show(row); });
 *     room.connect();
 *
 * It joins as a spectator, or with a `token` as a runner; comes back by itself when the connection is lost, with
 * jitter, and then resumes where it was, so that no event is missed and none is told twice; does what the close codes
 * ask for; and tells the time by the server's clock. What it tells, as `CustomEvent`s with a `detail`:
 *
 * | event | detail | when |
 * | --- | --- | --- |
 * | `status` | {@link Status} | the connection is another one now |
 * | `snapshot` | `{ recovered, tracks }` | all of {@link RunRoom#people} and {@link RunRoom#rows} is new |
 * | `rows` | `{ rows, time }` | some runners have changed |
 * | `event` | {@link RoomEvent} | something happened; each once, in order, those missed meanwhile included |
 * | `problem` | `{ code, message }` | the server did not do what it was told |
 *
 * @module runroom
 */

/**
 * A runner's whole present state.
 *
 * @typedef {object} Row
 * @property {number} runner The number in the room.
 * @property {number | null} latitude Degrees; null when there is no place, or it may not be shown.
 * @property {number | null} longitude
 * @property {number} meters
 * @property {number} seconds Of running, without pauses, at `time`.
 * @property {'ready' | 'running' | 'paused' | 'offline' | 'finished' | 'left'} state
 * @property {number | null} place From 1; null before the first metre.
 * @property {number | null} gapMeters Behind the runner in place 1.
 * @property {number | null} gapSeconds
 * @property {number} time When the server said so: Unix milliseconds by its clock.
 */

/** @typedef {{ runner: number, username: string, nickname: string, avatar: string }} Person */

/**
 * What happened in the room; further keys depend on the kind.
 *
 * @typedef {object} RoomEvent
 * @property {number} event 1, 2, 3, … in the room.
 * @property {number} time Unix milliseconds by the server's clock.
 * @property {string} kind `joined`, `left`, `started`, `paused`, `finished`, `split`, `offline`, `online`, `cheer`,
 *     `corrected` or `closed`.
 * @property {number} [runner]
 * @property {Person} [person]
 * @property {number} [meters]
 * @property {number} [seconds]
 * @property {number | null} [place]
 * @property {number} [kilometer]
 * @property {number} [total]
 * @property {number | null} [from]
 * @property {number | null} [to]
 * @property {string} [text]
 */

/**
 * How the connection is.
 *
 * @typedef {object} Status
 * @property {'idle' | 'connecting' | 'live' | 'waiting' | 'asleep' | 'ended'} state `waiting` tries again at `retryAt`;
 *     `ended` does not, until {@link RunRoom#connect} is called.
 * @property {Reason} [reason] Why it waits or has ended.
 * @property {number} [retryAt] By `performance.now()`.
 */

/**
 * @typedef {'lost' | 'stopping' | 'slow' | 'full' | 'tooMany' | 'login' | 'password' | 'noRoom' | 'replaced' | 'left'
 *     | 'refused'} Reason
 */

/**
 * @typedef {object} Options
 * @property {string} runID
 * @property {string} [password] The room's.
 * @property {string} [token] Of an account; without one this is a spectator.
 * @property {'runner' | 'spectator'} [role] `runner` when there is a token.
 * @property {'wgs84' | 'gcj02'} [crs] What coordinates are to mean.
 * @property {string} [url] `ws://…/live`; this page's server if it is left out.
 * @property {{ epoch: string, event: number }} [since] What a former page knew of the room's events.
 */

/** What a close code asks for: {@link Reason}, and the shortest wait in ms before another try, or null for none. */
const CLOSES = /** @type {Record<number, [Reason, number | null]>} */ ({
    1000: ['left', null], 1001: ['stopping', 0], 1003: ['refused', null], 1007: ['refused', null],
    1009: ['refused', null], 1012: ['stopping', 0], 4000: ['refused', null], 4001: ['login', null],
    4003: ['password', null], 4004: ['noRoom', null], 4008: ['lost', 0], 4009: ['replaced', null], 4010: ['slow', 1000],
    4011: ['full', 15000], 4029: ['tooMany', 15000],
});

/** Milliseconds: the first wait after a loss, which doubles with each try, and the longest. */
const [FIRST_WAIT, LONGEST_WAIT] = [500, 15000];
/** Milliseconds between pings, and how long nothing at all may come before the connection counts as lost. */
const [PING_EVERY, SILENCE] = [10000, 25000];

export class RunRoom extends EventTarget {
    /** @type {Map<number, Person>} Who is in the room, by number. */
    people = new Map();
    /** @type {Map<number, Row>} The newest row of each. */
    rows = new Map();
    /**
     * This runner's own number; null for a spectator.
     *
     * @type {number | null}
     */
    runner = null;
    /** @type {Status} */
    status = { state: 'idle' };

    /** @type {Options} */ #options;
    /** @type {WebSocket | null} */ #socket = null;
    /** @type {string[]} */ #columns = [];
    /** @type {{ epoch: string, event: number } | undefined} The last event that was told. */ #since;
    #tries = 0;
    #timer = 0;
    #pinger = 0;
    #heard = 0;
    /** When the last ping went out, by `performance.now()`. */ #pinged = 0;
    /** Server's Unix ms minus `performance.now()`, from the quickest of this connection's answers. */ #offset = NaN;
    #roundTrip = Infinity;

    /** @param {Options} options */
    constructor(options) {
        super();
        this.#options = { ...options };
        this.#since = options.since;
    }

    /** What {@link Options} `since` of a later page takes; undefined before the first join. */
    get since() { return this.#since && { ...this.#since }; }

    /** The server's clock, Unix ms; the viewer's own before the first join. However wrong the viewer's clock is. */
    now() {
        return Number.isNaN(this.#offset) ? Date.now() : this.#offset + performance.now();
    }

    /** Whether {@link RunRoom#now} is the server's clock. */
    get knowsTime() { return !Number.isNaN(this.#offset); }

    /**
     * Joins, or tries again at once.
     *
     * @param {{ password?: string, token?: string }} [credentials] In place of the former ones.
     */
    connect(credentials) {
        Object.assign(this.#options, credentials);
        this.#drop();
        const { runID, url = location.origin.replace(/^http/, 'ws') + '/live' } = this.#options;
        // A hint, by which the server can put this connection where the room is.
        const hinted = new URL(url);
        hinted.searchParams.set('room', runID);
        const socket = this.#socket = new WebSocket(hinted, 'runroom.v1');
        this.#become({ state: 'connecting' });
        socket.onopen = () => this.#join();
        socket.onmessage = ({ data }) => {
            this.#heard = performance.now();
            this.#receive(JSON.parse(data));
        };
        socket.onclose = ({ code, reason }) => this.#closed(code, reason);
        this.#heard = performance.now();
        this.#pinger = setInterval(() => this.#ping(), PING_EVERY);
    }

    /** Ends the connection for as long as nobody looks; {@link RunRoom#connect} brings everything that was missed. */
    sleep() {
        this.#drop();
        this.#become({ state: 'asleep' });
    }

    /** Ends the connection for good. */
    close() {
        this.#drop();
        this.#become({ state: 'ended', reason: 'left' });
    }

    /**
     * Sends a message of the protocol.
     *
     * @param {{ type: string } & Record<string, unknown>} message
     * @returns {boolean} Whether there was a connection to send it on.
     */
    send(message) {
        if (this.#socket?.readyState !== WebSocket.OPEN) return false;
        this.#socket.send(JSON.stringify(message));
        return true;
    }

    #join() {
        const { runID, password, token, role = token ? 'runner' : 'spectator', crs } = this.#options;
        this.send({ type: 'join', runID, password, token, role, crs, since: this.#since, clock: Date.now() });
    }

    #ping() {
        const now = performance.now();
        if (now - this.#heard > SILENCE) return this.#closed(1006, '');
        this.#pinged = now;
        this.send({ type: 'ping', t: Date.now() });
    }

    /** @param {any} message */
    #receive(message) {
        switch (message.type) {
        case 'joined': return this.#joined(message);
        case 'frame': return this.#frame(message);
        case 'event': return this.#event(message);
        case 'pong': return this.#measure(message.time, performance.now() - this.#pinged);
        case 'error': return this.#tell('problem', message);
        }
    }

    /** @param {any} joined */
    #joined(joined) {
        this.#tries = 0;
        this.#columns = joined.columns;
        this.runner = joined.runner;
        this.people = new Map(joined.people.map((/** @type {Person} */ person) => [person.runner, person]));
        this.rows = new Map();
        this.#take(joined.runners, joined.time);
        // A later answer may be quicker, hence nearer to the truth; the first comes at once.
        this.#roundTrip = Infinity;
        this.#measure(joined.time, 0);
        this.#roundTrip = Infinity;
        const known = this.#since?.epoch === joined.epoch ? this.#since?.event ?? 0 : 0;
        const recovered = joined.recovered === true;
        this.#since = { epoch: joined.epoch, event: recovered ? known : joined.event };
        this.#become({ state: 'live' });
        this.#tell('snapshot', { recovered, tracks: joined.tracks ?? {} });
        for (const event of joined.events) this.#event(event);
        this.#ping();
    }

    /** @param {{ runners: any[][], time: number }} frame */
    #frame({ runners, time }) { this.#tell('rows', { rows: this.#take(runners, time), time }); }

    /**
     * @param {any[][]} rows
     * @param {number} time
     * @returns {Row[]}
     */
    #take(rows, time) {
        return rows.map(values => {
            const row = /** @type {Row} */ ({ time });
            this.#columns.forEach((name, index) => { /** @type {any} */ (row)[name] = values[index]; });
            this.rows.set(row.runner, row);
            return row;
        });
    }

    /** @param {RoomEvent} event */
    #event(event) {
        if (!this.#since || event.event <= this.#since.event) return;
        this.#since.event = event.event;
        if (event.person) this.people.set(event.person.runner, event.person);
        this.#tell('event', event);
    }

    /**
     * @param {number} time The server's, at about half of the round trip.
     * @param {number} roundTrip Milliseconds.
     */
    #measure(time, roundTrip) {
        if (roundTrip > this.#roundTrip) return;
        this.#roundTrip = roundTrip;
        this.#offset = time + roundTrip / 2 - performance.now();
    }

    /** @param {number} code @param {string} text */
    #closed(code, text) {
        this.#drop();
        const [reason, wait] = CLOSES[code] ?? ['lost', 0];
        if (wait === null) return this.#become({ state: 'ended', reason });
        // A server that stops says when to come back; else everybody waits longer each time, and nobody as long as others.
        const told = reason === 'stopping' && /^\d+$/.test(text) ? Math.min(Number(text), 60000) : null;
        const bound = Math.max(wait, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries));
        const delay = told ?? bound * (0.5 + Math.random() / 2);
        this.#tries += 1;
        this.#timer = setTimeout(() => this.connect(), delay);
        this.#become({ state: 'waiting', reason, retryAt: performance.now() + delay });
    }

    /** Lets go of the connection, which is never heard of again. */
    #drop() {
        clearTimeout(this.#timer);
        clearInterval(this.#pinger);
        const socket = this.#socket;
        this.#socket = null;
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close(1000);
    }

    /** @param {Status} status */
    #become(status) {
        this.status = status;
        this.#tell('status', status);
    }

    /** @param {string} type @param {unknown} detail */
    #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
