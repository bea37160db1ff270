/**
 * The forum: what was written, the newest first.
 *
 * @module forum
 */
import { openAccountDialog, session } from './account.js';
import { sentence } from './format.js';
import { call, here, trouble } from './house.js';
import { element, word } from './page.js';
import { byline, written } from './posts.js';
import { openWriting } from './write.js';

/** Posts a page, and characters of each: the rest is behind its title. */
const FIRST = '/v1/posts?limit=20&excerpt=400';

const nodes = {
    posts: element('posts', HTMLElement),
    none: element('no-posts', HTMLElement),
    trouble: element('trouble', HTMLElement),
    troubleText: element('trouble-text', HTMLElement),
    retry: element('retry', HTMLButtonElement),
    more: element('more', HTMLButtonElement),
    write: element('write', HTMLButtonElement),
};

/** @type {string | null} */
let next = FIRST;

async function load() {
    if (!next) return;
    nodes.trouble.hidden = true;
    nodes.more.disabled = true;
    const answer = await call('GET', next);
    nodes.more.disabled = false;
    nodes.posts.removeAttribute('aria-busy');
    if (!answer.ok) {
        nodes.troubleText.textContent = trouble(answer);
        nodes.trouble.hidden = false;
        return;
    }
    next = answer.next;
    const isFirst = nodes.posts.childElementCount === 0;
    const cards = answer.told.posts.map(card);
    nodes.posts.append(...cards);
    nodes.none.hidden = nodes.posts.childElementCount > 0;
    nodes.more.hidden = next === null;
    // Who asked for more with the keyboard goes on where it begins.
    if (!isFirst) cards[0]?.querySelector('a')?.focus({ preventScroll: true });
}

/** @param {import('./posts.js').Post} post */
function card(post) {
    const article = document.createElement('article');
    article.className = 'card teaser';
    const heading = document.createElement('h2');
    const link = document.createElement('a');
    link.href = `/forum/${post.number}`;
    link.dir = 'auto';
    link.textContent = written(post, post.title);
    heading.append(link);
    const author = document.createElement('p');
    author.className = 'byline';
    author.append(...byline(post.author, post.createdAt, post.updatedAt));
    const text = document.createElement('p');
    text.className = 'text excerpt';
    text.dir = 'auto';
    text.textContent = written(post, post.content);
    const counts = document.createElement('p');
    counts.className = 'counts';
    counts.append(count('♥', post.likes, 'forum.likes'), count('💬', post.comments, 'forum.commentCount'));
    article.append(heading, author, text);
    if (post.images.length > 0) {
        const strip = document.createElement('div');
        strip.className = 'thumbnails';
        strip.append(...post.images.map(address => {
            const image = document.createElement('img');
            image.src = here(address);
            image.alt = '';
            image.loading = 'lazy';
            return image;
        }));
        article.append(strip);
    }
    article.append(counts);
    return article;
}

/** @param {string} sign @param {number} number @param {string} name */
function count(sign, number, name) {
    const node = document.createElement('span');
    const mark = document.createElement('span');
    mark.ariaHidden = 'true';
    mark.textContent = `${sign} ${number}`;
    const words = document.createElement('span');
    words.className = 'unseen';
    words.append(...sentence(word(name), { count: String(number) }));
    node.append(mark, words);
    return node;
}

nodes.more.addEventListener('click', () => void load());
nodes.retry.addEventListener('click', () => void load());
nodes.write.addEventListener('click', () => {
    if (!session.account) return openAccountDialog('logIn');
    openWriting(null, post => location.assign(`/forum/${post.number}`));
});
void load();
