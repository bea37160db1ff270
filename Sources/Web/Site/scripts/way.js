/**
 * A runner's way on the map: points in world units, which are degrees no more, so that drawing them is one
 * multiplication each.
 *
 * @module way
 */

/** @param {number} longitude @returns {number} 0 at 180° west to 1 at 180° east. */
export function worldX(longitude) { return (longitude + 180) / 360; }

/** @param {number} latitude @returns {number} Web Mercator: 0 in the north to 1 in the south. */
export function worldY(latitude) {
    const sine = Math.sin(Math.max(-85.05, Math.min(85.05, latitude)) * Math.PI / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** @param {number} y As of {@link worldY}. @returns {number} Degrees. */
export function latitude(y) { return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI; }

/**
 * The places of a way as encoded polylines (Google, “Encoded Polyline Algorithm Format”) of six decimals, with a space
 * between its pieces.
 *
 * @param {string} lines
 * @returns {(number | null)[][]} [latitude, longitude]; nulls where one piece ends and another begins.
 */
export function places(lines) {
    return lines.split(' ').flatMap((line, index) => index > 0 ? [[null, null], ...piece(line)] : piece(line));
}

/** @param {string} line @returns {number[][]} */
function piece(line) {
    /** @type {number[][]} */ const found = [];
    const sums = [0, 0];
    let [value, shift, axis] = [0, 0, 0];
    for (const character of line) {
        const bits = character.charCodeAt(0) - 63;
        value += (bits & 31) << shift;
        shift += 5;
        if (bits >= 32) continue;
        sums[axis] += value & 1 ? ~(value >>> 1) : value >>> 1;
        [value, shift, axis] = [0, 0, 1 - axis];
        if (axis === 0) found.push([sums[0] / 1e6, sums[1] / 1e6]);
    }
    return found;
}

/** More points than these are thinned, the older ones first: a way takes the same memory however long it becomes. */
const CAPACITY = 600;

export class Way {
    /** x, y, x, y, …; a gap in the way is a pair of NaN. */
    points = new Float64Array(2 * CAPACITY);
    /** How many pairs there are. */
    length = 0;

    clear() { this.length = 0; }

    /** @param {number} latitude @param {number} longitude */
    add(latitude, longitude) { this.#push(worldX(longitude), worldY(latitude)); }

    /** What comes next is not joined to what came before. */
    interrupt() {
        if (this.length > 0 && !Number.isNaN(this.points[2 * this.length - 2])) this.#push(NaN, NaN);
    }

    /** @param {(number | null)[][]} places [latitude, longitude], oldest first; nulls for a gap. */
    replace(places) {
        this.clear();
        for (const [latitude, longitude] of places) {
            if (latitude === null || longitude === null) this.interrupt();
            else this.add(latitude, longitude);
        }
    }

    /** @param {number} x @param {number} y */
    #push(x, y) {
        if (this.length === CAPACITY) this.#thin();
        this.points[2 * this.length] = x;
        this.points[2 * this.length + 1] = y;
        this.length += 1;
    }

    /** Drops every second point of the older half, gaps excepted while there are not many. */
    #thin() {
        const { points } = this;
        const half = CAPACITY / 2;
        let kept = 0;
        let gaps = 0;
        for (let index = 0; index < CAPACITY; index += 1) {
            const isGap = Number.isNaN(points[2 * index]);
            if (isGap) gaps += 1;
            const stays = index === 0 || index >= half || (isGap ? gaps <= half / 4 : index % 2 === 0);
            if (!stays) continue;
            points[2 * kept] = points[2 * index];
            points[2 * kept + 1] = points[2 * index + 1];
            kept += 1;
        }
        this.length = kept;
    }
}
