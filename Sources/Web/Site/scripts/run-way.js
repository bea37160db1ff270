/**
 * What a run's points say: places, and pace, altitude and heart rate along them.
 *
 * @module run-way
 */
import { worldX, worldY } from './way.js';

/**
 * @typedef {object} Told A run as `/v1/runs/{id}` tells it.
 * @property {number} start Unix milliseconds.
 * @property {string[]} [columns]
 * @property {(number | null)[][]} [points] In rows of `columns`.
 * @property {any[]} [markers] As a client sent them, whatever they are.
 */

/**
 * @typedef {object} Sample A moment of the run.
 * @property {number} meters Along the way.
 * @property {number} seconds Since the start, pauses included.
 * @property {number} x World units, as {@link worldX} has them; NaN, as `y`, where the place is hidden.
 * @property {number} y
 * @property {number | null} pace Seconds a metre; null where the way has a gap.
 * @property {number | null} altitude Metres.
 * @property {number | null} heartRate Beats a minute.
 * @property {boolean} isBroken Whether nothing joins it to the sample before.
 */

/** Milliseconds without a point after which the way has a gap. */
const GAP = 30_000;
/** Pace is that of so many seconds around a moment, or of more until so many metres are run in them. */
const [WINDOW, WINDOW_METERS] = [30, 20];
/** Slower than this, in seconds a metre, nobody runs: such stretches are drawn as gaps of the chart. */
const SLOWEST = 1.5;
/** Pixels are fewer than this. */
const MOST_SAMPLES = 4000;

export class RunWay {
    /** @type {Sample[]} */
    samples = [];
    /** Whether the samples have times and distances, or are mere places. */
    isMeasured = false;

    /** Those whose places are shown. */
    get placed() { return this.samples.filter(({ x }) => !Number.isNaN(x)); }

    /** @param {Told} run */
    constructor(run) {
        if (run.points && run.columns) this.#readPoints(run, run.columns, run.points);
        else this.#readMarkers(run.markers ?? []);
    }

    /** @param {Told} run @param {string[]} columns @param {(number | null)[][]} points */
    #readPoints(run, columns, points) {
        const column = (/** @type {string} */ name) => columns.indexOf(name);
        const [time, latitude, longitude, altitude, heartRate, meters] =
            ['time', 'latitude', 'longitude', 'altitude', 'heartRate', 'meters'].map(column);
        // What does not count is no part of the way.
        const counted = points.filter(point => point[meters] !== null);
        const step = Math.max(1, Math.ceil(counted.length / MOST_SAMPLES));
        let last = -Infinity;
        this.samples = counted.filter((_, index) => index % step === 0 || index === counted.length - 1).map(point => {
            const now = point[time] ?? 0;
            const isBroken = now - last > GAP * step;
            last = now;
            return {
                meters: point[meters] ?? 0, seconds: Math.max(0, (now - run.start) / 1000),
                x: worldX(point[longitude] ?? NaN), y: worldY(point[latitude] ?? NaN), pace: null,
                altitude: point[altitude], heartRate: point[heartRate], isBroken,
            };
        });
        this.isMeasured = this.samples.length > 1;
        this.#reckonPaces();
    }

    /** @param {any[]} markers */
    #readMarkers(markers) {
        for (const marker of markers) {
            const { latitude, longitude } = marker ?? {};
            if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) continue;
            if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) continue;
            this.samples.push({
                meters: 0, seconds: 0, x: worldX(longitude), y: worldY(latitude), pace: null, altitude: null,
                heartRate: null, isBroken: this.samples.length === 0,
            });
        }
    }

    #reckonPaces() {
        const { samples } = this;
        let [from, to] = [0, 0];
        for (let index = 0; index < samples.length; index += 1) {
            // A window does not reach over a gap.
            if (samples[index].isBroken) from = to = index;
            const { seconds } = samples[index];
            while (samples[from].seconds < seconds - WINDOW / 2) from += 1;
            to = Math.max(to, index);
            while (to + 1 < samples.length && !samples[to + 1].isBroken && samples[to].seconds < seconds + WINDOW / 2) {
                to += 1;
            }
            const meters = samples[to].meters - samples[from].meters;
            const pace = meters >= WINDOW_METERS ? (samples[to].seconds - samples[from].seconds) / meters : null;
            samples[index].pace = pace !== null && pace <= SLOWEST ? pace : null;
        }
    }

    /** The paces between which nearly all of the run lies, fast and slow, in seconds a metre; null without any. */
    get paceRange() {
        const paces = this.samples.flatMap(({ pace }) => pace === null ? [] : [pace]).sort((a, b) => a - b);
        if (paces.length < 2) return null;
        const at = (/** @type {number} */ share) => paces[Math.round(share * (paces.length - 1))];
        return { fast: at(0.05), slow: at(0.95) };
    }

    /**
     * The index of the sample nearest to a place along an axis.
     *
     * @param {'meters' | 'seconds'} axis
     * @param {number} value
     */
    nearest(axis, value) {
        let [low, high] = [0, this.samples.length - 1];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.samples[middle][axis] < value) low = middle + 1;
            else high = middle;
        }
        const before = this.samples[low - 1];
        return before && value - before[axis] < this.samples[low][axis] - value ? low - 1 : low;
    }
}
