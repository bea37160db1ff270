/**
 * “I run”: whoever looks at the room with a login runs in it with this phone. Every position goes into the browser's
 * database before it goes to the server, so that a reload, a crash or a tunnel loses none.
 *
 * @module my-run
 */
import { ask, openAccountDialog, session } from './account.js';
import { CallForHelp } from './call-for-help.js';
import { distance, duration, nameNode, pace, sentence } from './format.js';
import { element, settings, word, write } from './page.js';
import { Positions } from './positions.js';
import { IndexedDBStore } from './runroom.js';
import { ScreenLight } from './screen-light.js';

/** @typedef {import('./runroom.js').RunRoom} RunRoom */
/** @typedef {import('./runroom.js').RoomEvent} RoomEvent */
/** @typedef {import('./runner.js').Runner} Runner */
/** @typedef {'watching' | 'checking' | 'otherTab' | 'ready' | 'running' | 'paused' | 'finished'} Phase */

/** Under which the browser keeps that somebody wants to be told by voice. */
const SPEAKS = 'speaks';

const nodes = {
    me: element('me', HTMLElement),
    text: element('me-text', HTMLElement),
    figures: element('me-figures', HTMLElement),
    distance: element('me-distance', HTMLElement),
    time: element('me-time', HTMLElement),
    pace: element('me-pace', HTMLElement),
    place: element('me-place', HTMLElement),
    before: element('me-before', HTMLElement),
    behind: element('me-behind', HTMLElement),
    gps: element('me-gps', HTMLElement),
    waiting: element('me-waiting', HTMLElement),
    screen: element('me-screen', HTMLElement),
    voice: element('me-voice', HTMLElement),
    speaks: element('speaks', HTMLInputElement),
    runHere: element('run-here', HTMLButtonElement),
    start: element('start', HTMLButtonElement),
    resume: element('resume', HTMLButtonElement),
    pause: element('pause', HTMLButtonElement),
    finish: element('finish', HTMLButtonElement),
    files: element('me-files', HTMLElement),
    sos: element('sos', HTMLButtonElement),
    sosTold: element('sos-told', HTMLElement),
    dialog: element('finish-dialog', HTMLDialogElement),
    guest: element('guest-dialog', HTMLDialogElement),
    guestForm: element('guest-form', HTMLFormElement),
    guestName: element('guest-name', HTMLInputElement),
    guestWrong: element('guest-wrong', HTMLElement),
    guestCancel: element('guest-cancel', HTMLButtonElement),
    guestLogIn: element('guest-log-in', HTMLButtonElement),
};

export class MyRun {
    #room;
    #runners;
    #runID;
    #link;
    #positions;
    /** @type {Phase} */ #phase = 'watching';
    /**
     * Ends this tab's claim on the run; null while it has none.
     *
     * @type {(() => void) | null}
     */
    #release = null;
    #light = new ScreenLight(() => this.show());
    /** A sentence about what went wrong. */ #trouble = '';
    /** When the clock was started here, before the server knows. */ #startedAt = 0;
    #accuracy = 0;
    /** The account whose run this is. */ #name = '';

    /**
     * @param {RunRoom} room
     * @param {string} runID
     * @param {Map<number, Runner>} runners
     * @param {string} [link] By which somebody without an account may run here.
     */
    constructor(room, runID, runners, link) {
        this.#room = room;
        this.#runID = runID;
        this.#runners = runners;
        this.#link = link;
        const help = new CallForHelp(runID, nodes.sos, nodes.sosTold);
        this.#positions = new Positions(marker => {
            this.#accuracy = marker.accuracy ?? 0;
            room.mark(marker);
            help.moved(marker);
        }, () => this.show());
        room.addEventListener('run', () => this.#follow());
        room.addEventListener('status', () => this.show());
        room.addEventListener('event', event => this.#heard(/** @type {CustomEvent<RoomEvent>} */ (event).detail));
        room.addEventListener('problem', event => this.#wrong(/** @type {CustomEvent} */ (event).detail.code));
        session.addEventListener('change', () => this.#sessionChanged());
        nodes.runHere.addEventListener('click', () => this.#runHere());
        nodes.start.addEventListener('click', () => this.#begin());
        nodes.resume.addEventListener('click', () => this.#begin());
        nodes.pause.addEventListener('click', () => room.pause());
        nodes.finish.addEventListener('click', () => nodes.dialog.showModal());
        nodes.dialog.addEventListener('close', () => {
            if (nodes.dialog.returnValue === 'yes') room.finish();
            nodes.dialog.returnValue = '';
        });
        // Who has run here may look at the room by their login.
        for (const file of nodes.files.querySelectorAll('[data-file]')) {
            if (!(file instanceof HTMLAnchorElement)) continue;
            file.href = `/v1/rooms/${encodeURIComponent(runID)}/${file.dataset.file}`;
        }
        nodes.guestForm.addEventListener('submit', event => {
            event.preventDefault();
            void this.#becomeGuest();
        });
        nodes.guestCancel.addEventListener('click', () => nodes.guest.close());
        nodes.guestLogIn.addEventListener('click', () => {
            nodes.guest.close();
            openAccountDialog('logIn');
        });
        nodes.speaks.checked = localStorage.getItem(SPEAKS) !== null;
        nodes.speaks.addEventListener('change', () => {
            if (nodes.speaks.checked) localStorage.setItem(SPEAKS, '1');
            else localStorage.removeItem(SPEAKS);
        });
        window.addEventListener('beforeunload', event => { if (this.isUnderWay) event.preventDefault(); });
    }

    /** Whether this tab is the one that runs. */
    get isOn() { return this.#release !== null; }

    /** Whether a run is under way or waits to be sent: then the page neither sleeps nor is left without a question. */
    get isUnderWay() {
        const { phase, waiting } = this.#room.run;
        return this.#release !== null && (phase !== 'idle' || waiting > 0);
    }

    /** Whether a former page of this browser has left a run in this room. */
    get isLeftOver() { return localStorage.getItem(this.#key) !== null; }

    get #key() { return `run in ${this.#runID}`; }

    /** Goes on with the run that a former page left; false when there is none, or it is somebody else's. */
    async takeUp() {
        const name = localStorage.getItem(this.#key);
        if (name === null) return false;
        this.#become('checking');
        // Without a network nobody says who this is: positions are kept under the name, and sent when it is theirs.
        const account = await session.tried;
        const isTheirs = account === undefined || account?.name === name;
        if (isTheirs && await this.#claim(name)) return true;
        this.#become(isTheirs ? 'otherTab' : 'watching');
        return false;
    }

    /** Whether the login of who runs has ended meanwhile: they may log in again, and nothing stops until then. */
    get #needsLogin() {
        return this.#release !== null && this.#room.status.state === 'ended' && this.#room.status.reason === 'login';
    }

    #runHere() {
        const { account } = session;
        if (account && !this.#needsLogin) void this.#claim(account.name);
        else if (this.#link !== undefined && !this.#needsLogin) nodes.guest.showModal();
        else openAccountDialog('logIn');
    }

    /** Somebody without an account runs under a name: they have one without a password then. */
    async #becomeGuest() {
        nodes.guestWrong.hidden = true;
        try {
            const { account } = await ask(
                'POST', '/v1/guests', { name: nodes.guestName.value, link: this.#link, cookie: true });
            nodes.guest.close();
            session.become(account);
            void this.#claim(account.name);
        } catch (error) {
            nodes.guestWrong.textContent = error instanceof Error ? error.message : String(error);
            nodes.guestWrong.hidden = false;
        }
    }

    #sessionChanged() {
        // Who logged in again goes on; who logged out, or is somebody else, watches.
        const { account } = session;
        if (account?.name === this.#name) {
            if (this.#needsLogin) this.#room.connect();
        } else if (account !== undefined && this.#release) {
            this.#letGo();
            this.#room.connect({ role: 'spectator' });
        }
        this.show();
    }

    /**
     * Makes this tab the one that runs.
     *
     * @param {string} name The account's.
     * @returns {Promise<boolean>} False when another one does.
     */
    async #claim(name) {
        this.#become('checking');
        const isFree = await new Promise(resolve => {
            void navigator.locks.request(this.#key, { ifAvailable: true }, lock => {
                resolve(lock !== null);
                return lock && new Promise(release => { this.#release = () => release(undefined); });
            });
        });
        if (!isFree) {
            this.#become('otherTab');
            return false;
        }
        this.#name = name;
        // The browser may throw away what is of sites that nobody visits.
        void navigator.storage?.persist?.();
        await this.#room.restore(new IndexedDBStore(`${this.#runID} ${name}`));
        this.#positions.start();
        this.#become('ready');
        this.#room.connect({ role: 'runner' });
        this.#follow();
        return true;
    }

    #letGo() {
        this.#release?.();
        this.#release = null;
        this.#positions.stop();
        this.#become('watching');
    }

    #begin() {
        const { account } = session;
        if (account) localStorage.setItem(this.#key, account.name);
        this.#trouble = '';
        this.#startedAt = Date.now() - this.#seconds * 1000;
        this.#room.start();
    }

    /** The run is another one now, or what of it waits. */
    #follow() {
        if (!this.#release) return;
        const { phase, waiting } = this.#room.run;
        if (phase === 'idle' && waiting === 0) localStorage.removeItem(this.#key);
        if (phase === 'running') this.#become('running');
        else if (phase === 'paused') this.#become('paused');
        else if (this.#phase === 'running' || this.#phase === 'paused') this.#become('finished');
        else this.show();
    }

    /** @param {string} code */
    #wrong(code) {
        if (code === 'storage') this.#trouble = word('me.storage');
        else if (code === 'run_settled' || code === 'already_finished') this.#trouble = word('me.tooLate');
        else return;
        this.show();
    }

    /** @param {Phase} phase */
    #become(phase) {
        if (this.#phase !== phase) {
            this.#phase = phase;
            document.body.dataset.run = phase;
            this.#light.isWanted = phase === 'running';
        }
        this.show();
    }

    // MARK: The voice

    /** @param {RoomEvent} event */
    #heard(event) {
        const mine = this.#room.runner;
        if (!this.#release || mine === null || !nodes.speaks.checked) return;
        if (event.kind === 'split' && event.runner === mine) {
            this.#say('say.split', { kilometer: String(event.kilometer), split: duration(event.seconds ?? 0) });
        } else if (event.kind === 'cheer' && event.from !== mine && (event.to ?? mine) === mine) {
            const from = this.#runners.get(event.from ?? 0)?.name ?? word('spectator');
            this.#say('say.cheer', { from, text: event.text ?? '' });
        }
    }

    /** @param {string} name @param {Record<string, string>} values */
    #say(name, values) {
        const words = new SpeechSynthesisUtterance(sentence(word(name), values).join(''));
        words.lang = document.documentElement.lang;
        speechSynthesis.speak(words);
    }

    // MARK: What is shown

    get #mine() { return this.#room.runner === null ? undefined : this.#runners.get(this.#room.runner); }

    /** Seconds of running, by the clock of the server if it knows of the start. */
    get #seconds() {
        const mine = this.#mine;
        if (this.#phase === 'running' && this.#startedAt > 0 && mine?.row.state !== 'running') {
            return (Date.now() - this.#startedAt) / 1000;
        }
        const isOffline = this.#phase === 'running' && mine?.row.state === 'offline';
        if (!mine || mine.row.state === 'ready') return 0;
        return isOffline ? mine.row.seconds + (this.#room.now() - mine.row.time) / 1000 : mine.seconds(this.#room.now());
    }

    show() {
        // What nobody sees costs nothing; a page that is seen again shows all.
        if (document.hidden) return;
        const phase = this.#phase;
        nodes.me.dataset.phase = phase;
        const isOn = phase === 'running' || phase === 'paused';
        const isMine = this.#release !== null;
        nodes.me.hidden = session.account === undefined && !isMine && phase !== 'checking';
        nodes.runHere.hidden = isMine && !this.#needsLogin || phase === 'checking' || settings.crs === 'gcj02'
            || session.account === undefined;
        const canRun = session.account || this.#link !== undefined;
        nodes.runHere.textContent = word(canRun && !isMine ? 'runHere' : 'logIn');
        nodes.start.hidden = phase !== 'ready' && phase !== 'finished';
        nodes.start.disabled = this.#room.runner === null;
        nodes.start.textContent = word(phase === 'finished' ? 'runAgain' : 'start');
        nodes.resume.hidden = phase !== 'paused';
        nodes.pause.hidden = phase !== 'running';
        nodes.finish.hidden = !isOn;
        nodes.files.hidden = phase !== 'finished';
        nodes.sos.hidden = !isOn;
        nodes.figures.hidden = !isOn;
        nodes.gps.hidden = !isMine || phase === 'finished' && this.#positions.quality !== 'refused';
        nodes.voice.hidden = !isMine || !('speechSynthesis' in window);
        nodes.screen.hidden = phase !== 'running' || this.#light.canStay;
        write(nodes.screen, word('screenOff'));
        write(nodes.text, ...this.#sentence());
        nodes.text.hidden = isOn && nodes.text.textContent === '';
        nodes.gps.dataset.quality = this.#positions.quality;
        const accuracy = String(Math.round(this.#accuracy));
        write(nodes.gps, this.#positions.quality === 'off'
            ? '' : sentence(word(`gps.${this.#positions.quality}`), { accuracy }).join(''));
        const { waiting } = this.#room.run;
        // One that is under way for a moment is nothing to tell.
        nodes.waiting.hidden = !isMine || waiting < 3 && this.#room.status.state === 'live' || waiting === 0;
        write(nodes.waiting, sentence(word(waiting === 1 ? 'waitingOne' : 'waitingMany'),
            { count: String(waiting) }).join(''));
        if (isOn) this.#showFigures();
    }

    /** @returns {(string | Node)[]} */
    #sentence() {
        const { state, reason } = this.#room.status;
        const mine = this.#mine;
        if (settings.crs === 'gcj02' && !this.#release) return [word('me.chinaMap')];
        if (this.#needsLogin) return [word('me.login')];
        if (this.#release && state === 'ended' && reason === 'replaced') return [word('me.replaced')];
        if (this.#trouble) return [this.#trouble];
        switch (this.#phase) {
        case 'watching':
            return [word(session.account || this.#link !== undefined ? 'me.watching' : 'me.loggedOut')];
        case 'checking': return [word('me.checking')];
        case 'otherTab': return [word('me.otherTab')];
        case 'ready': return [word('me.ready')];
        case 'paused': return [word('me.paused')];
        case 'finished':
            if (!mine || mine.row.state !== 'finished') return [word('me.finishing')];
            return sentence(word('me.finished'),
                { distance: distance(mine.row.meters), time: duration(mine.row.seconds) });
        default: return [];
        }
    }

    #showFigures() {
        const mine = this.#mine;
        write(nodes.time, duration(this.#seconds));
        if (!mine) return;
        const { meters, place } = mine.row;
        write(nodes.distance, distance(meters));
        write(nodes.pace, pace(mine.paceNow(this.#room.now()) ?? mine.averagePace));
        const ranked = [...this.#runners.values()].filter(({ row }) => row.place !== null && row.state !== 'left');
        write(nodes.place, place === null ? '–'
            : sentence(word('placeOf'), { place: String(place), count: String(ranked.length) }).join(''));
        const next = (/** @type {number} */ step) =>
            place === null ? undefined : ranked.find(({ row }) => row.place === place + step);
        const [before, behind] = [next(-1), next(1)];
        write(nodes.before, ...before ? sentence(word('ahead'), {
            name: nameNode(before.name), gap: distance(Math.max(0, before.row.meters - meters)),
        }) : []);
        write(nodes.behind, ...behind ? sentence(word('behindMe'), {
            name: nameNode(behind.name), gap: distance(Math.max(0, meters - behind.row.meters)),
        }) : []);
    }
}
