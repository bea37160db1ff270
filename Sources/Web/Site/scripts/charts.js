/**
 * Pace, altitude and heart rate along a run: one chart each, one below the other, with one hand that moves over all.
 *
 * @module charts
 */
import { distance, duration, NOTHING, pace } from './format.js';
import { element, word } from './page.js';

/** @typedef {import('./run-way.js').RunWay} RunWay */
/** @typedef {import('./run-way.js').Sample} Sample */
/** @typedef {'meters' | 'seconds'} Axis */

const SVG = 'http://www.w3.org/2000/svg';
/** Pixels: of a chart, and of what is left, above and below the line in it. */
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [132, 48, 12, 10, 22];
/** Steps of round numbers. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
const TIME_STEPS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000];
const PACE_STEPS = [5, 10, 15, 30, 60, 120, 300, 600];

/**
 * @typedef {object} Kind What a chart shows.
 * @property {'pace' | 'altitude' | 'heartRate'} name
 * @property {string} word Its name.
 * @property {(value: number) => string} text A value with its unit.
 * @property {(value: number) => string} tick A value at the side.
 * @property {number[]} steps
 * @property {number} least What is shown at least from bottom to top.
 * @property {number} scale Of a sample's value, to make steps of it.
 * @property {boolean} isUpsideDown Whether less is more: fast stands above slow.
 */

/** @type {Kind[]} */
const KINDS = [
    {
        name: 'pace', word: word('pace'), text: value => `${pace(value / 1000)} ${word('perKilometer')}`,
        tick: value => pace(value / 1000), steps: PACE_STEPS, least: 30, scale: 1000, isUpsideDown: true,
    },
    {
        name: 'altitude', word: word('run.altitude'), text: value => `${Math.round(value)} m`,
        tick: value => `${Math.round(value)} m`, steps: STEPS, least: 10, scale: 1, isUpsideDown: false,
    },
    {
        name: 'heartRate', word: word('run.heartRate'), text: value => `${Math.round(value)} ${word('run.beats')}`,
        tick: value => String(Math.round(value)), steps: STEPS, least: 20, scale: 1, isUpsideDown: false,
    },
];

export class Charts {
    #container;
    #way;
    #onPoint;
    #walk = element('walk', HTMLInputElement);
    #text = element('walk-text', HTMLElement);
    /** @type {Axis} */ #axis = 'meters';
    #kinds;
    #width = 0;
    #index = -1;
    /** @type {SVGLineElement[]} */ #hands = [];

    /**
     * @param {HTMLElement} container
     * @param {RunWay} way That is measured.
     * @param {(index: number) => void} onPoint The sample that is pointed at; -1 for none.
     */
    constructor(container, way, onPoint) {
        this.#container = container;
        this.#way = way;
        this.#onPoint = onPoint;
        this.#kinds = KINDS.filter(({ name }) => way.samples.filter(sample => sample[name] !== null).length > 1);
        new ResizeObserver(() => {
            const width = Math.floor(container.clientWidth);
            if (width !== this.#width) {
                this.#width = width;
                this.#draw();
            }
        }).observe(container);
        container.addEventListener('pointermove', event => this.#pointAt(event));
        container.addEventListener('pointerdown', event => this.#pointAt(event));
        container.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') this.#point(-1); });
        this.#walk.addEventListener('input', () => {
            this.#point(way.nearest(this.#axis, Number(this.#walk.value) / 1000 * this.#end));
        });
        this.#say();
    }

    /** Whether there is anything to show. */
    get isEmpty() { return this.#kinds.length === 0; }

    /** @param {Axis} axis */
    setAxis(axis) {
        this.#axis = axis;
        this.#draw();
        this.#point(this.#index, true);
    }

    get #end() { return this.#way.samples[this.#way.samples.length - 1][this.#axis] || 1; }

    get #inside() { return Math.max(1, this.#width - LEFT - RIGHT); }

    /** @param {PointerEvent} event */
    #pointAt({ clientX }) {
        const x = clientX - this.#container.getBoundingClientRect().left - LEFT;
        const share = Math.max(0, Math.min(1, x / this.#inside));
        this.#point(this.#way.nearest(this.#axis, share * this.#end));
    }

    /** @param {number} index @param {boolean} [anyway] */
    #point(index, anyway = false) {
        if (index === this.#index && !anyway) return;
        this.#index = index;
        const sample = this.#way.samples[index];
        for (const hand of this.#hands) {
            hand.style.display = sample ? '' : 'none';
            if (!sample) continue;
            const x = String(LEFT + sample[this.#axis] / this.#end * this.#inside);
            hand.setAttribute('x1', x);
            hand.setAttribute('x2', x);
        }
        if (sample) this.#walk.value = String(Math.round(sample[this.#axis] / this.#end * 1000));
        this.#say();
        this.#onPoint(index);
    }

    #say() {
        const sample = this.#way.samples[this.#index];
        const parts = sample ? [distance(sample.meters), duration(sample.seconds), ...this.#kinds.map(kind => {
            const value = sample[kind.name];
            return value === null ? `${kind.word} ${NOTHING}` : `${kind.word} ${kind.text(value * kind.scale)}`;
        })] : [word('run.pointHint')];
        this.#text.textContent = parts.join(' · ');
        this.#walk.setAttribute('aria-valuetext', parts.join(', '));
    }

    #draw() {
        if (this.#width === 0) return;
        this.#hands = [];
        this.#container.replaceChildren(...this.#kinds.map(kind => this.#chart(kind)));
        this.#point(this.#index, true);
    }

    /** @param {Kind} kind */
    #chart(kind) {
        const { samples } = this.#way;
        const values = samples.flatMap(sample => {
            const value = sample[kind.name];
            return value === null ? [] : [value * kind.scale];
        }).sort((a, b) => a - b);
        // Of a pace the slowest moments, of who stood still, would make the rest flat.
        const high = values[Math.floor((values.length - 1) * (kind.isUpsideDown ? 0.98 : 1))];
        const spare = Math.max(0, kind.least - (high - values[0])) / 2;
        const step = stepFor(kind.steps, Math.max(high - values[0], kind.least) / 3);
        const from = Math.floor((values[0] - spare) / step) * step;
        const to = Math.max(from + step, Math.ceil((high + spare) / step) * step);
        const inner = HEIGHT - TOP - BOTTOM;
        const y = (/** @type {number} */ value) => {
            const share = (Math.min(to, Math.max(from, value)) - from) / (to - from);
            return TOP + (kind.isUpsideDown ? share : 1 - share) * inner;
        };
        const x = (/** @type {Sample} */ sample) => LEFT + sample[this.#axis] / this.#end * this.#inside;

        const figure = document.createElement('figure');
        const caption = document.createElement('figcaption');
        const average = values.reduce((sum, value) => sum + value, 0) / values.length;
        caption.textContent = kind.name === 'pace' ? kind.word
            : `${kind.word} · ${word(kind.name === 'altitude' ? 'run.fromTo' : 'run.onAverage')
                .replace('{low}', kind.text(values[0])).replace('{high}', kind.text(values[values.length - 1]))
                .replace('{average}', kind.text(average))}`;
        const svg = make('svg', {
            viewBox: `0 0 ${this.#width} ${HEIGHT}`, width: this.#width, height: HEIGHT, role: 'img',
            'aria-label': caption.textContent, class: `chart ${kind.name}`,
        });
        for (let value = from; value <= to + step / 1000; value += step) {
            svg.append(make('line', { x1: LEFT, x2: this.#width - RIGHT, y1: y(value), y2: y(value), class: 'grid' }));
            const label = make('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' });
            label.textContent = kind.tick(value);
            svg.append(label);
        }
        for (const { at, text } of this.#ticks()) {
            const label = make('text', { x: LEFT + at * this.#inside, y: HEIGHT - 6, 'text-anchor': 'middle' });
            label.textContent = text;
            svg.append(label);
        }
        let line = '';
        let area = '';
        let first = '';
        let lastX = '';
        const close = () => { if (first) area += `L${lastX} ${HEIGHT - BOTTOM}L${first} ${HEIGHT - BOTTOM}Z`; };
        for (const sample of samples) {
            const value = sample[kind.name];
            if (value === null || sample.isBroken) {
                close();
                first = '';
                if (value === null) continue;
            }
            const point = `${x(sample).toFixed(1)} ${y(value * kind.scale).toFixed(1)}`;
            lastX = x(sample).toFixed(1);
            line += `${first ? 'L' : 'M'}${point}`;
            area += `${first ? 'L' : `M${lastX} ${HEIGHT - BOTTOM}L`}${point}`;
            first ||= lastX;
        }
        close();
        svg.append(make('path', { d: area, class: 'area' }), make('path', { d: line, class: 'line' }));
        const hand = /** @type {SVGLineElement} */ (make('line', { y1: TOP, y2: HEIGHT - BOTTOM, class: 'hand' }));
        this.#hands.push(hand);
        svg.append(hand);
        figure.append(caption, svg);
        return figure;
    }

    /** @returns {{ at: number, text: string }[]} Marks along the run, from 0 at the left to 1 at the right. */
    #ticks() {
        const [isTime, end] = [this.#axis === 'seconds', this.#end];
        const step = stepFor(isTime ? TIME_STEPS : STEPS.map(step => step * 10), end / Math.max(2, this.#inside / 70));
        const ticks = [];
        for (let value = 0; value <= end; value += step) {
            const text = isTime ? duration(value) : `${Math.round(value / 10) / 100} km`;
            ticks.push({ at: value / end, text: value === 0 ? '0' : text });
        }
        // What would stick out of the picture is left out.
        return ticks.filter(({ at }) => at * this.#inside <= this.#inside - 8 || at === 0);
    }
}

/** @param {number[]} steps @param {number} least */
function stepFor(steps, least) { return steps.find(step => step >= least) ?? steps[steps.length - 1]; }

/** @param {string} name @param {Record<string, string | number>} attributes */
function make(name, attributes) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
    return node;
}
