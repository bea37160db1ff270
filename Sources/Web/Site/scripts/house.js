/**
 * Calls of the server's own API, `/v1`, as all pages make them: by the cookie that no script can read.
 *
 * @module house
 */
import { word } from './page.js';

/**
 * What was answered.
 *
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status 0 where nothing came.
 * @property {any} told The object; empty where there is none.
 * @property {string | null} next The address of the next page of a list.
 * @property {string | null} tag For changing only what was seen.
 */

/**
 * @param {string} method
 * @param {string} path
 * @param {object | FormData} [body] An object goes as JSON.
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Answer>} Also where the server is away.
 */
export async function call(method, path, body, headers = {}) {
    const isForm = body instanceof FormData;
    try {
        const answer = await fetch(path, {
            method, headers: body && !isForm ? { 'Content-Type': 'application/json', ...headers } : headers,
            ...body ? { body: isForm ? body : JSON.stringify(body) } : {},
        });
        const text = await answer.text();
        return {
            ok: answer.ok, status: answer.status, told: text ? JSON.parse(text) : {},
            next: /<([^>]*)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1] ?? null,
            tag: answer.headers.get('ETag'),
        };
    } catch {
        return { ok: false, status: 0, told: {}, next: null, tag: null };
    }
}

/**
 * @param {Answer} answer
 * @returns {string} Why it is no good, for people: in the page's language where that has a sentence for it.
 */
export function trouble({ status, told }) {
    if (status === 0) return word('problem.network');
    const other = status === 401 ? word('problem.unauthenticated') : told.detail ?? word('problem.network');
    return word(`problem.${told.code}`, other);
}

/**
 * Has the browser keep a file of this server's, as a link would, which cannot say by which link to a room or a run
 * somebody came.
 *
 * @param {string} path
 * @param {Record<string, string>} headers
 * @returns {Promise<string>} Why it is no good, for people; empty where it is.
 */
export async function save(path, headers) {
    try {
        const answer = await fetch(path, { headers });
        if (!answer.ok) {
            return trouble({ ok: false, status: answer.status, told: await answer.json(), next: null, tag: null });
        }
        const name = /filename="([^"]*)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? '';
        const link = document.createElement('a');
        link.href = URL.createObjectURL(await answer.blob());
        link.download = name;
        link.click();
        // The browser has the file when it has begun to keep it.
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        return '';
    } catch {
        return word('problem.network');
    }
}

/** @returns {Record<string, string>} A field by which a request that is sent again makes nothing twice. */
export function onlyOnce() {
    // `crypto.randomUUID` is for HTTPS alone.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return { 'Idempotency-Key': [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('') };
}

/**
 * The address of a picture on this server, whatever name of it the answer has.
 *
 * @param {string} address
 * @returns {string}
 */
export function here(address) {
    const { pathname, search } = new URL(address, location.href);
    return pathname + search;
}
