/**
 * One post, and what is said to it.
 *
 * @module post
 */
import { openAccountDialog, session } from './account.js';
import { confirmed } from './confirm.js';
import { Discussion } from './comments.js';
import { call, trouble } from './house.js';
import { element, word } from './page.js';
import { byline, pictures, rights, written } from './posts.js';
import { openReport, thank } from './report.js';
import { openWriting } from './write.js';

const nodes = {
    post: element('post', HTMLElement),
    title: element('post-title', HTMLElement),
    author: element('post-author', HTMLElement),
    content: element('post-content', HTMLElement),
    pictures: element('post-pictures', HTMLElement),
    like: element('like', HTMLButtonElement),
    likeCount: element('like-count', HTMLElement),
    report: element('report', HTMLButtonElement),
    edit: element('edit', HTMLButtonElement),
    delete: element('delete', HTMLButtonElement),
    missing: element('missing', HTMLElement),
    trouble: element('trouble', HTMLElement),
    troubleText: element('trouble-text', HTMLElement),
    retry: element('retry', HTMLButtonElement),
};

const path = `/v1/posts/${location.pathname.split('/')[2]}`;
/** @type {{ post: import('./posts.js').Post, tag: string } | null} */
let shown = null;
/** @type {Discussion | null} */
let discussion = null;

async function load() {
    nodes.trouble.hidden = true;
    take(await call('GET', path));
}

/** @param {import('./house.js').Answer} answer With the post, or why not. */
function take(answer) {
    if (answer.status === 404) {
        nodes.missing.hidden = false;
        nodes.post.hidden = true;
        discussion?.hide();
        return;
    }
    if (!answer.ok) return complain(answer);
    shown = { post: answer.told, tag: answer.tag ?? '*' };
    show();
    if (!discussion) {
        discussion = new Discussion(`${path}/comments`, () => shown?.post.author ?? null);
        void discussion.load();
    }
    discussion.update();
}

/** @param {import('./house.js').Answer} answer */
function complain(answer) {
    nodes.troubleText.textContent = trouble(answer);
    nodes.trouble.hidden = false;
}

function show() {
    if (!shown) return;
    const { post } = shown;
    const title = written(post, post.title);
    document.title = `${title} – RunRoom`;
    nodes.title.textContent = title;
    nodes.author.replaceChildren(...byline(post.author, post.createdAt, post.updatedAt));
    nodes.content.textContent = written(post, post.content);
    // Those that are there are left alone, so that nothing jumps.
    if (nodes.pictures.childElementCount !== post.images.length) nodes.pictures.replaceChildren(...pictures(post.images));
    nodes.like.setAttribute('aria-pressed', String(post.isLiked));
    nodes.likeCount.textContent = String(post.likes);
    const { isOwn, mayDelete } = rights(session.account, post.author);
    nodes.edit.hidden = !isOwn || post.isHidden;
    nodes.report.hidden = isOwn || post.isHidden;
    nodes.delete.hidden = !mayDelete;
    nodes.post.hidden = false;
}

async function like() {
    if (!session.account) return openAccountDialog('logIn');
    if (!shown) return;
    nodes.like.disabled = true;
    const answer = await call(shown.post.isLiked ? 'DELETE' : 'PUT', `${path}/like`);
    nodes.like.disabled = false;
    nodes.trouble.hidden = true;
    take(answer);
    nodes.like.focus();
}

async function remove() {
    const isSure = await confirmed({
        heading: word('forum.deleteHeading'), text: word('forum.deleteText'), yes: word('forum.delete'),
    });
    if (!isSure) return;
    const answer = await call('DELETE', path);
    if (answer.ok || answer.status === 404) location.assign('/forum');
    else complain(answer);
}

session.addEventListener('change', () => {
    // What one likes is another's matter for somebody else.
    if (shown) void load();
});
nodes.like.addEventListener('click', () => void like());
nodes.report.addEventListener('click', () => {
    openReport([{ label: word('report'), path: `${path}/report` }], () => thank(nodes.report));
});
nodes.edit.addEventListener('click', () => {
    if (shown) openWriting(shown, () => void load());
});
nodes.delete.addEventListener('click', () => void remove());
nodes.retry.addEventListener('click', () => void load());
void load();
