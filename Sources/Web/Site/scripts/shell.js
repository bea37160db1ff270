/**
 * What stays of the pages without a network, and what is done when the server has newer ones: it is said, and the viewer
 * reloads when they like.
 *
 * @module shell
 */
import { makeButton, word } from './page.js';
import { isOutdated } from './version.js';

/** Milliseconds between two looks for another version at least, and between those of a page that is looked at. */
const [RARELY, OFTEN] = [60_000, 600_000];

let lookedAt = performance.now();

/** Has the browser keep the shell; where it cannot, without HTTPS for one, pages need the network. */
export function keepShell() {
    const keep = () => void navigator.serviceWorker?.register('/service-worker.js').catch(() => {});
    // What is looked at comes first.
    if (document.readyState === 'complete') keep();
    else window.addEventListener('load', keep);
}

/**
 * Says when the server's pages are newer than this one; to be asked whenever the server has been away.
 *
 * @param {number} [since] Milliseconds for which it has been looked for enough.
 */
export async function lookForNewer(since = 0) {
    if (document.getElementById('newer') || performance.now() - lookedAt < since) return;
    lookedAt = performance.now();
    if (await isOutdated() && !document.getElementById('newer')) say();
}

function say() {
    const notice = document.createElement('div');
    notice.id = 'newer';
    notice.className = 'newer';
    notice.setAttribute('role', 'status');
    const text = document.createElement('p');
    text.textContent = word('newer');
    notice.append(text, makeButton(word('newer.reload'), () => location.reload()));
    document.body.append(notice);
}

/** Keeps the shell, and looks for newer pages from time to time. */
export function attendShell() {
    keepShell();
    document.addEventListener('visibilitychange', () => { if (!document.hidden) void lookForNewer(RARELY); });
    window.addEventListener('online', () => void lookForNewer(RARELY));
    setInterval(() => { if (!document.hidden) void lookForNewer(RARELY); }, OFTEN);
}
