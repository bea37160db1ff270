/**
 * The dialog in which a post is written or changed.
 *
 * @module write
 */
import { call, onlyOnce, trouble } from './house.js';
import { element, word } from './page.js';

/** What the server takes, so that nobody uploads in vain. */
const PICTURES = 3, PICTURE_BYTES = 5 << 20;

const nodes = {
    dialog: element('write-dialog', HTMLDialogElement),
    form: element('write-form', HTMLFormElement),
    heading: element('write-heading', HTMLElement),
    title: element('write-title', HTMLInputElement),
    content: element('write-content', HTMLTextAreaElement),
    images: element('write-images', HTMLElement),
    files: element('write-files', HTMLInputElement),
    wrong: element('write-wrong', HTMLElement),
    cancel: element('write-cancel', HTMLButtonElement),
    submit: element('write-submit', HTMLButtonElement),
};

/** @type {{ post: import('./posts.js').Post, tag: string } | null} What is changed; null for a new one. */
let changing = null;
/** @type {(post: import('./posts.js').Post) => void} */
let done = () => {};
let key = onlyOnce();

/**
 * @param {{ post: import('./posts.js').Post, tag: string } | null} existing
 * @param {(post: import('./posts.js').Post) => void} whenDone
 */
export function openWriting(existing, whenDone) {
    // What was begun is still there when the dialog was closed by a slip.
    if (existing || changing) nodes.form.reset();
    [changing, done, key] = [existing, whenDone, onlyOnce()];
    nodes.heading.textContent = word(existing ? 'forum.editHeading' : 'forum.writeHeading');
    nodes.submit.textContent = word(existing ? 'forum.save' : 'forum.publish');
    nodes.images.hidden = existing !== null;
    nodes.wrong.hidden = true;
    if (existing) [nodes.title.value, nodes.content.value] = [existing.post.title, existing.post.content];
    nodes.dialog.showModal();
    nodes.title.focus();
}

async function submit() {
    const files = [...nodes.files.files ?? []];
    if (files.length > PICTURES || files.some(file => file.size > PICTURE_BYTES)) {
        return complain(word('forum.picturesHint'));
    }
    nodes.submit.disabled = true;
    nodes.wrong.hidden = true;
    const answer = await (changing ? change(changing) : publish(files));
    nodes.submit.disabled = false;
    if (!answer.ok) return complain(trouble(answer));
    nodes.form.reset();
    nodes.dialog.close();
    done(answer.told);
}

/** @param {{ post: import('./posts.js').Post, tag: string }} existing */
function change({ post, tag }) {
    return call('PATCH', `/v1/posts/${post.id}`,
        { title: nodes.title.value, content: nodes.content.value }, { 'If-Match': tag });
}

/** @param {File[]} files */
function publish(files) {
    const headers = key;
    if (files.length === 0) {
        return call('POST', '/v1/posts', { title: nodes.title.value, content: nodes.content.value }, headers);
    }
    const form = new FormData();
    form.append('title', nodes.title.value);
    form.append('content', nodes.content.value);
    for (const file of files) form.append('images', file);
    return call('POST', '/v1/posts', form, headers);
}

/** @param {string} sentence */
function complain(sentence) {
    nodes.wrong.textContent = sentence;
    nodes.wrong.hidden = false;
    // Another text is another request.
    key = onlyOnce();
}

nodes.cancel.addEventListener('click', () => nodes.dialog.close());
nodes.form.addEventListener('submit', event => {
    event.preventDefault();
    void submit();
});
