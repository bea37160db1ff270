/**
 * The ground: a grid in metres where there are no tiles, and everybody's way. Lies in the map, larger than what is
 * seen, so that it moves along while somebody pans, and is drawn anew when they stop.
 *
 * @module way-canvas
 */
import { DomUtil, Renderer } from './leaflet.js';

/** @typedef {{ points: Float64Array, length: number }} Points A {@link import('./way.js').Way}, or as much of one. */
/**
 * With a width of its own a line is drawn wholly and of one strength.
 *
 * @typedef {{ way: Points, color: string, isBold: boolean, isFaint: boolean, tail: number | null, width?: number }} Line
 */

/** Metres around the earth. */
const CIRCUMFERENCE = 2 * Math.PI * 6378137;
/** The newest points of a way, drawn stronger than the older ones. */
const RECENT = 60;
/** Distances of grid lines, in metres; the least that is so many pixels wide is taken. */
const [GRID, GRID_PIXELS] = [[10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000], 60];

/** Leaflet keeps the canvas where it belongs; what is on it is ours. */
const Canvas = Renderer.extend({
    /** @this {any} */
    _initContainer() {
        this._container = document.createElement('canvas');
        this._container.setAttribute('aria-hidden', 'true');
    },
    /** @this {any} */
    _update() {
        if (this._map._animatingZoom && this._bounds) return;
        Renderer.prototype._update.call(this);
        const { _bounds: bounds, _container: canvas } = this;
        const size = bounds.getSize();
        const ratio = window.devicePixelRatio || 1;
        const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
        if (canvas.width !== width) canvas.width = width;
        if (canvas.height !== height) canvas.height = height;
        canvas.style.width = `${size.x}px`;
        canvas.style.height = `${size.y}px`;
        DomUtil.setPosition(canvas, bounds.min);
        this.draw();
    },
    draw() {},
    _updatePaths() {},
    _destroyContainer() {},
});

export class WayCanvas {
    /** @type {Line[]} */ #lines = [];
    /**
     * Whose cosine makes metres of world units: that of the first place.
     *
     * @type {number | null}
     */
    #latitude = null;
    #layer;
    #hasGrid;

    /**
     * @param {import('./leaflet.js').Map} map
     * @param {{ hasGrid: boolean }} options
     */
    constructor(map, { hasGrid }) {
        this.#hasGrid = hasGrid;
        this.#layer = new Canvas({ padding: 0.3 });
        this.#layer.draw = () => this.#draw();
        map.addLayer(this.#layer);
        // By day and by night the grid has another colour.
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
    }

    /** @param {number} latitude Where the room is, for a grid in metres. */
    anchor(latitude) { this.#latitude ??= latitude; }

    /** @param {Line[]} lines From the lowest to the topmost. */
    show(lines) {
        this.#lines = lines;
        this.#draw();
    }

    #draw() {
        const { _container: canvas, _bounds: bounds, _map: map } = this.#layer;
        const context = canvas?.getContext('2d');
        if (!context || !bounds || !map || map._animatingZoom) return;
        const ratio = window.devicePixelRatio || 1;
        const scale = 256 * 2 ** this.#layer._zoom;
        const origin = map.getPixelOrigin();
        const [left, top] = [origin.x + bounds.min.x, origin.y + bounds.min.y];
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
        if (this.#hasGrid) this.#drawGrid(context, scale, left, top, bounds.getSize());
        context.lineJoin = 'round';
        context.lineCap = 'round';
        for (const { way, color, isBold, isFaint, tail, width } of this.#lines) {
            context.strokeStyle = color;
            context.lineWidth = width ?? (isBold ? 4 : 2.5);
            const end = way.length;
            const recent = width ? 0 : Math.max(0, end - RECENT);
            const first = tail === null ? 0 : Math.max(0, end - tail);
            if (first < recent) {
                context.globalAlpha = isFaint ? 0.1 : isBold ? 0.5 : 0.28;
                trace(context, way, first, recent + 1, scale, left, top);
            }
            context.globalAlpha = isFaint ? 0.25 : isBold ? 1 : 0.75;
            trace(context, way, Math.max(first, recent), end, scale, left, top);
        }
        context.globalAlpha = 1;
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {number} scale Pixels of the world.
     * @param {number} left Pixels of the world.
     * @param {number} top Pixels of the world.
     * @param {{ x: number, y: number }} size
     */
    #drawGrid(context, scale, left, top, size) {
        if (this.#latitude === null) return;
        const pixelsPerMeter = scale / (CIRCUMFERENCE * Math.cos(this.#latitude * Math.PI / 180));
        const meters = GRID.find(meters => meters * pixelsPerMeter >= GRID_PIXELS) ?? GRID[GRID.length - 1];
        const step = meters * pixelsPerMeter;
        context.strokeStyle = getComputedStyle(this.#layer._container).getPropertyValue('--grid');
        context.lineWidth = 1;
        context.beginPath();
        for (let x = Math.ceil(left / step) * step - left; x < size.x; x += step) {
            context.moveTo(Math.round(x) + 0.5, 0);
            context.lineTo(Math.round(x) + 0.5, size.y);
        }
        for (let y = Math.ceil(top / step) * step - top; y < size.y; y += step) {
            context.moveTo(0, Math.round(y) + 0.5);
            context.lineTo(size.x, Math.round(y) + 0.5);
        }
        context.stroke();
    }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Points} way
 * @param {number} first
 * @param {number} end
 * @param {number} scale
 * @param {number} left
 * @param {number} top
 */
function trace(context, { points }, first, end, scale, left, top) {
    context.beginPath();
    let isOpen = false;
    let [lastX, lastY] = [0, 0];
    for (let index = first; index < end; index += 1) {
        const [x, y] = [points[2 * index] * scale - left, points[2 * index + 1] * scale - top];
        if (Number.isNaN(x)) {
            isOpen = false;
        } else if (!isOpen) {
            context.moveTo(x, y);
            [isOpen, lastX, lastY] = [true, x, y];
        } else if (Math.abs(x - lastX) + Math.abs(y - lastY) >= 0.7 || index === end - 1) {
            // What is less than a pixel away nobody sees.
            context.lineTo(x, y);
            [lastX, lastY] = [x, y];
        }
    }
    context.stroke();
}
