/**
 * What the pages of the forum have in common: who wrote what when, and pictures.
 *
 * @module posts
 */
import { nameNode, sentence, timeNode } from './format.js';
import { here } from './house.js';
import { word } from './page.js';

/** @typedef {{ name: string, nickname: string, picture: string }} Author */
/**
 * @typedef {object} Post
 * @property {string} id
 * @property {number} number
 * @property {string} title
 * @property {string} content
 * @property {string[]} images
 * @property {Author} author
 * @property {number} likes
 * @property {boolean} isLiked
 * @property {number} comments
 * @property {number} createdAt Unix milliseconds.
 * @property {number} updatedAt
 * @property {boolean} isHidden By an administrator: then nobody reads it.
 */
/**
 * @typedef {object} Comment
 * @property {string} id
 * @property {string | null} replyTo
 * @property {string} content
 * @property {Author} author
 * @property {number} createdAt
 * @property {boolean} isHidden
 */

/** @param {{ isHidden: boolean }} post @param {string} text Of it. @returns {string} The text, or that it is hidden. */
export function written(post, text) { return post.isHidden ? word('forum.hidden') : text; }

/** @param {Author} author @returns {HTMLElement} Their name as everybody sees it. */
export function authorNode(author) { return nameNode(author.nickname || author.name); }

/**
 * Who wrote it, and when.
 *
 * @param {Author} author
 * @param {number} createdAt
 * @param {number} [updatedAt]
 * @returns {Node[]}
 */
export function byline(author, createdAt, updatedAt = createdAt) {
    const face = document.createElement('img');
    face.className = 'face';
    face.src = here(author.picture);
    face.alt = '';
    face.width = face.height = 28;
    face.loading = 'lazy';
    const name = authorNode(author);
    name.className = 'author';
    const parts = [face, name, timeNode(createdAt)];
    if (updatedAt > createdAt) {
        const edited = document.createElement('span');
        edited.textContent = word('forum.edited');
        parts.push(edited);
    }
    return parts;
}

/** @param {string[]} images @returns {HTMLElement[]} Each leads to the whole picture. */
export function pictures(images) {
    return images.map((address, index) => {
        const link = document.createElement('a');
        link.href = here(address);
        const image = document.createElement('img');
        image.src = link.href;
        image.loading = 'lazy';
        image.alt = sentence(word('forum.picture'), {
            number: String(index + 1), count: String(images.length),
        }).join('');
        link.append(image);
        return link;
    });
}

/**
 * @param {{ name: string, role?: string } | null | undefined} account
 * @param {Author} author
 * @returns {{ isOwn: boolean, mayDelete: boolean }}
 */
export function rights(account, author) {
    const isOwn = account?.name === author.name;
    return { isOwn, mayDelete: isOwn || account?.role === 'admin' || account?.role === 'root' };
}
