/**
 * Where this phone is, from the browser's receiver: one position a second at most, and how good they are.
 *
 * @module positions
 */

/** @typedef {import('./runroom.js').Marker} Marker */
/**
 * How it goes: nothing is asked for, the first position is awaited, the last was so good, none has come for a while, the
 * person does not allow it, the device cannot, or the page came without TLS.
 *
 * @typedef {'off' | 'searching' | 'good' | 'fair' | 'poor' | 'useless' | 'silent' | 'refused' | 'unavailable'
 *     | 'insecure'} Quality
 */

/** Metres of accuracy: up to which a position is good, fair, poor; beyond the last the server does not count it. */
const [GOOD, FAIR, POOR] = [10, 25, 50];
/** Milliseconds: between two positions at least, and without one before that is worth a word. */
const [EVERY, SILENT] = [950, 12000];

export class Positions {
    /** @type {Quality} */ quality = 'off';
    #onMarker;
    #onQuality;
    /** @type {number | null} */ #watch = null;
    #timer = 0;
    #last = -Infinity;

    /**
     * @param {(marker: Marker) => void} onMarker
     * @param {() => void} onQuality
     */
    constructor(onMarker, onQuality) {
        this.#onMarker = onMarker;
        this.#onQuality = onQuality;
    }

    start() {
        if (this.#watch !== null) return;
        if (!window.isSecureContext) return this.#become('insecure');
        if (!navigator.geolocation) return this.#become('unavailable');
        this.#become('searching');
        this.#watch = navigator.geolocation.watchPosition(
            position => this.#take(position), error => this.#fail(error),
            { enableHighAccuracy: true, maximumAge: 0, timeout: 15000 });
        this.#await();
    }

    stop() {
        if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
        this.#watch = null;
        clearTimeout(this.#timer);
        this.#become('off');
    }

    /** @param {GeolocationPosition} position */
    #take({ coords, timestamp }) {
        this.#await();
        const { latitude, longitude, accuracy, altitude } = coords;
        this.#become(accuracy <= GOOD ? 'good' : accuracy <= FAIR ? 'fair' : accuracy <= POOR ? 'poor' : 'useless');
        if (timestamp - this.#last < EVERY && timestamp >= this.#last) return;
        this.#last = timestamp;
        const round = (/** @type {number} */ value, /** @type {number} */ digits) => Number(value.toFixed(digits));
        this.#onMarker({
            latitude: round(latitude, 7), longitude: round(longitude, 7), time: Math.round(timestamp),
            accuracy: round(accuracy, 1), ...altitude === null ? {} : { altitude: round(altitude, 1) },
        });
    }

    /** @param {GeolocationPositionError} error */
    #fail({ code }) {
        if (code === 1) {
            // It does not ask again by itself; a reload does.
            this.stop();
            return this.#become('refused');
        }
        // The watch goes on, and may still find something.
        this.#become(code === 2 ? 'unavailable' : 'silent');
    }

    #await() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#become('silent'), SILENT);
    }

    /** @param {Quality} quality */
    #become(quality) {
        if (this.quality === quality) return;
        this.quality = quality;
        this.#onQuality();
    }
}
