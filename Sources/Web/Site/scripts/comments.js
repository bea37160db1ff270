/**
 * What is said to a post: comments, the oldest first, with the replies to each below it.
 *
 * @module comments
 */
import { openAccountDialog, session } from './account.js';
import { confirmed } from './confirm.js';
import { sentence } from './format.js';
import { call, onlyOnce, trouble } from './house.js';
import { element, word } from './page.js';
import { authorNode, byline, rights, written } from './posts.js';
import { openReport, thank } from './report.js';

/** @typedef {import('./posts.js').Comment} Comment */

/** So many replies deep each is set in; on a phone there is no room for more. */
const DEEPEST = 3;

const nodes = {
    section: element('discussion', HTMLElement),
    list: element('comments', HTMLElement),
    none: element('no-comments', HTMLElement),
    more: element('more', HTMLButtonElement),
    form: element('comment-form', HTMLFormElement),
    text: element('comment', HTMLTextAreaElement),
    send: element('send', HTMLButtonElement),
    wrong: element('comment-wrong', HTMLElement),
    replying: element('replying', HTMLElement),
    replyingText: element('replying-text', HTMLElement),
    noReply: element('no-reply', HTMLButtonElement),
    logIn: element('log-in-to-comment', HTMLElement),
    logInHere: element('log-in-here', HTMLButtonElement),
};

export class Discussion {
    #path;
    #postAuthor;
    /** @type {string | null} */
    #next;
    /** @type {Map<string, { comment: Comment, node: HTMLElement, replies: HTMLElement, depth: number }>} By id. */
    #shown = new Map();
    /** @type {Comment | null} What the next comment replies to. */
    #replyTo = null;
    #key = onlyOnce();

    /**
     * @param {string} path Of the comments.
     * @param {() => import('./posts.js').Author | null} postAuthor Who may delete them all.
     */
    constructor(path, postAuthor) {
        this.#path = path;
        this.#postAuthor = postAuthor;
        this.#next = `${path}?limit=100`;
        nodes.more.addEventListener('click', () => void this.load());
        nodes.noReply.addEventListener('click', () => this.#reply(null));
        nodes.logInHere.addEventListener('click', () => openAccountDialog('logIn'));
        nodes.form.addEventListener('submit', event => {
            event.preventDefault();
            void this.#send();
        });
    }

    /** Shows the next page of them. */
    async load() {
        if (!this.#next) return;
        nodes.more.disabled = true;
        const answer = await call('GET', this.#next);
        nodes.more.disabled = false;
        if (answer.ok) {
            this.#next = answer.next;
            for (const comment of answer.told.comments) this.#add(comment);
        } else {
            this.#complain(trouble(answer));
        }
        // After a failure the same button tries again.
        nodes.more.hidden = this.#next === null;
        this.update();
    }

    /** Shows what whoever is logged in now may do. */
    update() {
        nodes.section.hidden = false;
        nodes.none.hidden = this.#shown.size > 0 || this.#next !== null;
        nodes.form.hidden = !session.account;
        nodes.logIn.hidden = session.account !== null;
        for (const { comment, node } of this.#shown.values()) this.#showRights(comment, node);
    }

    hide() { nodes.section.hidden = true; }

    /** @param {Comment} comment */
    #add(comment) {
        if (this.#shown.has(comment.id)) return;
        const parent = comment.replyTo ? this.#shown.get(comment.replyTo) : undefined;
        const depth = parent ? parent.depth + 1 : 0;
        const item = document.createElement('li');
        const body = document.createElement('div');
        body.className = 'comment';
        const author = document.createElement('p');
        author.className = 'byline';
        author.append(...byline(comment.author, comment.createdAt));
        const text = document.createElement('p');
        text.className = 'text';
        text.dir = 'auto';
        text.textContent = written(comment, comment.content);
        const actions = document.createElement('p');
        actions.className = 'actions';
        const report = action('report', 'report', () => openReport(
            [{ label: word('report'), path: `/v1/comments/${comment.id}/report` }], () => thank(report)));
        actions.append(
            action('reply', 'forum.reply', () => this.#reply(comment)), report,
            action('remove', 'forum.delete', () => void this.#remove(comment)));
        if (parent && depth > DEEPEST) {
            const to = document.createElement('p');
            to.className = 'hint';
            to.append(...sentence(word('forum.replyTo'), { name: authorNode(parent.comment.author) }));
            body.append(to);
        }
        body.append(author, text, actions);
        const replies = document.createElement('ol');
        replies.className = 'comments';
        if (depth < DEEPEST) replies.classList.add('replies');
        item.append(body, replies);
        (parent?.replies ?? nodes.list).append(item);
        this.#shown.set(comment.id, { comment, node: item, replies, depth });
        this.#showRights(comment, item);
    }

    /** @param {Comment} comment @param {HTMLElement} node */
    #showRights(comment, node) {
        const ofPost = this.#postAuthor();
        const { isOwn, mayDelete: mayDeleteIt } = rights(session.account, comment.author);
        const mayDelete = mayDeleteIt
            || ofPost !== null && rights(session.account, ofPost).isOwn;
        for (const button of node.querySelectorAll(':scope > .comment button')) {
            if (button instanceof HTMLElement) {
                const { action } = button.dataset;
                button.hidden = !session.account || action === 'remove' && !mayDelete
                    || action === 'report' && (isOwn || comment.isHidden);
            }
        }
    }

    /** @param {Comment | null} comment */
    #reply(comment) {
        this.#replyTo = comment;
        nodes.replying.hidden = comment === null;
        if (comment) {
            nodes.replyingText.replaceChildren(
                ...sentence(word('forum.replyTo'), { name: authorNode(comment.author) }));
        }
        nodes.text.focus();
    }

    async #send() {
        nodes.send.disabled = true;
        nodes.wrong.hidden = true;
        const answer = await call('POST', this.#path,
            { content: nodes.text.value, ...this.#replyTo ? { replyTo: this.#replyTo.id } : {} },
            this.#key);
        nodes.send.disabled = false;
        if (answer.status !== 0) this.#key = onlyOnce();
        if (!answer.ok) return this.#complain(trouble(answer));
        nodes.form.reset();
        this.#reply(null);
        this.#add(answer.told);
        this.update();
        this.#shown.get(answer.told.id)?.node.scrollIntoView({ block: 'nearest' });
    }

    /** @param {Comment} comment */
    async #remove(comment) {
        const isSure = await confirmed({
            heading: word('forum.deleteCommentHeading'), text: word('forum.deleteCommentText'),
            yes: word('forum.delete'),
        });
        if (!isSure) return;
        const answer = await call('DELETE', `/v1/comments/${comment.id}`);
        if (!answer.ok && answer.status !== 404) return this.#complain(trouble(answer));
        this.#shown.get(comment.id)?.node.remove();
        for (const [id, { node }] of this.#shown) if (!node.isConnected) this.#shown.delete(id);
        if (this.#replyTo && !this.#shown.has(this.#replyTo.id)) this.#reply(null);
        this.update();
    }

    /** @param {string} text */
    #complain(text) {
        nodes.wrong.textContent = text;
        nodes.wrong.hidden = false;
    }
}

/** @param {string} name @param {string} text @param {() => void} act */
function action(name, text, act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.dataset.action = name;
    button.textContent = word(text);
    button.addEventListener('click', act);
    return button;
}
