/**
 * The handbook: finds pages and sections by what stands in their titles.
 *
 * @module handbook
 */
import './account.js';
import { element } from './page.js';

const find = element('find', HTMLInputElement);
const none = element('found-none', HTMLElement);
const pages = [...element('titles', HTMLElement).children].map(page => {
    const sections = page.querySelector('ul');
    return { page, sections, isOpen: sections?.hidden === false };
});

/** @param {Element | null} node @param {string[]} words @returns {boolean} */
function holds(node, words) {
    const text = node?.textContent?.toLowerCase() ?? '';
    return words.every(word => text.includes(word));
}

/** Shows those of whose titles all that is typed is a part. */
function show() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let isAny = false;
    for (const { page, sections, isOpen } of pages) {
        const isPage = holds(page.firstElementChild, words);
        let isSection = false;
        for (const section of sections?.children ?? []) {
            const isFound = isPage || holds(section, words);
            isSection ||= isFound;
            if (section instanceof HTMLElement) section.hidden = !isFound;
        }
        if (sections) sections.hidden = words.length > 0 ? isPage || !isSection : !isOpen;
        if (page instanceof HTMLElement) page.hidden = !isPage && !isSection;
        isAny ||= isPage || isSection;
    }
    none.hidden = isAny;
}

find.hidden = false;
find.addEventListener('input', show);
show();
