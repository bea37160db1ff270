/**
 * Calls of the server's own API, `/v1`, as these pages make them: by the cookie that no script can read.
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

/** Refusals that people have a sentence for. */
const KNOWN = ['wrong_password', 'account_disabled', 'name_taken', 'email_taken', 'wrong_code', 'mail_unavailable',
    'too_many_requests', 'quota_exceeded', 'out_of_space', 'changed_meanwhile', 'too_large', 'bad_picture'];

/** @param {Answer} answer @returns {string} Why it is no good, for people. */
export function trouble({ status, told }) {
    if (status === 0) return word('problem.network');
    if (KNOWN.includes(told.code)) return word(`problem.${told.code}`);
    if (status === 401) return word('problem.loggedOut');
    return told.detail ?? word('problem.network');
}

/** @returns {string} What tells the server that a request which is sent again is the same one. */
export function requestKey() {
    // `crypto.randomUUID` is for HTTPS alone.
    return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
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

// The page's language, as it is written where the reader is.
const language = document.documentElement.lang;
const locale = navigator.languages.find(name => name.split('-')[0] === language.split('-')[0]) ?? language;
const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {number} time Unix milliseconds. @returns {HTMLTimeElement} In the reader's language and time zone. */
export function timeNode(time) {
    const node = document.createElement('time');
    const date = new Date(time);
    node.dateTime = date.toISOString();
    node.textContent = dates.format(date);
    return node;
}
