/**
 * Links to show, to copy, to scan and to print; and the dialog in which a room's owner makes and revokes them.
 *
 * @module share
 */
import { ask, Refused } from './account.js';
import { dateTime, duration, nameNode, sentence } from './format.js';
import { onlyOnce } from './house.js';
import { element, word } from './page.js';
import { qrCode } from './qr-code.js';

/** @typedef {{ id: string, role: 'spectator' | 'runner', label: string | null, createdAt: number, expires: number | null, delay: number, link?: string, url?: string }} Link */

/**
 * @param {string} runID
 * @param {{ role: Link['role'], expires?: number, delay?: number, label?: string }} wanted
 * @returns {Promise<Link>} With its secret, which is told this once.
 */
export async function makeLink(runID, wanted) {
    return ask('POST', `/v1/rooms/${encodeURIComponent(runID)}/links`, wanted, onlyOnce());
}

/**
 * A link's address as a field with a button that copies it, and as a code to scan.
 *
 * @param {string} address
 * @param {{ heading: string, text?: string, level?: 'h2' | 'h3', code?: string }} options `code` where another text than
 *     the address is to be scanned.
 * @returns {HTMLElement}
 */
export function linkCard(address, { heading, text, level = 'h3', code: scanned = address }) {
    const card = document.createElement('div');
    card.className = 'link-card';
    const title = document.createElement(level);
    title.textContent = heading;
    const hint = document.createElement('p');
    hint.className = 'hint';
    hint.textContent = text ?? '';
    hint.hidden = !text;
    const code = document.createElement('div');
    code.className = 'code';
    void qrCode(scanned, sentence(word('share.code'), { what: heading }).join('')).then(svg => code.append(svg), () => {
        // Without a code there is still the address.
        code.remove();
    });
    const field = document.createElement('div');
    field.className = 'address';
    const input = document.createElement('input');
    input.readOnly = true;
    input.value = address;
    input.setAttribute('aria-label', heading);
    input.addEventListener('focus', () => input.select());
    const printed = document.createElement('p');
    printed.className = 'print-only printed';
    printed.textContent = address;
    const copy = document.createElement('button');
    copy.type = 'button';
    copy.className = 'button no-print';
    copy.textContent = word('share.copy');
    copy.addEventListener('click', async () => {
        input.select();
        try {
            // Not everywhere: browsers want HTTPS for it.
            if (navigator.clipboard) await navigator.clipboard.writeText(address);
            else document.execCommand('copy');
            copy.textContent = word('share.copied');
        } catch {
            return;
        }
        setTimeout(() => { copy.textContent = word('share.copy'); }, 2000);
    });
    field.append(input, copy);
    card.append(code, title, hint, field, printed);
    return card;
}

/** @param {Link} link */
function roleOf(link) { return word(`share.link.${link.role}`); }

export class ShareDialog {
    #runID;
    #nodes = {
        dialog: element('share-dialog', HTMLDialogElement),
        form: element('share-form', HTMLFormElement),
        role: element('share-role', HTMLSelectElement),
        expires: element('share-expires', HTMLSelectElement),
        delay: element('share-delay', HTMLSelectElement),
        delayPart: element('share-delay-part', HTMLElement),
        label: element('share-label', HTMLInputElement),
        make: element('share-make', HTMLButtonElement),
        problem: element('share-problem', HTMLElement),
        made: element('share-new', HTMLElement),
        part: element('share-links-part', HTMLElement),
        list: element('share-links', HTMLElement),
        close: element('share-close', HTMLButtonElement),
    };

    /** @param {string} runID */
    constructor(runID) {
        this.#runID = runID;
        const { form, close, dialog, role } = this.#nodes;
        // Who runs sees the room as it is.
        role.addEventListener('change', () => this.#showDelay());
        form.addEventListener('submit', event => {
            event.preventDefault();
            void this.#try(() => this.#make());
        });
        close.addEventListener('click', () => dialog.close());
        // What is told once is not left lying about.
        dialog.addEventListener('close', () => this.#nodes.made.replaceChildren());
    }

    open() {
        this.#nodes.problem.hidden = true;
        this.#nodes.dialog.showModal();
        void this.#try(() => this.#list());
    }

    #showDelay() {
        const { role, delayPart } = this.#nodes;
        delayPart.hidden = role.value === 'runner';
    }

    async #make() {
        const { role, expires, delay, label, make, made, form } = this.#nodes;
        make.disabled = true;
        try {
            const seconds = Number(expires.value);
            const link = await makeLink(this.#runID, {
                role: role.value === 'runner' ? 'runner' : 'spectator',
                ...seconds > 0 ? { expires: Date.now() + seconds * 1000 } : {},
                ...role.value !== 'runner' && Number(delay.value) > 0 ? { delay: Number(delay.value) } : {},
                ...label.value.trim() ? { label: label.value.trim() } : {},
            });
            made.replaceChildren(linkCard(link.url ?? '', {
                heading: roleOf(link), text: word('share.once'), level: 'h3',
            }));
            form.reset();
            this.#showDelay();
            made.focus();
            await this.#list();
        } finally {
            make.disabled = false;
        }
    }

    async #list() {
        /** @type {{ links: Link[] }} */
        const { links } = await ask('GET', `/v1/rooms/${encodeURIComponent(this.#runID)}/links?limit=200`);
        const { part, list } = this.#nodes;
        part.hidden = links.length === 0;
        list.replaceChildren(...links.reverse().map(link => {
            const item = document.createElement('li');
            const text = document.createElement('div');
            const name = document.createElement('strong');
            name.append(link.label ? nameNode(link.label) : roleOf(link));
            const about = document.createElement('span');
            about.className = 'hint';
            const isOver = link.expires !== null && link.expires <= Date.now();
            about.append(...link.label ? [`${roleOf(link)} · `] : [], ...link.expires === null
                ? [word('share.forEver')]
                : sentence(word(isOver ? 'share.over' : 'share.until'), { time: dateTime(link.expires) }));
            if (link.delay > 0) about.append(' · ', ...sentence(word('delayed'), { time: duration(link.delay) }));
            text.append(name, about);
            const revoke = document.createElement('button');
            revoke.type = 'button';
            revoke.className = 'button';
            revoke.textContent = word('share.revoke');
            revoke.setAttribute('aria-label', `${word('share.revoke')}: ${link.label ?? roleOf(link)}`);
            revoke.addEventListener('click', () => void this.#try(async () => {
                revoke.disabled = true;
                try {
                    await ask('DELETE', `/v1/rooms/${encodeURIComponent(this.#runID)}/links/${link.id}`);
                } finally {
                    revoke.disabled = false;
                }
                this.#nodes.made.replaceChildren();
                this.#nodes.close.focus();
                await this.#list();
            }));
            item.append(text, revoke);
            return item;
        }));
    }

    /** @param {() => Promise<void>} work */
    async #try(work) {
        const { problem } = this.#nodes;
        problem.hidden = true;
        try {
            await work();
        } catch (error) {
            problem.textContent = error instanceof Refused ? error.message : String(error);
            problem.hidden = false;
        }
    }
}
