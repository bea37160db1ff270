/**
 * A live room as every page on it watches it: where the address leads, who is there, what happens, and since when
 * nothing comes. How that looks is the page's.
 *
 * What it tells, as `CustomEvent`s:
 *
 * | event | detail | when |
 * | --- | --- | --- |
 * | `draw` | `{ isNew }` | there is something to show with this picture of the screen; all of it may be new |
 * | `happened` | a {@link RoomEvent} | while somebody looks; what came before, when somebody looks again |
 * | `gap` | | some of what happened is not known |
 * | `status` | | the connection is another one, or its wait is shorter |
 * | `second` | | a second of the server's clock begins, while somebody looks |
 *
 * @module live-room
 */
import { clock, duration, nameNode, sentence } from './format.js';
import { call } from './house.js';
import { settings, tabMemory, word, write } from './page.js';
import { RoomPassword } from './room-password.js';
import { Runner } from './runner.js';
import { RunRoom } from './runroom.js';
import { places } from './way.js';

/** @typedef {import('./runroom.js').Row} Row */
/** @typedef {import('./runroom.js').RoomEvent} RoomEvent */
/** @typedef {import('./runroom.js').Status} Status */
/** @typedef {{ runID: string, name: string, role: 'spectator' | 'runner', delay?: number }} Invitation */

/** Milliseconds for which a page may be hidden until it lacks so much of the ways that they are asked for anew. */
const GLANCE = 5000;
/** Milliseconds until a server that did not say where a link leads is asked again. */
const AGAIN = 2000;
/** So many events at most are kept for when a hidden page is shown again: more than any page shows. */
const UNREAD = 500;

/**
 * Asks where a link leads, until the server has said so; without a network, what it said to this tab before is good.
 *
 * @param {string} link
 * @returns {Promise<Invitation | null>} Null for one that is not good.
 */
async function askWhither(link) {
    const known = tabMemory.get(`link ${link}`);
    for (;;) {
        const { ok, status, told } = await call('GET', `/v1/links/${link}`);
        if (ok) {
            tabMemory.set(`link ${link}`, JSON.stringify(told));
            return told;
        }
        if (status >= 400 && status < 500 && status !== 429) return null;
        if (status === 0 && known !== null) return JSON.parse(known);
        await new Promise(resolve => setTimeout(resolve, AGAIN));
    }
}

export class LiveRoom extends EventTarget {
    /** The secret of the link that the page was opened by; undefined for a room's own page. */
    link;
    /** Where it leads; null when it is not good, undefined without one. */
    invitation;
    runID;
    /** @type {RunRoom} */ room;
    /** @type {Map<number, Runner>} Whoever is shown, by number. */
    runners = new Map();
    /**
     * Since when there is no connection, by the server's clock; null while there is one.
     *
     * @type {number | null}
     */
    goneSince = null;
    /** @type {RoomPassword} */ password;

    #isNew = true;
    #isDirty = false;
    /**
     * Whether a join brings the ways, as it does for who watches by a link. Otherwise they are asked for when everybody is
     * on the screen: on a phone's network they take longer than all else.
     */
    #joinsWithWays = false;
    /** How often the ways were asked for: an answer to an older question is none. */
    #asked = 0;
    /** Whether anything has been told yet, so that something may be missing after it. */ #hasTold = false;
    /** @type {RoomEvent[]} What happened while nobody looked. */ #unread = [];
    /** @type {number | null} Since when nobody looks, by `performance.now()`. */ #hiddenSince = null;

    /** The room that the page's address is of, as soon as it is known. It is watched from {@link LiveRoom#begin} on. */
    static async here() {
        const [, kind, name = ''] = location.pathname.split('/');
        if (kind !== 's') return new LiveRoom(decodeURIComponent(name));
        const invitation = await askWhither(name);
        return new LiveRoom(invitation?.runID ?? '', name, invitation);
    }

    /** @param {string} runID @param {string} [link] @param {Invitation | null} [invitation] */
    constructor(runID, link, invitation) {
        super();
        this.runID = runID;
        this.link = link;
        this.#joinsWithWays = link !== undefined;
        this.invitation = invitation;
        this.password = new RoomPassword(runID, {
            onEntered: password => this.room.connect({ password }), onClosed: () => this.#tell('status'),
        });
        const room = this.room = new RunRoom({
            runID, link, password: this.password.known, role: 'spectator', crs: settings.crs, tracks: this.#joinsWithWays,
        });
        const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ heed) =>
            room.addEventListener(type, event => heed(/** @type {CustomEvent} */ (event).detail));
        on('snapshot', told => this.#begun(told));
        on('rows', ({ rows }) => this.#moved(rows));
        on('event', event => this.#happened(event));
        on('status', status => this.#connection(status));
    }

    /** Goes on from now on: the clock, and what is to be done when the page is hidden and shown. */
    begin() {
        document.addEventListener('visibilitychange', () => this.#attend());
        window.addEventListener('online', () => { if (this.room.status.state === 'waiting') this.room.connect(); });
        // A page that comes back from the browser's memory has a dead connection.
        window.addEventListener('pageshow', event => {
            if (event.persisted && this.room.status.state !== 'ended') this.room.connect();
        });
        if (this.invitation === null) this.#tell('status');
        this.#attend();
        this.#tick();
    }

    /** What people call the room. */
    get name() { return this.invitation?.name ?? this.runID; }

    /** The moment that is shown: now, or that of the last news while nothing can come. */
    get moment() { return this.goneSince ?? this.room.now(); }

    /** @param {number} number @returns {string} Who that is. */
    nameOf(number) { return this.runners.get(number)?.name ?? this.room.people.get(number)?.nickname ?? `#${number}`; }

    /** Has everything shown with the next picture of the screen; a hidden page has none. */
    draw() {
        if (this.#isDirty) return;
        this.#isDirty = true;
        requestAnimationFrame(() => {
            this.#isDirty = false;
            const isNew = this.#isNew;
            this.#isNew = false;
            this.#tell('draw', { isNew });
        });
    }

    /** @param {string} type @param {unknown} [detail] */
    #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

    // MARK: What the room tells

    /** @param {{ recovered: boolean, tracks: Record<number, number[][]> }} told */
    #begun({ recovered, tracks }) {
        const isReturn = this.runners.size > 0 || this.#hasTold;
        const known = new Map(this.runners);
        // Nobody has run in a straight line while there was no connection.
        for (const { way } of known.values()) way.interrupt();
        this.runners.clear();
        for (const row of this.room.rows.values()) {
            const runner = this.#meet(row, known.get(row.runner));
            const track = tracks[row.runner];
            if (runner && track) runner.way.replace(track);
        }
        if (isReturn && !recovered) {
            this.#hasTold = true;
            this.#tell('gap');
        }
        this.#isNew = true;
        this.draw();
        if (!this.#joinsWithWays) void this.#askForWays();
    }

    /** Has the ways come, if need be with another join: too many may ask from here, or a password fits into no header. */
    async #askForWays() {
        if (this.runners.size === 0) return;
        const asked = ++this.#asked;
        if (await this.#renewWays(asked)) return;
        // Whoever has come at the same moment asks again at another one.
        await new Promise(resolve => setTimeout(resolve, AGAIN + 2 * AGAIN * Math.random()));
        if (asked !== this.#asked || this.room.status.state !== 'live' || await this.#renewWays(asked)) return;
        if (asked !== this.#asked || this.room.status.state !== 'live') return;
        this.#joinsWithWays = true;
        this.room.connect({ tracks: true });
    }

    /** @param {Row[]} rows */
    #moved(rows) {
        for (const row of rows) {
            const runner = this.runners.get(row.runner);
            if (runner) runner.update(row, true);
            else this.#meet(row);
        }
        this.draw();
    }

    /** @param {RoomEvent} happened */
    #happened(happened) {
        const row = happened.person && this.room.rows.get(happened.person.runner);
        if (row && happened.person) this.#meet(row, this.runners.get(row.runner));
        this.#unread.push(happened);
        if (document.hidden) this.#unread = this.#unread.slice(-UNREAD);
        else this.#tellUnread();
        this.draw();
    }

    #tellUnread() {
        for (const happened of this.#unread.splice(0)) {
            this.#hasTold = true;
            this.#tell('happened', happened);
        }
    }

    /** @param {Status} status */
    #connection({ state, reason }) {
        if (state === 'live') this.goneSince = null;
        else if (state !== 'connecting' && this.room.knowsTime) this.goneSince ??= this.room.now();
        if (reason === 'password') this.password.refused();
        this.#tell('status');
        this.draw();
    }

    /**
     * A runner of whom there is a row and a person.
     *
     * @param {Row} row
     * @param {Runner} [before] What was known of them.
     * @returns {Runner | undefined} None for a row of somebody who has not been introduced, which the room does not send.
     */
    #meet(row, before) {
        const person = this.room.people.get(row.runner);
        if (!person) return undefined;
        if (before) {
            before.person = person;
            if (before.row !== row) before.update(row, false);
        }
        const runner = before ?? new Runner(person, row);
        this.runners.set(row.runner, runner);
        return runner;
    }

    // MARK: How the connection is, in words

    /** Whether nothing will come any more. */
    get isOver() { return this.room.status.state === 'ended' || this.invitation === null; }

    /** @returns {string} In two words. */
    get statusText() {
        const { state, reason } = this.room.status;
        const since = this.goneSince;
        switch (state) {
        case 'idle': return word('connecting');
        case 'connecting': return word(since === null ? 'connecting' : 'catchingUp');
        case 'live': {
            const delay = this.invitation?.delay ?? 0;
            return delay > 0 ? sentence(word('delayed'), { time: duration(delay) }).join('') : word('live');
        }
        case 'waiting':
            return since === null ? word('waiting') : sentence(word('goneSince'), { time: clock(since) }).join('');
        default: return word(reason === 'password' ? 'passwordHeading' : 'stopped');
        }
    }

    /**
     * Why nothing comes, and what will be done about it.
     *
     * @param {boolean} [isRunner] Whether who looks is more than a spectator.
     * @returns {(string | Node)[] | null} Null while there is nothing to say.
     */
    notice(isRunner = false) {
        const { state, reason, retryAt = 0 } = this.room.status;
        if (!this.isOver && state !== 'waiting' || this.password.isAskedFor) return null;
        const wait = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
        const parts = this.isOver
            ? sentence(word(this.endWord(isRunner)), { room: nameNode(this.runID) })
            : sentence(word(`wait.${reason}`), { time: sentence(word('seconds'), { count: String(wait) }).join('') });
        if (this.goneSince !== null) parts.push(' ', ...sentence(word('stale'), { time: clock(this.goneSince) }));
        return parts;
    }

    /**
     * Says how the connection is where a page says it.
     *
     * @param {{ status: HTMLElement, notice: HTMLElement, noticeText: HTMLElement }} page
     * @param {boolean} [isRunner] As of {@link LiveRoom#notice}.
     */
    showConnection({ status, notice, noticeText }, isRunner = false) {
        const { state } = this.room.status;
        write(status, this.statusText);
        status.dataset.state = document.body.dataset.connection = state;
        const parts = this.notice(isRunner);
        notice.hidden = parts === null;
        // A countdown is not to be read out.
        notice.setAttribute('role', this.isOver ? 'alert' : 'region');
        write(noticeText, ...parts ?? []);
    }

    /** @param {boolean} [isRunner] As of {@link LiveRoom#notice}. @returns {boolean} Whether another try may help. */
    mayRetry(isRunner = false) {
        const { reason } = this.room.status;
        return !this.isOver || reason !== 'password' && reason !== 'noRoom' && this.endWord(isRunner) !== 'end.link';
    }

    /**
     * The word for why it is over: who came by a link, and neither runs nor has a login, came by one that is good no more.
     *
     * @param {boolean} isRunner
     */
    endWord(isRunner) {
        const { reason } = this.room.status;
        const isByLink = this.link !== undefined && !isRunner && (reason === 'login' || reason === 'noRoom');
        return isByLink || this.invitation === null ? 'end.link' : `end.${reason}`;
    }

    // MARK: Seconds, and looks

    /** Everybody's seconds, the clock and the ages go on with the server's seconds. */
    #tick() {
        setTimeout(() => this.#tick(), 1000 - this.room.now() % 1000 + 5);
        if (document.hidden) return;
        this.#tell('second');
        if (this.room.status.state === 'waiting') this.#tell('status');
        this.draw();
    }

    /** A page that nobody looks at is quiet; one that is looked at again has the present at once. */
    #attend() {
        const { room } = this;
        if (document.hidden) {
            this.#hiddenSince ??= performance.now();
            room.setView(0);
            return;
        }
        room.setView();
        if (room.status.state === 'waiting') room.connect();
        this.#tellUnread();
        const isLong = this.#hiddenSince !== null && performance.now() - this.#hiddenSince > GLANCE;
        this.#hiddenSince = null;
        if (!isLong || room.status.state !== 'live') return;
        if (!this.#joinsWithWays) void this.#askForWays();
        else room.connect();
    }

    /**
     * Asks for the ways, all or what was gone of them while nobody looked; until they are there, and if they cannot be had,
     * they have a gap.
     *
     * @param {number} asked Which question it is.
     * @returns {Promise<boolean>} Whether they are there, or a newer question is under way.
     */
    async #renewWays(asked) {
        const password = this.password.known;
        // Who only looks may do so with others: then nobody's way leads into a privacy zone, their own neither.
        const cut = this.room.runner === null ? '&as=anybody' : '';
        for (const { way } of this.runners.values()) way.interrupt();
        try {
            const answer = await fetch(`/v1/rooms/${encodeURIComponent(this.runID)}/tracks?crs=${settings.crs}${cut}`, {
                headers: password === undefined ? {} : { 'X-Room-Password': password },
            });
            if (!answer.ok) return false;
            const { tracks } = await answer.json();
            if (asked !== this.#asked) return true;
            for (const [number, line] of Object.entries(tracks)) {
                this.runners.get(Number(number))?.way.replace(places(line));
            }
            this.draw();
            return true;
        } catch {
            // There is no network, or the password fits into no header.
            return false;
        }
    }
}
