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
