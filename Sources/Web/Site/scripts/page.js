/**
 * What the server says to the page it is in: the language's words, and this server's settings.
 *
 * @module page
 */

/**
 * @typedef {object} Page
 * @property {Record<string, string>} words By their names in `words/*.json`.
 * @property {{ demoRoom?: string, tiles?: import('./map-view.js').Tiles, crs: 'wgs84' | 'gcj02' }} settings
 */

/** @type {Page} */
const page = JSON.parse(document.getElementById('page')?.textContent ?? '{}');

export const settings = page.settings;

/** @param {string} name @param {string} [other] What to say where there is no such word. @returns {string} */
export function word(name, other = name) { return page.words[name] ?? other; }

/**
 * An element that the page is sure to have.
 *
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function element(id, type) {
    const found = document.getElementById(id);
    if (!(found instanceof type)) throw new Error(`no ${type.name} #${id}`);
    return found;
}

/**
 * Has a node hold this and nothing else; one that says the same already is left alone.
 *
 * @param {HTMLElement} node
 * @param {(string | Node)[]} parts
 */
export function write(node, ...parts) {
    const text = parts.map(part => typeof part === 'string' ? part : part.textContent).join('');
    if (node.textContent !== text) node.replaceChildren(...parts);
}

/**
 * Says how something went, where that is said.
 *
 * @param {HTMLElement} node
 * @param {string} text
 * @param {boolean} [isWrong]
 */
export function tell(node, text, isWrong = false) {
    node.dataset.wrong = String(isWrong);
    node.textContent = text;
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {{ of?: string, className?: string }} more `of` what, for who hears one of many buttons that say the same.
 * @returns {HTMLButtonElement}
 */
export function makeButton(text, act, { of, className = 'button' } = {}) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = className;
    button.textContent = text;
    if (of !== undefined) button.setAttribute('aria-label', `${text}: ${of}`);
    button.addEventListener('click', act);
    return button;
}

/** What is kept for this tab alone; nothing, where the browser keeps none, as in a frame of another site's page. */
export const tabMemory = {
    /** @param {string} name @returns {string | null} */
    get(name) {
        try {
            return sessionStorage.getItem(name);
        } catch {
            return null;
        }
    },

    /** @param {string} name @param {string | null} value Null to forget it. */
    set(name, value) {
        try {
            if (value === null) sessionStorage.removeItem(name);
            else sessionStorage.setItem(name, value);
        } catch {
            // It is asked for again by the next load.
        }
    },
};
