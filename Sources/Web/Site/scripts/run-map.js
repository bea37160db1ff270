/**
 * The map of one run: its way coloured by pace, where it began and ended, and a dot that the charts move.
 *
 * @module run-map
 */
import { LatLng, LatLngBounds } from './leaflet.js';
import { makeGround } from './ground.js';
import { word } from './page.js';
import { latitude } from './way.js';

/** @typedef {import('./run-way.js').RunWay} RunWay */
/** @typedef {import('./map-view.js').Tiles} Tiles */

/** From slow to fast: told apart by lightness too, on light ground and dark. */
export const COLORS = ['#7b3294', '#b3479b', '#e0654e', '#ef9a28', '#2f9fd0'];
/** Where a run is seen wholly; and nearer than this it is not shown by itself. */
const CLOSEST = 17;
/** Pixels between the way and the edge. */
const MARGIN = 32;

export class RunMap {
    #map;
    #ways;
    #canvas = document.createElement('canvas');
    #container;
    #way;
    #isScheduled = false;
    /** The sample that is pointed at; -1 for none. */ #pointed = -1;
    #isMoved = false;

    /**
     * @param {HTMLElement} container
     * @param {RunWay} way With two samples or more whose places are shown.
     * @param {{ tiles?: Tiles }} options
     */
    constructor(container, way, { tiles }) {
        this.#container = container;
        this.#way = way;
        const { map, ways } = makeGround(container, tiles, { fadeAnimation: false });
        this.#map = map;
        this.#ways = ways;
        this.#canvas.className = 'dots';
        this.#canvas.setAttribute('aria-hidden', 'true');
        container.append(this.#canvas);
        this.#show();
        map.on('move zoom resize viewreset moveend zoomend', () => this.#redraw());
        map.on('dragstart', () => { this.#isMoved = true; });
        new ResizeObserver(() => {
            map.invalidateSize({ animate: false });
            if (!this.#isMoved) this.showAll();
            this.#redraw();
        }).observe(container);
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
            this.#show();
            this.#redraw();
        });
    }

    /** Shows all of it. */
    showAll() {
        const { placed } = this.#way;
        const [first] = placed;
        const at = ({ x = first.x, y = first.y } = {}) => new LatLng(latitude(y), x * 360 - 180);
        const bounds = new LatLngBounds(at(first), at(first));
        for (const sample of placed) bounds.extend(at(sample));
        this.#map.fitBounds(bounds, { animate: false, maxZoom: CLOSEST, padding: [MARGIN, MARGIN] });
    }

    /** @param {number} index Of the sample that the charts point at; -1 for none. */
    point(index) {
        if (this.#pointed === index) return;
        this.#pointed = index;
        this.#redraw();
    }

    /** Where the dot is on the map, in pixels; null without one. For tests. */
    get dot() {
        const sample = this.#way.samples[this.#pointed];
        return sample && !Number.isNaN(sample.x) ? this.#place(sample) : null;
    }

    /** Puts the way on the map, one line for each colour. */
    #show() {
        const { samples, placed } = this.#way;
        this.#ways.anchor(latitude(placed[0].y));
        const range = this.#way.paceRange;
        const plain = getComputedStyle(this.#container).getPropertyValue('--accent').trim();
        const style = getComputedStyle(this.#container).getPropertyValue('--surface').trim();
        /** @type {globalThis.Map<string, number[]>} */
        const lines = new globalThis.Map();
        const whole = [];
        let lastColor = '';
        for (let index = 0; index < samples.length; index += 1) {
            const { x, y, pace } = samples[index];
            const isBroken = index === 0 || samples[index].isBroken || Number.isNaN(x + samples[index - 1].x);
            if (isBroken && index > 0) whole.push(NaN, NaN);
            whole.push(x, y);
            if (isBroken) {
                lastColor = '';
                continue;
            }
            const color = range && pace !== null ? COLORS[paceClass(pace, range)] : plain;
            const line = lines.get(color) ?? [];
            lines.set(color, line);
            if (color !== lastColor) line.push(NaN, NaN, samples[index - 1].x, samples[index - 1].y);
            line.push(x, y);
            lastColor = color;
        }
        const line = (/** @type {number[]} */ points, /** @type {string} */ color, width = 5) => ({
            way: { points: Float64Array.from(points), length: points.length / 2 }, color, isBold: true, isFaint: false,
            tail: null, width,
        });
        this.#ways.show([line(whole, style, 8), ...[...lines].map(([color, points]) => line(points, color))]);
    }

    #redraw() {
        if (this.#isScheduled) return;
        this.#isScheduled = true;
        requestAnimationFrame(() => {
            this.#isScheduled = false;
            this.#draw();
        });
    }

    /** @param {{ x: number, y: number }} sample */
    #place({ x, y }) {
        const { min } = this.#map.getPixelBounds();
        const scale = 256 * 2 ** this.#map.getZoom();
        return { x: x * scale - min.x, y: y * scale - min.y };
    }

    #draw() {
        const size = this.#map.getSize();
        const ratio = window.devicePixelRatio || 1;
        const canvas = this.#canvas;
        const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
        if (canvas.width !== width || canvas.height !== height) {
            [canvas.width, canvas.height] = [width, height];
            canvas.style.width = `${size.x}px`;
            canvas.style.height = `${size.y}px`;
        }
        const context = canvas.getContext('2d');
        if (!context) return;
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, size.x, size.y);
        const style = getComputedStyle(this.#container);
        const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
        const { samples } = this.#way;
        context.lineWidth = 2;
        context.font = `700 11px ${style.fontFamily}`;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        // The end first: who ran in a round sees the start.
        for (const [sample, letter, isSquare] of /** @type {const} */ ([
            [samples[samples.length - 1], word('run.endLetter'), true], [samples[0], word('run.startLetter'), false]])) {
            // A way may begin or end where nobody is told.
            if (Number.isNaN(sample.x)) continue;
            const { x, y } = this.#place(sample);
            context.beginPath();
            if (isSquare) context.rect(x - 9, y - 9, 18, 18);
            else context.arc(x, y, 10, 0, 2 * Math.PI);
            context.fillStyle = color('ink');
            context.strokeStyle = color('surface');
            context.fill();
            context.stroke();
            context.fillStyle = color('surface');
            context.fillText(letter, x, y + 0.5);
        }
        const pointed = samples[this.#pointed];
        if (!pointed || Number.isNaN(pointed.x)) return;
        const { x, y } = this.#place(pointed);
        context.beginPath();
        context.arc(x, y, 8, 0, 2 * Math.PI);
        context.fillStyle = color('accent');
        context.strokeStyle = color('surface');
        context.lineWidth = 3;
        context.fill();
        context.stroke();
    }
}

/**
 * @param {number} pace Seconds a metre.
 * @param {{ fast: number, slow: number }} range
 * @returns {number} An index of {@link COLORS}.
 */
function paceClass(pace, { fast, slow }) {
    if (slow <= fast) return COLORS.length - 1;
    // By speed, of which people think in even steps.
    const share = (1 / pace - 1 / slow) / (1 / fast - 1 / slow);
    return Math.max(0, Math.min(COLORS.length - 1, Math.floor(share * COLORS.length)));
}
