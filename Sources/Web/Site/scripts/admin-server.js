/**
 * What the server is doing, on the administrators' page: figures as they are now, each with how it went for two minutes.
 *
 * @module admin-server
 */
import { complain } from './admin-list.js';
import { bytes, duration } from './format.js';
import { call } from './house.js';
import { element, tell, word } from './page.js';

/** @typedef {{ bounds: number[], counts: number[] }} Histogram Seconds, and how many were at most so many; the last count is of what was more. */
/** @typedef {Record<string, any> & { time: number, startedAt: number, storeDelay: Histogram, tickDelay: Histogram }} Figures */
/** @typedef {{ setting: string, name: string, value: string | null, origin: string }} Setting */

/** Milliseconds between two looks. */
const EVERY = 2000;
/** How many looks a chart shows. */
const SPAN = 60;
const SVG = 'http://www.w3.org/2000/svg';

/**
 * What is shown: its word, its value out of two looks, how it is written, and whether it has a chart.
 *
 * @type {{ name: string, value: (now: Figures, last: Figures | null) => number | null, text: (value: number) => string, isFlat?: boolean }[]}
 */
const SHOWN = [
    { name: 'connections', value: now => now.connections, text: String },
    { name: 'runners', value: now => now.runners, text: String },
    { name: 'spectators', value: now => now.spectators, text: String },
    { name: 'roomsAwake', value: now => now.roomsAwake, text: String },
    { name: 'markers', value: (now, last) => rate(now, last, 'markers'), text: perSecond },
    { name: 'frames', value: (now, last) => rate(now, last, 'frames'), text: perSecond },
    { name: 'sent', value: (now, last) => rate(now, last, 'bytesOut'), text: value => `${bytes(value)}/s` },
    { name: 'processor', value: (now, last) => rate(now, last, 'cpuSeconds'), text: value => `${Math.round(value * 100)} %` },
    { name: 'memory', value: now => now.residentBytes, text: bytes },
    { name: 'storeDelay', value: (now, last) => most(now.storeDelay, last?.storeDelay), text: milliseconds },
    { name: 'tickDelay', value: (now, last) => most(now.tickDelay, last?.tickDelay), text: milliseconds },
    { name: 'unstored', value: now => now.unstoredMarkers, text: String },
    { name: 'disk', value: now => now.diskFreeBytes, text: bytes, isFlat: true },
    { name: 'uptime', value: now => (now.time - now.startedAt) / 1000, text: duration, isFlat: true },
];

const nodes = {
    figures: element('figures', HTMLElement),
    told: element('server-told', HTMLElement),
    settings: element('settings', HTMLElement),
    given: element('settings-given', HTMLInputElement),
};

/** @type {Figures | null} */
let last = null;
/** @type {Map<string, { value: HTMLElement, chart: SVGElement | null, values: (number | null)[] }>} */
const shown = new Map();
/** Whether it is the tab that is shown. */
let isShown = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Setting[] | null} */
let settings = null;

/** Begins to look, again and again. */
export async function showServer() {
    isShown = true;
    await look();
    if (settings) return;
    const answer = await call('GET', '/v1/admin/settings');
    if (!answer.ok) return complain(nodes.told, answer);
    settings = answer.told.settings;
    showSettings();
}

/** Looks no more. */
export function hideServer() {
    isShown = false;
    clearTimeout(timer);
}

async function look() {
    // A page that nobody sees asks nothing.
    const answer = document.hidden ? null : await call('GET', '/v1/admin/server');
    // The answer may come when another tab is shown.
    if (!isShown) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), EVERY);
    if (!answer) return;
    if (!answer.ok) return complain(nodes.told, answer);
    tell(nodes.told, '');
    /** @type {Figures} */
    const now = answer.told;
    for (const { name, value, text, isFlat } of SHOWN) {
        const place = shown.get(name) ?? add(name, isFlat ?? false);
        const figure = value(now, last);
        place.value.textContent = figure === null ? '–' : text(figure);
        place.values.push(figure);
        if (place.values.length > SPAN) place.values.shift();
        if (place.chart) draw(place.chart, place.values);
    }
    last = now;
}

/** @param {string} name @param {boolean} isFlat */
function add(name, isFlat) {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    term.textContent = word(`admin.figure.${name}`);
    const value = document.createElement('dd');
    value.textContent = '–';
    box.append(term, value);
    let chart = null;
    if (!isFlat) {
        chart = document.createElementNS(SVG, 'svg');
        chart.setAttribute('viewBox', `0 0 ${SPAN - 1} 24`);
        chart.setAttribute('preserveAspectRatio', 'none');
        chart.setAttribute('aria-hidden', 'true');
        chart.setAttribute('class', 'spark');
        chart.append(document.createElementNS(SVG, 'polyline'));
        const item = document.createElement('dd');
        item.append(chart);
        box.append(item);
    }
    nodes.figures.append(box);
    const place = { value, chart, values: /** @type {(number | null)[]} */ ([]) };
    shown.set(name, place);
    return place;
}

/** @param {SVGElement} chart @param {(number | null)[]} values */
function draw(chart, values) {
    const highest = Math.max(...values.map(value => value ?? 0)) || 1;
    const first = SPAN - values.length;
    const points = values.map((value, index) =>
        `${first + index},${(23 - (value ?? 0) / highest * 22).toFixed(1)}`);
    chart.firstElementChild?.setAttribute('points', points.join(' '));
}

/** @param {Figures} now @param {Figures | null} before @param {string} name @returns {number | null} How much more a second. */
function rate(now, before, name) {
    if (!before || now.startedAt !== before.startedAt || now[name] === null) return null;
    return Math.max(0, now[name] - before[name]) / Math.max(0.001, (now.time - before.time) / 1000);
}

/**
 * @param {Histogram} now
 * @param {Histogram} [before]
 * @returns {number | null} Seconds that 99 of 100 were within since the last look; null where there were none.
 */
function most(now, before) {
    const counts = now.counts.map((count, index) => count - (before?.counts[index] ?? 0));
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (all <= 0) return null;
    let sum = 0;
    const index = counts.findIndex(count => (sum += count) >= all * 0.99);
    return now.bounds[Math.min(index, now.bounds.length - 1)];
}

/** @param {number} value */
function perSecond(value) { return `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`; }

/** @param {number} seconds */
function milliseconds(seconds) { return `≤ ${Math.round(seconds * 1000)} ms`; }

function showSettings() {
    const rows = (settings ?? []).filter(({ origin }) => !nodes.given.checked || origin !== 'default');
    nodes.settings.replaceChildren(...rows.map(({ name, value, origin }) => {
        const row = document.createElement('tr');
        const head = document.createElement('th');
        head.scope = 'row';
        head.textContent = name;
        row.append(head, ...[value ?? word('admin.secret'), origin === 'default' ? word('admin.byDefault') : origin].map(text => {
            const cell = document.createElement('td');
            cell.textContent = text;
            return cell;
        }));
        return row;
    }));
}

nodes.given.addEventListener('change', showSettings);
