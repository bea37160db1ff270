/**
 * Keeps the screen on. Browsers let go of it whenever the page is hidden; it is taken again when it is shown.
 *
 * @module screen-light
 */

export class ScreenLight {
    #isWanted = false;
    /** @type {WakeLockSentinel | null} */ #lock = null;
    /** Whether the screen can be kept on, as far as is known. */
    canStay = true;
    #onChange;

    /** @param {() => void} onChange Called when {@link ScreenLight#canStay} may be another. */
    constructor(onChange = () => {}) {
        this.#onChange = onChange;
        document.addEventListener('visibilitychange', () => void this.#keep());
    }

    /** @param {boolean} isWanted */
    set isWanted(isWanted) {
        if (this.#isWanted === isWanted) return;
        this.#isWanted = isWanted;
        void this.#keep();
    }

    async #keep() {
        if (!this.#isWanted) {
            await this.#lock?.release();
            this.#lock = null;
            return;
        }
        if (document.hidden || this.#lock && !this.#lock.released) return;
        try {
            this.#lock = await navigator.wakeLock.request('screen');
            this.canStay = true;
            // It may not be wanted any more.
            if (!this.#isWanted) void this.#keep();
        } catch {
            // No such thing in this browser, or its battery is low.
            this.canStay = false;
        }
        this.#onChange();
    }
}
