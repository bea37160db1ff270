/**
 * One's phones whose apps report to a room by themselves: added, moved to another room, revoked; and how their apps are
 * set up, which is told once.
 *
 * @module devices
 */
import { session } from './account.js';
import { confirmed } from './confirm.js';
import { duration, nameNode, sentence, timeNode } from './format.js';
import { call, onlyOnce, trouble } from './house.js';
import { element, makeButton, tell, word } from './page.js';
import { linkCard } from './share.js';

/** @typedef {import('./house.js').Answer} Answer */
/**
 * @typedef {object} Device
 * @property {string} id
 * @property {string} app
 * @property {string | null} label
 * @property {string | null} runID The room; null for the one that its person is in.
 * @property {boolean} isGone Whether that room has been deleted.
 * @property {number | null} heardAt
 * @property {number | null} interval Milliseconds between two reports.
 * @property {boolean} isTooRare Whether that is no good for running.
 * @property {number | null} battery Percent.
 */
/** @typedef {Device & { address: string, link: string | null, code: string, settings: Record<string, string | number | boolean> }} NewDevice */

const FIRST = '/v1/devices?limit=50';
/** Milliseconds between two looks at what has been heard: of all, and of one that is being set up. */
const [EVERY, SOON] = [20_000, 3000];
/** The value of the choice of a room that is not one's own. */
const OTHER = 'other';

/** What the apps call themselves, and where there are such; the best for running first. */
const APPS = /** @type {Record<string, [string, string]>} */ ({
    owntracks: ['OwnTracks', 'Android, iPhone'], traccar: ['Traccar Client', 'Android, iPhone'],
    overland: ['Overland', 'iPhone'], colota: ['Colota', 'Android'], gpslogger: ['GPSLogger', 'Android'],
    osmand: ['OsmAnd', 'Android, iPhone'], runnerup: ['RunnerUp', 'Android'], ulogger: ['μlogger', 'Android'],
    mapmytracks: ['OruxMaps (MapMyTracks)', 'Android'], phonetrack: ['PhoneTrack', 'Android'],
});

/** @param {string} app */
function nameOf(app) { return APPS[app]?.[0] ?? word('devices.any'); }

/** @param {number} milliseconds */
function span(milliseconds) {
    const seconds = Math.round(milliseconds / 1000);
    return seconds < 60 ? sentence(word('seconds'), { count: String(seconds) }).join('') : duration(seconds);
}

export class Devices {
    #nodes = {
        list: element('devices', HTMLElement),
        told: element('devices-told', HTMLElement),
        more: element('more-devices', HTMLButtonElement),
        add: element('add-device', HTMLButtonElement),
        dialog: element('device-dialog', HTMLDialogElement),
        form: element('device-form', HTMLFormElement),
        heading: element('device-heading', HTMLElement),
        appPart: element('device-app-part', HTMLElement),
        app: element('device-app', HTMLSelectElement),
        hint: element('device-app-hint', HTMLElement),
        room: element('device-room', HTMLSelectElement),
        codePart: element('device-code-part', HTMLElement),
        code: element('device-code', HTMLInputElement),
        password: element('device-password', HTMLInputElement),
        label: element('device-label', HTMLInputElement),
        wrong: element('device-wrong', HTMLElement),
        cancel: element('device-cancel', HTMLButtonElement),
        submit: element('device-submit', HTMLButtonElement),
        setup: element('setup-dialog', HTMLDialogElement),
        setupHeading: element('setup-heading', HTMLElement),
        linkPart: element('setup-link-part', HTMLElement),
        link: element('setup-link', HTMLAnchorElement),
        card: element('setup-card', HTMLElement),
        settings: element('setup-settings', HTMLElement),
        heard: element('setup-heard', HTMLElement),
        close: element('setup-close', HTMLButtonElement),
    };
    /** @type {Device[]} */ #devices = [];
    /** @type {{ runID: string, name: string }[] | null} One's own; null before they are known. */ #rooms = null;
    /** @type {string | null} */ #next = null;
    /**
     * Which is being changed; null while one is being added.
     *
     * @type {Device | null}
     */
    #changed = null;
    /** The same for as long as the form says the same, so that a device is made once however often it is sent. */
    #key = onlyOnce();
    #timer = 0;

    constructor() {
        const { add, more, form, app, room, cancel, close, setup, card, settings, link } = this.#nodes;
        for (const [value, [name, where]] of Object.entries(APPS)) app.append(new Option(`${name} (${where})`, value));
        app.append(new Option(word('devices.any'), 'any'));
        add.addEventListener('click', () => void this.#open(null));
        more.addEventListener('click', () => void this.#loadMore());
        form.addEventListener('input', () => { this.#key = onlyOnce(); });
        app.addEventListener('change', () => this.#showHint());
        room.addEventListener('change', () => this.#showRoom());
        form.addEventListener('submit', event => {
            event.preventDefault();
            void this.#save();
        });
        cancel.addEventListener('click', () => this.#nodes.dialog.close());
        close.addEventListener('click', () => setup.close());
        setup.addEventListener('close', () => {
            // What is told once is not left lying about.
            card.replaceChildren();
            settings.replaceChildren();
            link.removeAttribute('href');
            void this.load();
        });
    }

    /** Shows them as they are now, and from then on. */
    async load() {
        clearTimeout(this.#timer);
        if (this.#rooms === null) await this.#loadRooms();
        const answer = await call('GET', FIRST);
        if (answer.ok) {
            this.#devices = answer.told.devices;
            this.#next = answer.next;
            this.#show();
            this.#tell('');
        } else if (answer.status === 401) {
            session.become(null);
            return;
        } else {
            this.#tell(trouble(answer));
        }
        // Who has looked further down is not brought back to the top.
        this.#timer = setTimeout(() => void (document.hidden || this.#devices.length > 50 ? this.#wait() : this.load()), EVERY);
    }

    async #loadRooms() {
        const answer = await call('GET', '/v1/me/rooms?limit=200');
        if (answer.ok) this.#rooms = answer.told.rooms;
    }

    #wait() { this.#timer = setTimeout(() => void this.load(), EVERY); }

    async #loadMore() {
        if (!this.#next) return;
        const answer = await call('GET', this.#next);
        if (!answer.ok) return this.#tell(trouble(answer));
        this.#next = answer.next;
        this.#devices.push(...answer.told.devices);
        this.#show();
    }

    #show() {
        const { list, more } = this.#nodes;
        // A list that says the same is left alone, with whatever has the focus in it.
        const rows = this.#devices.map(device => this.#row(device));
        const isSame = rows.length === list.children.length && rows.every((row, index) => row.isEqualNode(list.children[index]));
        if (!isSame) list.replaceChildren(...rows);
        more.hidden = this.#next === null;
    }

    /** @param {Device} device */
    #row(device) {
        const row = document.createElement('li');
        row.dataset.device = device.id;
        const about = document.createElement('div');
        const name = document.createElement('strong');
        name.append(device.label ? nameNode(device.label) : nameOf(device.app));
        const place = document.createElement('span');
        place.className = 'hint';
        if (device.label) place.append(`${nameOf(device.app)} · `);
        if (device.isGone) place.append(word('devices.gone'));
        else if (device.runID === null) place.append(word('devices.present'));
        else place.append(...sentence(word('devices.inRoom'), { room: this.#roomLink(device.runID) }));
        const heard = document.createElement('span');
        heard.className = 'hint';
        if (device.heardAt === null) heard.append(word('devices.never'));
        else heard.append(...sentence(word('devices.heard'), { time: timeNode(device.heardAt) }));
        if (device.battery !== null) heard.append(' · ', sentence(word('devices.battery'), { percent: String(device.battery) }).join(''));
        about.append(name, place, heard);
        if (device.isTooRare && device.interval !== null) {
            const warning = document.createElement('span');
            warning.className = 'rare';
            warning.append(...sentence(word('devices.rare'), { interval: span(device.interval) }));
            about.append(warning);
        }
        const of = device.label ?? nameOf(device.app);
        row.append(
            about, makeButton(word('devices.change'), () => void this.#open(device), { of }),
            makeButton(word('share.revoke'), () => void this.#revoke(device), { of }));
        return row;
    }

    /** @param {string} runID */
    #roomLink(runID) {
        const link = document.createElement('a');
        link.href = `/r/${encodeURIComponent(runID)}`;
        link.append(nameNode(this.#rooms?.find(room => room.runID === runID)?.name ?? runID));
        return link;
    }

    // MARK: Adding and changing

    /** @param {Device | null} device */
    async #open(device) {
        const { form, heading, appPart, room, label, wrong, dialog, submit } = this.#nodes;
        this.#changed = device;
        this.#key = onlyOnce();
        form.reset();
        wrong.hidden = true;
        heading.textContent = word(device ? 'devices.changeHeading' : 'devices.addHeading');
        submit.textContent = word(device ? 'mine.save' : 'devices.make');
        appPart.hidden = device !== null;
        label.value = device?.label ?? '';
        await this.#loadRooms();
        const rooms = this.#rooms ?? [];
        const own = rooms.map(({ runID, name }) => new Option(name, `room ${runID}`));
        const { runID = null } = device ?? {};
        if (runID !== null && !rooms.some(other => other.runID === runID)) own.push(new Option(runID, `room ${runID}`));
        room.replaceChildren(new Option(word('devices.present'), ''), ...own, new Option(word('devices.other'), OTHER));
        room.value = runID === null ? '' : `room ${runID}`;
        this.#showHint();
        this.#showRoom();
        dialog.showModal();
    }

    #showHint() {
        const { app, hint } = this.#nodes;
        hint.textContent = word(`devices.hint.${app.value}`, word('devices.hint'));
    }

    #showRoom() {
        const { room, codePart, code } = this.#nodes;
        codePart.hidden = room.value !== OTHER;
        code.required = room.value === OTHER;
    }

    /**
     * The room that is chosen, as the server wants to know it.
     *
     * @returns {Promise<{ runID: string, password?: string, linkToken?: string } | Answer>} An answer where it is refused.
     */
    async #chosenRoom() {
        const { room, code, password } = this.#nodes;
        if (room.value !== OTHER) return { runID: room.value.replace(/^room /, '') };
        const typed = code.value.trim();
        const link = /\/s\/([\w-]+)/.exec(typed)?.[1];
        if (link === undefined) return { runID: typed, ...password.value ? { password: password.value } : {} };
        const answer = await call('GET', `/v1/links/${link}`);
        return answer.ok ? { runID: answer.told.runID, linkToken: link } : answer;
    }

    async #save() {
        const { app, label, submit, dialog } = this.#nodes;
        submit.disabled = true;
        const room = await this.#chosenRoom();
        const name = label.value.trim();
        const device = this.#changed;
        const answer = 'ok' in room ? room : device
            ? await call('PATCH', `/v1/devices/${device.id}`, { ...room, label: name })
            : await call('POST', '/v1/devices', { app: app.value, ...room, ...name ? { label: name } : {} }, this.#key);
        submit.disabled = false;
        if (answer.status === 401 && answer.told.code === 'unauthenticated') {
            dialog.close();
            session.become(null);
            return;
        }
        if (!answer.ok) return this.#complain(answer);
        dialog.close();
        if (device) void this.load();
        else this.#showSetup(answer.told);
    }

    /** @param {Answer} answer */
    #complain(answer) {
        const { wrong } = this.#nodes;
        wrong.textContent = answer.status === 404 ? word('devices.noRoom') : trouble(answer);
        wrong.hidden = false;
    }

    /** @param {NewDevice} device */
    #showSetup(device) {
        const { setup, setupHeading, linkPart, link, card, settings, heard } = this.#nodes;
        const name = nameOf(device.app);
        setupHeading.textContent = sentence(word('devices.setup'), { app: name }).join('');
        linkPart.hidden = device.link === null;
        if (device.link !== null) link.href = device.link;
        card.replaceChildren(linkCard(device.address, {
            heading: word('devices.address'), code: device.code,
            text: word(device.link === null ? 'devices.addressText' : 'devices.scanText'),
        }));
        settings.replaceChildren(...Object.entries(device.settings).filter(([, value]) => value !== device.address)
            .flatMap(([key, value]) => {
                const [term, description] = [document.createElement('dt'), document.createElement('dd')];
                term.textContent = key;
                description.textContent = value === '' ? word('devices.empty') : String(value);
                return [term, description];
            }));
        heard.textContent = word('devices.awaiting');
        setup.showModal();
        setup.scrollTop = 0;
        setupHeading.focus();
        void this.#listen(device.id);
    }

    /**
     * Says when the app has reported for the first time.
     *
     * @param {string} id
     */
    async #listen(id) {
        const { setup, heard } = this.#nodes;
        while (setup.open) {
            // Of all, since one alone is told anew only when it has been changed.
            const answer = await call('GET', '/v1/devices?limit=200');
            const device = answer.ok && answer.told.devices.find((/** @type {Device} */ device) => device.id === id);
            if (device && device.heardAt !== null) {
                heard.replaceChildren(...sentence(word('devices.works'), { time: timeNode(device.heardAt) }));
                return;
            }
            await new Promise(resolve => setTimeout(resolve, SOON));
        }
    }

    /** @param {Device} device */
    async #revoke(device) {
        const isSure = await confirmed({
            heading: sentence(word('devices.revokeHeading'), { name: device.label ?? nameOf(device.app) }).join(''),
            text: word('devices.revokeText'), yes: word('share.revoke'),
        });
        if (!isSure) return;
        const answer = await call('DELETE', `/v1/devices/${device.id}`);
        await this.load();
        // One that is gone already is what was wanted.
        if (!answer.ok && answer.status !== 404) this.#tell(trouble(answer));
        this.#nodes.add.focus();
    }

    /** @param {string} text */
    #tell(text) { tell(this.#nodes.told, text, true); }
}
