/**
 * A run room in a browser: the live protocol `runroom.v1` in one module without dependencies.
 *
 *     import { RunRoom } from '/client/runroom.js';
 *
 *     const room = new RunRoom({ runID: '159', password: '159' });
 *     room.addEventListener('rows', ({ detail }) => { for (const row of detail.rows) show(row); });
 *     room.connect();
 *
 * It joins as a spectator, or with a `token` (or the cookie of the server's own pages) as a runner; comes back by itself
 * when the connection is lost, with jitter, and then resumes where it was, so that no event is missed and none is told
 * twice; does what the close codes ask for; and tells the time by the server's clock.
 *
 * Who runs calls {@link RunRoom#start}, {@link RunRoom#mark} with each position, {@link RunRoom#pause} and
 * {@link RunRoom#finish}, with or without a connection: each goes into a {@link Store} first, then to the server, and
 * out of the store when the server has it on its disk. With an {@link IndexedDBStore} a reload, a crash or a tunnel
 * loses nothing:
 *
 *     const room = new RunRoom({ runID: '159', token, store: new IndexedDBStore('159 ana') });
 *     await room.restore();
 *     room.connect();
 *     room.start();
 *     navigator.geolocation.watchPosition(({ coords, timestamp }) => room.mark({ ...place(coords), time: timestamp }));
 *
 * What it tells, as `CustomEvent`s with a `detail`:
 *
 * | event | detail | when |
 * | --- | --- | --- |
 * | `status` | {@link Status} | the connection is another one now |
 * | `snapshot` | `{ recovered, tracks }` | all of {@link RunRoom#people} and {@link RunRoom#rows} is new |
 * | `rows` | `{ rows, time }` | some runners have changed |
 * | `event` | {@link RoomEvent} | something happened; each once, in order, those missed meanwhile included |
 * | `problem` | `{ code, message }` | the server did not do what it was told; `storage`: the store did not |
 * | `run` | {@link Run} | the own run, or what of it waits, is another now |
 *
 * A page that nobody looks at says `room.setView(0)`, and `room.setView()` when somebody does. While nobody looks at the
 * room at all, the server asks for positions more seldom, and they are sent together.
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
 * @property {'idle' | 'connecting' | 'live' | 'waiting' | 'ended'} state `waiting` tries again at `retryAt`;
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
 * @property {string} [link] What lets this in without a password, if it is that of a link.
 * @property {string} [token] Of an account; without one this is a spectator.
 * @property {'runner' | 'spectator'} [role] `runner` when there is a token.
 * @property {'wgs84' | 'gcj02'} [crs] What coordinates are to mean.
 * @property {number} [rate] As {@link RunRoom#setView} has it.
 * @property {boolean} [tracks] Whether the server says where people have run so far, which is most of what it says at first.
 * @property {string} [url] `ws://…/live`; this page's server if it is left out.
 * @property {{ epoch: string, event: number }} [since] What a former page knew of the room's events.
 * @property {Store} [store] Where a runner's positions wait; memory, if it is left out.
 * @property {typeof WebSocket} [WebSocket] Where there is none by itself.
 */

/**
 * A position.
 *
 * @typedef {object} Marker
 * @property {number} latitude Degrees, in the `crs` of the room's options.
 * @property {number} longitude
 * @property {number} time When the receiver says that it was there: Unix milliseconds.
 * @property {number} [accuracy] Metres.
 * @property {number} [altitude] Metres.
 * @property {number} [heartRate] Beats a minute.
 */

/**
 * What waits until the server has it: a position, or that a run starts, pauses or ends.
 *
 * @typedef {object} Entry
 * @property {number} seq 1, 2, 3, … in the order in which things happened.
 * @property {'marker' | 'start' | 'pause' | 'finish'} type
 * @property {number} run Which of the runner's runs in the room: 1, 2, 3, …
 * @property {number} time When it happened by this clock: Unix milliseconds.
 * @property {Marker & { id: number }} [marker]
 */

/**
 * How the own run stands, as far as this side knows.
 *
 * @typedef {object} Run
 * @property {'idle' | 'running' | 'paused'} phase
 * @property {number} run Its number; of `idle`, that of the next one.
 * @property {boolean} isNumbered Whether the server has said what the numbers are; until then they begin at 0.
 * @property {number} marker The id of the last position.
 * @property {number} seq The last entry's.
 * @property {number} waiting How many positions the server has not confirmed.
 * @property {{ epoch: string, event: number }} [since] What was known of the events when something was last said.
 */

/**
 * Where entries wait. One page at a time may use it: see `navigator.locks`.
 *
 * @typedef {object} Store
 * @property {() => Promise<{ entries: Entry[], run?: Run }>} load All that waits, by `seq`, and the run as it was put.
 * @property {(entry: Entry | null, run: Run) => Promise<void>} put Keeps both, or neither.
 * @property {(seqs: number[]) => Promise<void>} remove
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
/** Frames a second: more than there are. */
const ALL_FRAMES = 1000;
/** So many positions go into one message at most: with all keys, in the 64 KiB that a message may have. */
const BATCH = 400;
/** Milliseconds after which positions are sent again that the server has not confirmed. */
const PATIENCE = 15000;
/** What a run is after each word that is said of it. */
const PHASES = /** @type {Record<string, Run['phase']>} */ ({ start: 'running', pause: 'paused', finish: 'idle' });
/** The event by which the server says that it heard each. */
const TOLD = /** @type {Record<string, string>} */ ({ started: 'start', paused: 'pause', finished: 'finish' });
/** What a refusal is about: of several words that were sent, the first of these. */
const REFUSED = /** @type {Record<string, Entry['type'][]>} */ ({
    already_running: ['start'], not_running: ['pause'], too_many_pauses: ['pause'], not_started: ['finish', 'marker'],
    already_finished: ['pause', 'finish', 'marker'], run_settled: ['pause', 'finish', 'marker'],
    no_such_run: ['pause', 'finish', 'marker'], too_many_markers: ['marker'],
});

/** A {@link Store} for as long as the page lives. */
export class MemoryStore {
    /** @type {Map<number, Entry>} */ #entries = new Map();
    /** @type {Run | undefined} */ #run;

    async load() { return { entries: [...this.#entries.values()], run: this.#run && { ...this.#run } }; }

    /** @param {Entry | null} entry @param {Run} run */
    async put(entry, run) {
        if (entry) this.#entries.set(entry.seq, entry);
        this.#run = { ...run };
    }

    /** @param {number[]} seqs */
    async remove(seqs) { for (const seq of seqs) this.#entries.delete(seq); }
}

/** A {@link Store} in the browser's database: what has been put is there after a reload or a crash. */
export class IndexedDBStore {
    #name;
    /** @type {Promise<IDBDatabase> | undefined} */ #database;

    /** @param {string} name Whose it is: of one account in one room. */
    constructor(name) { this.#name = name; }

    async load() {
        const transaction = (await this.#open()).transaction(['entries', 'runs']);
        const entries = transaction.objectStore('entries').getAll(this.#range());
        const run = transaction.objectStore('runs').get(this.#name);
        await done(transaction);
        return { entries: entries.result, run: run.result };
    }

    /** @param {Entry | null} entry @param {Run} run */
    async put(entry, run) {
        // To the disk itself, not only to the system: batteries run out.
        const transaction = (await this.#open()).transaction(['entries', 'runs'], 'readwrite', { durability: 'strict' });
        if (entry) transaction.objectStore('entries').put(entry, [this.#name, entry.seq]);
        transaction.objectStore('runs').put(run, this.#name);
        await done(transaction);
    }

    /** @param {number[]} seqs */
    async remove(seqs) {
        const transaction = (await this.#open()).transaction('entries', 'readwrite');
        for (const seq of seqs) transaction.objectStore('entries').delete([this.#name, seq]);
        await done(transaction);
    }

    #range() { return IDBKeyRange.bound([this.#name, 0], [this.#name, Infinity]); }

    #open() {
        return this.#database ??= new Promise((resolve, reject) => {
            const request = indexedDB.open('runroom', 1);
            request.onupgradeneeded = () => {
                request.result.createObjectStore('entries');
                request.result.createObjectStore('runs');
            };
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => {
                this.#database = undefined;
                reject(request.error);
            };
        });
    }
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function done(transaction) {
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
}

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
    /** Milliseconds in which the server wants positions once; 0 for each at once. */ #every = 0;
    #holder = 0;
    /** When those have to go that are held for that, by `performance.now()`. */ #heldUntil = Infinity;
    /** Server's Unix ms minus `performance.now()`, from the quickest of this connection's answers. */ #offset = NaN;
    #roundTrip = Infinity;
    /** @type {Entry[]} What waits, in order; of the store, and kept there as well. */ #entries = [];
    /** @type {Set<number>} What of that has been sent on this connection. */ #sent = new Set();
    /** When positions were sent that are not confirmed, by `performance.now()`. */ #sentAt = Infinity;
    /** @type {Run} */ #run = {
        phase: 'idle', run: 0, isNumbered: false, marker: 0, seq: 0, waiting: 0,
    };
    /** @type {Promise<void>} What is being written; one after the other. */ #writing = Promise.resolve();

    /** @param {Options} options */
    constructor(options) {
        super();
        this.#options = { store: new MemoryStore(), WebSocket: globalThis.WebSocket, ...options };
        this.#since = options.since;
    }

    /** How the own run stands. */
    get run() { return { ...this.#run, waiting: this.#entries.filter(({ type }) => type === 'marker').length }; }

    /**
     * Takes up what a former page has left in the store: to be called before the first {@link RunRoom#connect}, by who
     * runs.
     *
     * @param {Store} [store] In place of that of the options.
     */
    async restore(store) {
        if (store) this.#options.store = store;
        try {
            const { entries, run } = await this.#store.load();
            this.#entries = entries;
            if (run) this.#run = run;
            // What is not known to have been heard is found out from the events since it was said.
            if (run?.since && entries.some(({ type }) => type !== 'marker')) this.#since ??= run.since;
        } catch (error) {
            this.#failed(error);
        }
        this.#tell('run', this.run);
    }

    /** The run begins, or goes on after a pause. */
    start(time = Date.now()) {
        if (this.#run.phase === 'running') return;
        if (this.#run.phase === 'idle') this.#run.marker = 0;
        this.#note({ type: 'start', time });
    }

    /** The clock stands still. */
    pause(time = Date.now()) {
        if (this.#run.phase === 'running') this.#note({ type: 'pause', time });
    }

    /** The run is over. */
    finish(time = Date.now()) {
        if (this.#run.phase !== 'idle') this.#note({ type: 'finish', time });
    }

    /**
     * The runner is, or was, at a place; nothing while no run is under way.
     *
     * @param {Marker} marker
     */
    mark(marker) {
        if (this.#run.phase !== 'running') return;
        this.#run.marker += 1;
        this.#note({ type: 'marker', time: marker.time, marker: { id: this.#run.marker, ...marker } });
    }

    /** @returns {Promise<void>} Fulfilled when everything that has happened is in the store. */
    async written() { await this.#writing; }

    get #store() { return /** @type {Store} */ (this.#options.store); }

    /**
     * Something happened: into the store, and then to the server.
     *
     * @param {Omit<Entry, 'seq' | 'run'>} happened
     */
    #note(happened) {
        const entry = /** @type {Entry} */ ({ ...happened, seq: this.#run.seq += 1, run: this.#run.run });
        if (entry.type !== 'marker') {
            this.#run.phase = PHASES[entry.type];
            this.#run.since = this.since;
            // Who finishes may begin another.
            if (entry.type === 'finish') this.#run.run += 1;
        }
        this.#write(store => store.put(entry, { ...this.#run }), () => {
            this.#entries.push(entry);
            this.#flushAsAsked();
            this.#tell('run', this.run);
        });
    }

    /**
     * Writes after what is being written; what cannot be written is kept in memory alone.
     *
     * @param {(store: Store) => Promise<void>} work
     * @param {() => void} [then]
     */
    #write(work, then) {
        this.#writing = this.#writing.then(() => work(this.#store)).catch(error => this.#failed(error)).then(then);
    }

    /** @param {unknown} error */
    #failed(error) { this.#tell('problem', { code: 'storage', message: String(error) }); }

    /**
     * Lets go of what the server has, or never takes.
     *
     * @param {(entry: Entry) => boolean} isDone
     */
    #settle(isDone) {
        const gone = this.#entries.filter(isDone).map(({ seq }) => seq);
        if (gone.length === 0) return;
        this.#entries = this.#entries.filter(entry => !isDone(entry));
        for (const seq of gone) this.#sent.delete(seq);
        this.#sentAt = performance.now();
        this.#write(store => store.remove(gone));
        this.#flushAsAsked();
        this.#tell('run', this.run);
    }

    /** Sends what waits: at once, or, while nobody looks and it is only positions, with those of the next seconds. */
    #flushAsAsked() {
        const unsent = this.#entries.filter(({ seq }) => !this.#sent.has(seq));
        const [now, isHeld] = [performance.now(), this.#every > 0 && unsent.every(({ type }) => type === 'marker')];
        // Timers of hidden pages are late.
        if (!isHeld || now >= this.#heldUntil) return this.#flush();
        if (unsent.length === 0 || this.#heldUntil < Infinity) return;
        this.#heldUntil = now + this.#every;
        this.#holder = setTimeout(() => this.#flush(), this.#every);
    }

    /** Sends what waits, in order. A run begins when all of the one before is known to be on the server's disk. */
    #flush() {
        clearTimeout(this.#holder);
        this.#heldUntil = Infinity;
        if (this.runner === null || this.status.state !== 'live') return;
        /** @type {Entry[]} */ let batch = [];
        const sendBatch = () => {
            if (batch.length === 0) return;
            this.send({ type: 'markers', run: batch[0].run, markers: batch.map(({ marker }) => marker) });
            this.#sentAt = performance.now();
            batch = [];
        };
        for (const entry of this.#entries) {
            if (entry.run !== this.#entries[0].run) break;
            if (this.#sent.has(entry.seq)) continue;
            this.#sent.add(entry.seq);
            if (entry.type === 'marker') {
                if (batch.push(entry) === BATCH) sendBatch();
            } else {
                sendBatch();
                const { type, time, run } = entry;
                this.send(type === 'start' ? { type, time } : { type, time, run });
            }
        }
        sendBatch();
    }

    /** What was sent and is not confirmed long after is sent again; the server knows a position by its id. */
    #insist() {
        if (performance.now() - this.#sentAt < PATIENCE) return;
        for (const { seq, type } of this.#entries) if (type === 'marker') this.#sent.delete(seq);
        this.#flush();
    }

    /**
     * A connection is new: finds out what the server has of what waits.
     *
     * @param {{ run?: number, marker: number }} joined
     * @param {boolean} recovered Whether the events say what of it was heard.
     */
    #reconcile({ run = 1, marker }, recovered) {
        const state = this.runner === null ? undefined : this.rows.get(this.runner)?.state;
        if (!state) return;
        this.#sent.clear();
        const isOver = state === 'finished' || state === 'left' && marker > 0;
        const next = isOver ? run + 1 : run;
        if (!this.#run.isNumbered) {
            Object.assign(this.#run, { isNumbered: true, run: this.#run.run + next });
            for (const entry of this.#entries) {
                entry.run += next;
                this.#write(store => store.put(entry, { ...this.#run }));
            }
        }
        const phase = state === 'paused' ? 'paused' : state === 'running' || state === 'offline' ? 'running' : 'idle';
        const words = this.#entries.filter(({ type }) => type !== 'marker');
        if (!recovered && words.length > 0) {
            // The last of the words that leads to where the server is was the last one heard.
            const heard = words.filter(word => word.run === run && PHASES[word.type] === phase && state !== 'ready');
            const last = heard[heard.length - 1]?.seq ?? 0;
            this.#settle(({ type, seq, run: own }) => type !== 'marker' && (seq <= last || own < run));
        }
        this.#settle(({ type, run: own, marker: mine }) => type === 'marker' && own === run && (mine?.id ?? 0) <= marker);
        if (this.#entries.length > 0) return;
        // Nothing waits: it is as the server says, which may have ended a run, or heard of it from another device.
        Object.assign(this.#run, { phase, run: next });
        this.#run.marker = Math.max(marker, phase === 'idle' ? 0 : this.#run.marker);
        this.#write(store => store.put(null, { ...this.#run }));
        this.#tell('run', this.run);
    }

    /** The server has ended the run by itself, unless more of it waits. */
    #over() {
        if (this.#run.phase === 'idle' || this.#entries.length > 0) return;
        Object.assign(this.#run, { phase: 'idle', run: this.#run.run + 1 });
        this.#write(store => store.put(null, { ...this.#run }));
        this.#tell('run', this.run);
    }

    /**
     * The server said that it heard a word, or does not take what was sent.
     *
     * @param {Entry['type'][]} types
     */
    #heardOf(types) {
        const entry = this.#entries.find(({ type, seq }) => types.includes(type) && this.#sent.has(seq));
        if (!entry) return;
        if (entry.type !== 'marker') return this.#settle(({ seq }) => seq === entry.seq);
        this.#settle(({ type, seq, run }) => type === 'marker' && run === entry.run && this.#sent.has(seq));
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
     * @param {{ password?: string, token?: string, role?: 'runner' | 'spectator', tracks?: boolean }} [credentials] In
     *     place of the former ones.
     */
    connect(credentials) {
        Object.assign(this.#options, credentials);
        this.#drop();
        const { runID, url = location.origin.replace(/^http/, 'ws') + '/live', WebSocket: Socket = WebSocket } = this.#options;
        // A hint, by which the server can put this connection where the room is.
        const hinted = new URL(url);
        if (runID) hinted.searchParams.set('room', runID);
        const socket = this.#socket = new Socket(hinted, 'runroom.v1');
        this.#become({ state: 'connecting' });
        socket.onopen = () => this.#join();
        socket.onmessage = ({ data }) => {
            this.#heard = performance.now();
            this.#receive(JSON.parse(data));
        };
        socket.onclose = ({ code, reason }) => this.#closed(code, reason);
        // A close follows; Node's `ws` ends the program for an error that nobody listens to.
        socket.onerror = () => {};
        this.#heard = this.#pinged = performance.now();
        this.#pinger = setInterval(() => this.#ping(), PING_EVERY);
    }

    /**
     * Wants at most so many `rows` a second from now on. What was missed comes at once when it is more than before.
     *
     * @param {number} [rate] 0 for none, while nobody looks: events come all the same; as many as there are, if left out.
     */
    setView(rate = ALL_FRAMES) {
        this.#options.rate = rate;
        // Else the join says it.
        this.send({ type: 'view', rate });
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
        if (this.#socket?.readyState !== /* open */ 1) return false;
        this.#socket.send(JSON.stringify(message));
        return true;
    }

    #join() {
        const { runID, password, link, token, role = token ? 'runner' : 'spectator', crs, rate, tracks } = this.#options;
        this.send({
            type: 'join', ...link === undefined ? { runID, password } : { link }, token, role, crs, rate, tracks,
            since: this.#since, clock: Date.now(),
        });
    }

    #ping() {
        const now = performance.now();
        // A page in the background pings seldom, and hears nothing in between.
        if (now - this.#heard > SILENCE && this.#heard <= this.#pinged) return this.#closed(1006, '');
        this.#pinged = now;
        this.send({ type: 'ping', t: Date.now() });
        this.#insist();
    }

    /** @param {any} message */
    #receive(message) {
        switch (message.type) {
        case 'joined': return this.#joined(message);
        case 'frame': return this.#frame(message);
        case 'event': return this.#event(message);
        case 'pong': return this.#measure(message.time, performance.now() - this.#pinged);
        case 'ack':
            return this.#settle(({ type, run, marker }) =>
                type === 'marker' && run === this.#entries[0]?.run && (marker?.id ?? 0) <= message.marker);
        case 'cadence':
            this.#every = message.every;
            return this.#flushAsAsked();
        case 'error':
            this.#heardOf(REFUSED[message.code] ?? []);
            if (message.code === 'run_settled' || message.code === 'already_finished') this.#over();
            return this.#tell('problem', message);
        }
    }

    /** @param {any} joined */
    #joined(joined) {
        this.#tries = this.#every = 0;
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
        this.#sent = new Set(this.#entries.map(({ seq }) => seq));
        for (const event of joined.events) this.#event(event);
        this.#reconcile(joined, recovered);
        this.#flush();
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
        if (event.runner === this.runner && TOLD[event.kind]) {
            this.#heardOf([/** @type {Entry['type']} */ (TOLD[event.kind])]);
            if (event.kind === 'finished') this.#over();
        }
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
