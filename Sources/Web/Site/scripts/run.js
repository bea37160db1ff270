/**
 * The page of one run: its way, its charts, its splits, and, for who ran it, what is said of it and who may see it.
 *
 * @module run
 */
import { ask, openAccountDialog, Refused, session } from './account.js';
import { Charts } from './charts.js';
import { dateTime, distance, duration, NOTHING, pace, sentence } from './format.js';
import { call, save } from './house.js';
import { element, settings, word } from './page.js';
import { COLORS, RunMap } from './run-map.js';
import { RunWay } from './run-way.js';
import { linkCard } from './share.js';

/** @typedef {{ kilometer: number, seconds: number, total: number }} Split */
/** @typedef {{ id: string, number: number, owner: string, title: string | null, notes: string | null, visibility: 'private' | 'link' | 'everybody', meters: number, seconds: number, start: number, end: number, isMeasured: boolean, file?: { format: string, sport: string, meters: number | null, seconds: number | null }, link?: string, splits?: Split[], columns?: string[], points?: (number | null)[][], markers?: any[] }} Run */

const nodes = {
    run: element('run', HTMLElement),
    none: element('no-run', HTMLElement),
    noneText: element('no-run-text', HTMLElement),
    logIn: element('log-in-here', HTMLButtonElement),
    back: element('back', HTMLElement),
    title: element('run-title', HTMLElement),
    date: element('run-date', HTMLElement),
    notes: element('run-notes', HTMLElement),
    facts: element('run-facts', HTMLElement),
    mapPart: element('map-part', HTMLElement),
    map: element('run-map', HTMLElement),
    legend: element('legend', HTMLElement),
    legendColors: element('legend-colors', HTMLElement),
    legendPaces: element('legend-paces', HTMLElement),
    splitsPart: element('splits-part', HTMLElement),
    splits: element('splits', HTMLElement),
    chartsPart: element('charts-part', HTMLElement),
    charts: element('charts', HTMLElement),
    noWay: element('no-way', HTMLElement),
    files: element('files', HTMLElement),
    filesProblem: element('files-problem', HTMLElement),
    edit: element('edit', HTMLButtonElement),
    editDialog: element('edit-dialog', HTMLDialogElement),
    editForm: element('edit-form', HTMLFormElement),
    editTitle: element('edit-title', HTMLInputElement),
    editNotes: element('edit-notes', HTMLTextAreaElement),
    editProblem: element('edit-problem', HTMLElement),
    keep: element('keep', HTMLElement),
    link: element('run-link', HTMLElement),
    keepProblem: element('keep-problem', HTMLElement),
    keepDone: element('keep-done', HTMLElement),
    newLink: element('new-link', HTMLButtonElement),
    delete: element('delete', HTMLButtonElement),
    deleteDialog: element('delete-dialog', HTMLDialogElement),
};

const path = `/v1/runs/${encodeURIComponent(decodeURIComponent(location.pathname.split('/')[2] ?? ''))}`;
/** The secret of who came by a link stands behind the address, where no server sees it. */
const secret = new URLSearchParams(location.hash.slice(1)).get('link');
/** @type {Record<string, string>} What shows that one came by it. */
const proof = secret ? { 'X-Run-Link': secret } : {};

/** @type {Run | null} */
let run = null;
let isDrawn = false;
/** @type {RunMap | null} */
let map = null;
/** @type {Charts | null} */
let charts = null;

async function load() {
    const system = settings.crs === 'wgs84' ? '' : `?crs=${settings.crs}`;
    const answer = await call('GET', path + system, undefined, proof);
    run = answer.ok ? answer.told : null;
    if (!run) nodes.noneText.textContent = word(answer.status === 0 ? 'problem.network' : 'run.notThereText');
    show();
}

function show() {
    nodes.run.hidden = run === null;
    nodes.none.hidden = run !== null;
    nodes.logIn.hidden = session.account !== null;
    if (!run) return;
    const isOwn = session.account?.id === run.owner;
    const title = run.title ?? word('runs.untitled');
    nodes.title.textContent = title;
    document.title = `${title} · RunRoom`;
    nodes.date.textContent = [run.start > 0 ? dateTime(run.start) : '', run.isMeasured ? '' : word('run.posted'),
        ...run.file ? origin(run.file) : []].filter(Boolean).join(' · ');
    nodes.notes.textContent = run.notes;
    nodes.notes.hidden = run.notes === null;
    nodes.back.hidden = nodes.edit.hidden = nodes.keep.hidden = !isOwn;
    for (const input of document.querySelectorAll('[name="visibility"]')) {
        if (input instanceof HTMLInputElement) input.checked = input.value === run.visibility;
    }
    nodes.newLink.hidden = run.visibility !== 'link';
    if (!isDrawn) draw(run);
}

/** @param {NonNullable<Run['file']>} file @returns {string[]} Where a run is from that came in a file, and what that says. */
function origin({ format, sport, meters, seconds }) {
    const own = [meters === null ? '' : distance(meters), seconds === null ? '' : duration(seconds)].filter(Boolean);
    return [
        sentence(word('run.imported'), { format: format === 'geojson' ? 'GeoJSON' : format.toUpperCase() }).join(''),
        sport === 'running' ? '' : word(`sport.${sport}`, sport),
        own.length > 0 ? sentence(word('run.fileSays'), { figures: own.join(', ') }).join('') : '',
    ];
}

/** @param {Run} run What never changes of it, drawn once. */
function draw(run) {
    isDrawn = true;
    const way = new RunWay(run);
    const rates = way.samples.flatMap(({ heartRate }) => heartRate === null ? [] : [heartRate]);
    const average = rates.length > 1 ? Math.round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length) : null;
    const pause = run.isMeasured ? (run.end - run.start) / 1000 - run.seconds : 0;
    /** @type {[string, string][]} */
    const facts = [
        [word('distance'), distance(run.meters)], [word('time'), duration(run.seconds)],
        [word('pace'), run.meters > 0 ? `${pace(run.seconds / run.meters)} ${word('perKilometer')}` : NOTHING],
        ...pause >= 10 ? [/** @type {[string, string]} */ ([word('run.paused'), duration(pause)])] : [],
        ...average ? [/** @type {[string, string]} */ ([word('run.heartRate'), `${average} ${word('run.beats')}`])] : [],
    ];
    nodes.facts.replaceChildren(...facts.map(([name, value]) => {
        const fact = document.createElement('div');
        const [term, text] = [document.createElement('dt'), document.createElement('dd')];
        [term.textContent, text.textContent] = [name, value];
        fact.append(term, text);
        return fact;
    }));
    const hasWay = way.placed.length > 1;
    nodes.noWay.hidden = way.samples.length > 1;
    nodes.mapPart.hidden = !hasWay;
    if (hasWay) {
        map = new RunMap(nodes.map, way, { tiles: settings.tiles });
        map.showAll();
        showLegend(way);
    }
    drawSplits(run);
    nodes.files.hidden = !way.isMeasured;
    if (!way.isMeasured) return;
    charts = new Charts(nodes.charts, way, index => map?.point(index));
    nodes.chartsPart.hidden = charts.isEmpty;
    Object.assign(window, { runroom: { map, charts, way } });
}

/** @param {RunWay} way */
function showLegend(way) {
    const range = way.paceRange;
    nodes.legend.hidden = range === null;
    if (!range) return;
    nodes.legendColors.replaceChildren(...COLORS.map(color => {
        const box = document.createElement('span');
        box.style.backgroundColor = color;
        return box;
    }));
    nodes.legendPaces.textContent = `${pace(range.slow)} – ${pace(range.fast)} ${word('perKilometer')}`;
}

/** @param {Run} run */
function drawSplits({ splits = [], meters, seconds }) {
    nodes.splitsPart.hidden = splits.length === 0;
    const last = splits[splits.length - 1];
    if (!last) return;
    const rows = splits.map(split => ({ name: String(split.kilometer), meters: 1000, ...split }));
    const rest = meters - last.kilometer * 1000;
    // What is left after the last full kilometre; of a few metres no pace can be told.
    if (rest >= 50 && seconds > last.total) {
        rows.push({
            name: `+${distance(rest)}`, meters: rest, kilometer: last.kilometer + 1, seconds: seconds - last.total,
            total: seconds,
        });
    }
    const fastest = Math.min(...splits.map(split => split.seconds));
    const speeds = rows.map(row => row.meters / row.seconds);
    const top = Math.max(...speeds);
    nodes.splits.replaceChildren(...rows.map((row, index) => {
        const line = document.createElement('tr');
        const name = document.createElement('th');
        name.scope = 'row';
        name.textContent = row.name;
        const [own, bar, total] = ['td', 'td', 'td'].map(tag => document.createElement(tag));
        own.className = total.className = 'number';
        own.textContent = pace(row.seconds / row.meters);
        if (row.meters === 1000 && row.seconds === fastest) {
            line.className = 'fastest';
            own.setAttribute('aria-label', `${own.textContent} (${word('run.fastest')})`);
        }
        bar.className = 'bar-cell';
        bar.setAttribute('aria-hidden', 'true');
        const shape = document.createElement('span');
        shape.style.width = `${speeds[index] / top * 100}%`;
        bar.append(shape);
        total.textContent = duration(Math.round(row.total));
        line.append(name, own, bar, total);
        return line;
    }));
}

// MARK: What the owner changes

/**
 * @param {object} change
 * @param {HTMLElement} problem Where it is said what went wrong.
 * @returns {Promise<boolean>} Whether it was changed.
 */
async function change(change, problem) {
    problem.hidden = true;
    nodes.keepDone.textContent = '';
    try {
        const { title, notes, visibility, link } = await ask('PATCH', path, change);
        if (run) Object.assign(run, { title, notes, visibility });
        if ('visibility' in change) {
            nodes.link.replaceChildren();
            if (link) {
                const address = `${location.origin}/runs/${run?.id}#link=${link}`;
                nodes.link.append(linkCard(address, { heading: word('run.linkHeading'), text: word('share.once') }));
            }
            nodes.keepDone.textContent = word('run.saved');
        }
        show();
        return true;
    } catch (error) {
        problem.textContent = error instanceof Refused ? error.message : String(error);
        problem.hidden = false;
        show();
        return false;
    }
}

nodes.edit.addEventListener('click', () => {
    nodes.editTitle.value = run?.title ?? '';
    nodes.editNotes.value = run?.notes ?? '';
    nodes.editProblem.hidden = true;
    nodes.editDialog.showModal();
});
element('edit-cancel', HTMLButtonElement).addEventListener('click', () => nodes.editDialog.close());
nodes.editForm.addEventListener('submit', async event => {
    event.preventDefault();
    const said = { title: nodes.editTitle.value.trim(), notes: nodes.editNotes.value.trim() };
    if (await change(said, nodes.editProblem)) nodes.editDialog.close();
});
element('visibility', HTMLElement).addEventListener('change', event => {
    if (event.target instanceof HTMLInputElement) void change({ visibility: event.target.value }, nodes.keepProblem);
});
nodes.newLink.addEventListener('click', () => void change({ visibility: 'link' }, nodes.keepProblem));
nodes.delete.addEventListener('click', () => nodes.deleteDialog.showModal());
nodes.deleteDialog.addEventListener('close', async () => {
    const isSure = nodes.deleteDialog.returnValue === 'yes';
    nodes.deleteDialog.returnValue = '';
    if (!isSure) return;
    try {
        await ask('DELETE', path);
        location.replace('/runs');
    } catch (error) {
        nodes.keepProblem.textContent = error instanceof Refused ? error.message : String(error);
        nodes.keepProblem.hidden = false;
    }
});

const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
for (const link of document.querySelectorAll('[data-file]')) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const file = link.dataset.file ?? '';
    link.href = file === '.fit' ? `${path}${file}?zone=${zone}` : path + file;
    if (!secret) continue;
    link.addEventListener('click', async event => {
        event.preventDefault();
        const problem = await save(link.href, proof);
        nodes.filesProblem.textContent = problem;
        nodes.filesProblem.hidden = problem === '';
    });
}
for (const button of document.querySelectorAll('[data-axis]')) {
    button.addEventListener('click', () => {
        if (!(button instanceof HTMLElement)) return;
        for (const other of document.querySelectorAll('[data-axis]')) {
            other.setAttribute('aria-pressed', String(other === button));
        }
        charts?.setAxis(button.dataset.axis === 'time' ? 'seconds' : 'meters');
    });
}
nodes.logIn.addEventListener('click', () => openAccountDialog('logIn'));
// Who logs in or out may see another thing.
session.addEventListener('change', () => void load());
