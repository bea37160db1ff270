/**
 * Keeps the shell of the pages that are of use without a network: the home page, and a room's, where a run goes on that
 * was begun before. Nothing of what people do is kept, and nothing of `/v1` or of the live protocol passes through here.
 *
 * Pages come from the server whenever it answers, so that nobody has an old one by this; files have addresses that change
 * with their content, and are never asked for twice. Filled by the server, this changes with them, too, by which the
 * browser knows that there is another.
 *
 * @module service-worker
 */

/**
 * What the addresses of this version's files begin with, and the names of those that are needed.
 *
 * @typedef {object} Shell
 * @property {string} prefix
 * @property {string[]} files
 */

/** @type {Shell} */
const { prefix, files } = JSON.parse('{{shell}}');

/** What the browser knows of the worker itself; the types at hand are those of pages. */
const worker = /** @type {any} */ (self);

const CACHE = `shell ${prefix}`;
/** So many versions are kept: of pages that are open, some may still be of the one before. */
const VERSIONS = 2;
/** Milliseconds for which a network that says nothing is waited for. */
const PATIENCE = 4000;

/** Where the pages are, and by what their addresses are known; of a room's, the code does not matter. */
const PAGES = /** @type {[RegExp, string][]} */ ([
    [/^\/$/, '/'], [/^\/[rs]\/[^/]+$/, '/r/-'], [/^\/[rs]\/[^/]+\/board$/, '/r/-/board'],
    [/^\/(new|runs|forum|me|handbook|admin)(\/|$)/, '/offline'],
]);

worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
    const { request } = event;
    const { origin, pathname, searchParams } = new URL(request.url);
    if (request.method !== 'GET' || origin !== location.origin) return;
    if (pathname.startsWith('/web/')) return event.respondWith(file(request));
    if (request.mode !== 'navigate' || request.destination !== 'document') return;
    const kept = PAGES.find(([pattern]) => pattern.test(pathname))?.[1];
    if (kept === undefined) return;
    const answer = page(request, kept);
    event.respondWith(answer);
    // Whoever chooses a language wants it without a network, too; the answer is what makes it the chosen one.
    if (searchParams.has('lang')) event.waitUntil(answer.then(fill));
});

async function install() {
    const cache = await caches.open(CACHE);
    await cache.addAll(files.map(name => prefix + name));
    await fill();
    await worker.skipWaiting();
}

/** Keeps the pages in the language of who looks. */
async function fill() {
    const cache = await caches.open(CACHE);
    await Promise.all([...new Set(PAGES.map(([, address]) => address))].map(async address => {
        // Who asks for anything has another answer at `/`.
        const answer = await fetch(address, { cache: 'reload', headers: { Accept: 'text/html' } });
        // Another version than this one's has files that are not here.
        if (answer.ok && (await answer.clone().text()).includes(prefix)) await cache.put(address, answer);
    }));
}

async function activate() {
    const shells = (await caches.keys()).filter(name => name.startsWith('shell '));
    await Promise.all(shells.slice(0, -VERSIONS).map(name => caches.delete(name)));
    await worker.clients.claim();
}

/** @param {Request} request @returns {Promise<Response>} A file of this version or the one before, kept or not. */
async function file(request) { return await caches.match(request.url) ?? fetch(request); }

/**
 * A page as the server has it; as it was kept where none answers.
 *
 * @param {Request} request
 * @param {string} kept
 * @returns {Promise<Response>}
 */
async function page(request, kept) {
    const answer = fetch(request);
    // Behind a proxy there may be none.
    const good = answer.then(answer => answer.status < 502 || answer.status > 504 ? answer : undefined, () => undefined);
    const late = new Promise(resolve => setTimeout(resolve, PATIENCE));
    const first = await Promise.race([good, late]);
    return first ?? await (await caches.open(CACHE)).match(kept) ?? answer;
}
