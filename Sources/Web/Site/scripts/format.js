/**
 * Numbers as runners read them, all of a width that does not change with their digits.
 *
 * @module format
 */

/** What stands where nothing is known. */
export const NOTHING = '–';

/** @param {number} meters @returns {string} `845 m`, `5.32 km`. */
export function distance(meters) {
    return meters < 1000 ? `${Math.floor(meters)} m` : `${(Math.floor(meters / 10) / 100).toFixed(2)} km`;
}

/** @param {number} seconds @returns {string} `0:09`, `25:54`, `1:02:03`. */
export function duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * @param {number | null} secondsPerMeter
 * @returns {string} `4:52`, a kilometre; {@link NOTHING} for who hardly moves.
 */
export function pace(secondsPerMeter) {
    if (secondsPerMeter === null) return NOTHING;
    const seconds = Math.round(secondsPerMeter * 1000);
    return seconds < 3600 ? duration(seconds) : NOTHING;
}

/** @param {number} meters @returns {string} How far behind: `+120 m`, `+1.20 km`. */
export function gap(meters) { return `+${distance(meters)}`; }

/** @param {number} count @returns {string} `1.2 MB`. */
export function bytes(count) {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let value = count, unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
        value /= 1000;
        unit += 1;
    }
    return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const clocks = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** @param {number} time Unix milliseconds. @returns {string} `17:04:31`, in the viewer's time zone. */
export function clock(time) { return clocks.format(time); }

// The page's language, as it is written where the reader is.
const language = document.documentElement.lang;
const locale = navigator.languages.find(name => name.split('-')[0] === language.split('-')[0]) ?? language;
const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const dateTimes = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {number} time Unix milliseconds. @returns {string} A day, as the page's language writes it. */
export function date(time) { return dates.format(time); }

/** @param {number} time Unix milliseconds. @returns {string} A day and a time. */
export function dateTime(time) { return dateTimes.format(time); }

/** @param {number} time Unix milliseconds. @returns {HTMLTimeElement} {@link dateTime}, for programs too. */
export function timeNode(time) {
    const node = document.createElement('time');
    node.dateTime = new Date(time).toISOString();
    node.textContent = dateTime(time);
    return node;
}

/**
 * A sentence with things put into it.
 *
 * @param {string} template `{name} finished {meters}`.
 * @param {Record<string, string | Node>} values By name.
 * @returns {(string | Node)[]} For `append`.
 */
export function sentence(template, values) {
    return template.split(/\{(\w+)\}/).map((part, index) => index % 2 ? values[part] ?? '' : part);
}

/** @param {string} name @returns {HTMLElement} A name as text, in a direction of its own, whatever it holds. */
export function nameNode(name) {
    const node = document.createElement('bdi');
    node.textContent = name;
    return node;
}
