/**
 * The page of one's own runs: what they come to, the best of them, and all of them.
 *
 * @module runs
 */
import { ask, openAccountDialog, Refused, session } from './account.js';
import { date, dateTime, distance, duration, nameNode, NOTHING, pace, sentence } from './format.js';
import { call, trouble } from './house.js';
import { openImport } from './import.js';
import { element, word } from './page.js';

/** @typedef {{ start: number, runs: number, meters: number, seconds: number }} Period */
/** @typedef {{ runs: number, meters: number, seconds: number, weeks: Period[], months: Period[], best: { meters: number, seconds: number, run: string, start: number }[] }} Overview */
/** @typedef {{ id: string, number: number, title: string | null, visibility: 'private' | 'link' | 'everybody', meters: number, seconds: number, start: number, file?: { sport: string } }} Run */

/** How many runs are shown at once. */
const PAGE = 30;

const nodes = {
    logInFirst: element('log-in-first', HTMLElement),
    problem: element('page-problem', HTMLElement),
    import: element('import', HTMLButtonElement),
    none: element('no-runs', HTMLElement),
    overview: element('overview', HTMLElement),
    distance: element('total-distance', HTMLElement),
    time: element('total-time', HTMLElement),
    runs: element('total-runs', HTMLElement),
    bars: element('bars', HTMLElement),
    best: element('best', HTMLElement),
    bestTable: element('best-table', HTMLElement),
    all: element('all-runs', HTMLElement),
    list: element('run-list', HTMLElement),
    more: element('more-runs', HTMLButtonElement),
};

/** @type {Overview | null} */
let overview = null;
/** @type {'weeks' | 'months'} */
let shown = 'weeks';
/** @type {string | null} Where the list goes on. */
let next = null;

async function load() {
    nodes.logInFirst.hidden = session.account !== null;
    nodes.import.hidden = !session.account;
    if (!session.account) {
        for (const node of [nodes.none, nodes.overview, nodes.all, nodes.problem]) node.hidden = true;
        return;
    }
    nodes.problem.hidden = true;
    try {
        const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
        const [told, first] = await Promise.all([
            ask('GET', `/v1/me/totals?zone=${zone}`), page(`/v1/runs?limit=${PAGE}`),
        ]);
        overview = told;
        const isNone = told.runs === 0;
        nodes.none.hidden = !isNone;
        nodes.overview.hidden = nodes.all.hidden = isNone;
        nodes.list.replaceChildren(...first.map(row));
        showOverview();
    } catch (error) {
        complain(error);
    }
}

/** @param {unknown} error */
function complain(error) {
    if (!session.account) return;
    nodes.problem.textContent = error instanceof Refused ? error.message : String(error);
    nodes.problem.hidden = false;
}

/** @param {string} path @returns {Promise<Run[]>} A page of runs; {@link next} is where it goes on. */
async function page(path) {
    const answer = await call('GET', path);
    if (!answer.ok) throw new Refused(answer.status, answer.told.code ?? '', trouble(answer));
    next = answer.next;
    nodes.more.hidden = next === null;
    return answer.told.runs;
}

function showOverview() {
    if (!overview) return;
    nodes.distance.textContent = distance(overview.meters);
    nodes.time.textContent = hours(overview.seconds);
    nodes.runs.textContent = String(overview.runs);
    showBars();
    nodes.bestTable.hidden = overview.best.length === 0;
    nodes.best.replaceChildren(...overview.best.map(({ meters, seconds, run, start }) => {
        const link = document.createElement('a');
        link.href = `/runs/${run}`;
        link.textContent = date(start);
        const row = cells([name(meters), true], [duration(Math.round(seconds))], [pace(seconds / meters)], [link]);
        row.children[2].classList.add('spare');
        return row;
    }));
}

/** @param {number} meters @returns {string} What people call a distance. */
function name(meters) {
    if (meters === 21097.5) return word('runs.half');
    return meters === 42195 ? word('runs.marathon') : `${meters / 1000}\u00a0km`;
}

/** @param {number} seconds @returns {string} `1 h 05 min`: of many runs nobody wants the seconds. */
function hours(seconds) {
    const minutes = Math.round(seconds / 60);
    return sentence(word(minutes < 60 ? 'runs.minutes' : 'runs.hours'), {
        hours: String(Math.floor(minutes / 60)),
        minutes: minutes < 60 ? String(minutes) : String(minutes % 60).padStart(2, '0'),
    }).join('');
}

/** @param {...[content: string | Node, isHeader?: boolean]} parts @returns {HTMLElement} A row: words, then numbers. */
function cells(...parts) {
    const row = document.createElement('tr');
    row.append(...parts.map(([content, isHeader]) => {
        const cell = document.createElement(isHeader ? 'th' : 'td');
        if (isHeader) cell.setAttribute('scope', 'row');
        else cell.className = 'number';
        cell.append(content);
        return cell;
    }));
    return row;
}

function showBars() {
    if (!overview) return;
    const periods = overview[shown];
    const most = Math.max(1, ...periods.map(({ meters }) => meters));
    const language = document.documentElement.lang;
    const isWeek = shown === 'weeks';
    const short = new Intl.DateTimeFormat(language, isWeek ? { day: 'numeric', month: 'numeric' } : { month: 'short' });
    const long = new Intl.DateTimeFormat(language, isWeek
        ? { day: 'numeric', month: 'long', year: 'numeric' } : { month: 'long', year: 'numeric' });
    nodes.bars.replaceChildren(...periods.map(({ start, runs, meters, seconds }) => {
        const item = document.createElement('li');
        const bar = document.createElement('span');
        bar.className = 'bar-shape';
        bar.setAttribute('aria-hidden', 'true');
        bar.style.height = `${meters / most * 100}%`;
        const value = document.createElement('span');
        value.className = 'bar-value';
        value.setAttribute('aria-hidden', 'true');
        value.textContent = meters > 0 ? String(meters < 9950 ? Math.round(meters / 100) / 10 : Math.round(meters / 1000)) : '';
        const column = document.createElement('span');
        column.className = 'bar-column';
        column.append(value, bar);
        const label = document.createElement('span');
        label.className = 'bar-label';
        label.setAttribute('aria-hidden', 'true');
        label.textContent = short.format(start);
        const said = document.createElement('span');
        said.className = 'unseen';
        said.textContent = sentence(word(isWeek ? 'runs.week' : 'runs.month'), {
            date: long.format(start), distance: distance(meters), runs: String(runs), time: hours(seconds),
        }).join('');
        item.title = said.textContent;
        item.append(column, label, said);
        return item;
    }));
}

/** @param {Run} run */
function row({ id, title, visibility, meters, seconds, start, file }) {
    const link = document.createElement('a');
    link.className = 'run-link';
    link.href = `/runs/${id}`;
    const what = document.createElement('span');
    what.className = 'run-name';
    what.append(nameNode(title ?? word('runs.untitled')));
    const when = document.createElement('span');
    when.className = 'run-when';
    const isOther = file && file.sport !== 'running';
    when.textContent = [start > 0 ? dateTime(start) : '', file ? word('runs.imported') : '',
        isOther ? word(`sport.${file.sport}`, file.sport) : '', visibility === 'private' ? '' : word(`runs.${visibility}`)]
        .filter(Boolean).join(' · ');
    const figures = document.createElement('span');
    figures.className = 'run-figures';
    for (const [className, text] of [['far', distance(meters)], ['long', duration(seconds)],
        ['quick', meters > 0 ? `${pace(seconds / meters)} ${word('perKilometer')}` : NOTHING]]) {
        const figure = document.createElement('span');
        figure.className = className;
        figure.textContent = text;
        figures.append(figure);
    }
    link.append(what, when, figures);
    const item = document.createElement('li');
    item.append(link);
    return item;
}

nodes.more.addEventListener('click', async () => {
    if (next === null) return;
    nodes.more.disabled = true;
    try {
        const items = (await page(next)).map(row);
        nodes.list.append(...items);
        // Who goes on by keyboard goes on where the new ones begin.
        items[0]?.querySelector('a')?.focus();
    } catch (error) {
        complain(error);
    } finally {
        nodes.more.disabled = false;
    }
});
for (const button of document.querySelectorAll('[data-periods]')) {
    button.addEventListener('click', () => {
        if (!(button instanceof HTMLElement)) return;
        shown = button.dataset.periods === 'months' ? 'months' : 'weeks';
        for (const other of document.querySelectorAll('[data-periods]')) {
            other.setAttribute('aria-pressed', String(other === button));
        }
        showBars();
    });
}
nodes.import.addEventListener('click', () => openImport(() => void load()));
element('register', HTMLButtonElement).addEventListener('click', () => openAccountDialog('register'));
element('log-in-here', HTMLButtonElement).addEventListener('click', () => openAccountDialog('logIn'));
session.addEventListener('change', () => void load());
