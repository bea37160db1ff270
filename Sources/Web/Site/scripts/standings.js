/**
 * The standings: a row for each runner, in the server's order. A row that changes place moves there; what did not
 * change is not touched, so that two hundred rows cost little.
 *
 * @module standings
 */
import { NOTHING, distance, duration, gap, nameNode, pace, sentence } from './format.js';
import { word } from './page.js';

/** @typedef {import('./runner.js').Runner} Runner */

/** Milliseconds that a row takes to its new place. */
const MOVE = 300;

/** @param {string} className @param {string} [role] @returns {HTMLElement} */
function box(className, role) {
    const node = document.createElement('div');
    node.className = className;
    if (role) node.setAttribute('role', role);
    return node;
}

/** One runner's row: its parts, and what is written on them. */
class Row {
    node = box('row', 'row');
    /** @type {Map<HTMLElement, string>} */ #texts = new Map();

    /** @param {Runner} runner @param {((number: number) => void) | null} onFollow */
    constructor(runner, onFollow) {
        this.number = runner.number;
        this.node.dataset.runner = String(runner.number);
        const cell = (/** @type {string} */ name) => {
            const node = box(`cell ${name}`, 'cell');
            this.node.append(node);
            return node;
        };
        const pair = (/** @type {string} */ name) => {
            const node = cell(name);
            const [main, sub] = [box('main'), box('sub')];
            node.append(main, sub);
            return { main, sub };
        };
        this.place = cell('place');
        const who = cell('who');
        this.badge = box('badge');
        this.badge.setAttribute('aria-hidden', 'true');
        this.badge.textContent = String(runner.number);
        this.badge.classList.toggle('long', runner.number > 99);
        this.badge.style.backgroundColor = runner.color;
        this.badge.style.color = runner.inkOnColor;
        const names = box('names');
        this.name = onFollow ? this.#button(onFollow) : box('follow main');
        this.note = box('sub note');
        names.append(this.name, this.note);
        who.append(this.badge, names);
        this.distance = pair('distance');
        this.pace = pair('pace');
        this.time = pair('time');
    }

    /** @param {(number: number) => void} onFollow */
    #button(onFollow) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'follow main';
        button.setAttribute('aria-pressed', 'false');
        button.addEventListener('click', () => onFollow(this.number));
        return button;
    }

    /** @param {HTMLElement} node @param {string} text */
    #write(node, text) {
        if (this.#texts.get(node) === text) return;
        this.#texts.set(node, text);
        node.textContent = text;
    }

    /** @param {Runner} runner @param {number} now By the server's clock. @param {boolean} isFollowed */
    update(runner, now, isFollowed) {
        const { place, meters, gapMeters, gapSeconds, state } = runner.row;
        const silence = runner.silence(now);
        if (this.#texts.get(this.name) !== runner.name) {
            this.#texts.set(this.name, runner.name);
            this.name.replaceChildren(nameNode(runner.name));
            this.name.title = runner.name;
        }
        // Somebody may have come farther than who finished first, and is then behind by nothing.
        const isBehind = place !== null && place > 1 && gapMeters !== null && gapMeters >= 1;
        this.#write(this.place, place === null ? NOTHING : String(place));
        this.#write(this.note, note(runner, silence));
        this.#write(this.distance.main, distance(meters));
        this.#write(this.distance.sub, isBehind ? gap(gapMeters) : '');
        this.#write(this.pace.main, state === 'running' ? pace(runner.paceNow(now)) : pace(runner.averagePace));
        this.#write(this.pace.sub, state === 'running' ? pace(runner.averagePace) : '');
        this.#write(this.time.main, place === null && state === 'ready' ? NOTHING : duration(runner.seconds(now)));
        this.#write(this.time.sub, isBehind && gapSeconds !== null ? `+${duration(gapSeconds)}` : '');
        const kind = silence > 0 ? 'silent' : state;
        if (this.node.dataset.state !== kind) this.node.dataset.state = kind;
        const pressed = String(isFollowed);
        const told = this.name.getAttribute('aria-pressed');
        if (told !== null && told !== pressed) this.name.setAttribute('aria-pressed', pressed);
    }
}

/** @param {Runner} runner @param {number} silence Milliseconds. @returns {string} */
function note(runner, silence) {
    const { state } = runner.row;
    if (silence > 0 && !runner.knowsAge) return word('state.offline');
    if (silence > 0) return sentence(word('offlineFor'), { time: duration(silence / 1000) }).join('');
    return state === 'running' ? '' : word(`state.${state}`);
}

/**
 * Whether a runner stands before another: by place, then those without one by number.
 *
 * @param {Runner} a
 * @param {Runner} b
 */
function order(a, b) { return (a.row.place ?? Infinity) - (b.row.place ?? Infinity) || a.number - b.number; }

export class Standings {
    /** @type {Map<number, Row>} */ #rows = new Map();
    /**
     * The numbers as they stand, from the top.
     *
     * @type {number[]}
     */
    #ranking = [];
    #list;
    #onFollow;
    #movesQuietly = matchMedia('(prefers-reduced-motion: reduce)');
    /** Pixels, as the browser tells them when they change: to ask it would cost a layout each time. */
    #view = { rowHeight: 0, top: 0, height: 0 };

    /**
     * @param {HTMLElement} list The rows' group.
     * @param {(number: number) => void} [onFollow] A row was tapped; without it rows are only looked at.
     */
    constructor(list, onFollow) {
        this.#list = list;
        this.#onFollow = onFollow ?? null;
        const scroller = list.closest('.scroll');
        if (!scroller) return;
        scroller.addEventListener('scroll', () => { this.#view.top = scroller.scrollTop; }, { passive: true });
        const observer = new ResizeObserver(() => {
            const count = list.children.length;
            if (count > 0) this.#view.rowHeight = list.offsetHeight / count;
            this.#view.height = scroller.clientHeight;
        });
        observer.observe(list);
        observer.observe(scroller);
    }

    /**
     * @param {Iterable<Runner>} runners
     * @param {number} now By the server's clock.
     * @param {number | null} followed
     * @param {boolean} isNew Whether all of it is new, so that nothing moves.
     */
    update(runners, now, followed, isNew = false) {
        const shown = [...runners].filter(runner => runner.isShown).sort(order);
        const gone = new Set(this.#rows.keys());
        const ranking = shown.map(runner => {
            gone.delete(runner.number);
            let row = this.#rows.get(runner.number);
            if (!row) {
                row = new Row(runner, this.#onFollow);
                this.#rows.set(runner.number, row);
            }
            row.update(runner, now, followed === runner.number);
            return row;
        });
        for (const number of gone) {
            this.#rows.get(number)?.node.remove();
            this.#rows.delete(number);
        }
        const numbers = ranking.map(row => row.number);
        const before = this.#ranking;
        if (numbers.length === before.length && numbers.every((number, index) => number === before[index])) return;
        this.#ranking = numbers;
        this.#arrange(ranking);
        if (!isNew && !this.#movesQuietly.matches) this.#move(ranking, before);
    }

    /**
     * Brings a runner's row into view.
     *
     * @param {number} number
     */
    reveal(number) { this.#rows.get(number)?.node.scrollIntoView({ block: 'nearest' }); }

    /** @param {Row[]} ranking */
    #arrange(ranking) {
        const focused = this.#list.contains(document.activeElement) ? document.activeElement?.closest('.row') : null;
        let cursor = this.#list.firstElementChild;
        for (const { node } of ranking) {
            // A node that is moved loses the focus, so the others go around the one that has it.
            while (node === focused && cursor && cursor !== node) {
                const next = cursor.nextElementSibling;
                this.#list.append(cursor);
                cursor = next;
            }
            if (node === cursor) cursor = cursor.nextElementSibling;
            else this.#list.insertBefore(node, cursor);
        }
    }

    /**
     * Lets rows that somebody sees go from where they were to where they are.
     *
     * @param {Row[]} ranking
     * @param {number[]} before The numbers as they stood.
     */
    #move(ranking, before) {
        const { rowHeight, top, height } = this.#view;
        const places = new Map(before.map((number, index) => [number, index]));
        const isSeen = (/** @type {number} */ index) =>
            (index + 1) * rowHeight >= top && index * rowHeight <= top + height;
        ranking.forEach(({ number, node }, index) => {
            const place = places.get(number);
            if (place === undefined || place === index || !isSeen(place) && !isSeen(index)) return;
            node.animate([{ transform: `translateY(${(place - index) * rowHeight}px)` }, { transform: 'none' }],
                { duration: MOVE, easing: 'ease-out' });
        });
    }
}
