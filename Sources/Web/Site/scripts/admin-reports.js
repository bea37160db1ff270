/**
 * What people have reported, on the administrators' page, and what becomes of it.
 *
 * @module admin-reports
 */
import { AdminList, badge, entry } from './admin-list.js';
import { confirmed } from './confirm.js';
import { nameNode, sentence, timeNode } from './format.js';
import { call } from './house.js';
import { element, makeButton, word } from './page.js';

/** @typedef {'dismiss' | 'hide' | 'delete' | 'show'} Decision */
/**
 * @typedef {object} Report
 * @property {string} id
 * @property {'post' | 'comment' | 'account' | 'room'} kind
 * @property {string | null} subject Null for what is gone.
 * @property {string | null} post That a comment is on.
 * @property {string | null} text
 * @property {string | null} author
 * @property {boolean} isHidden
 * @property {string} reason
 * @property {string | null} note
 * @property {string | null} reporter
 * @property {number} createdAt Unix milliseconds.
 * @property {number} openCount
 * @property {Decision | null} decision
 * @property {number | null} decidedAt
 * @property {string | null} decider
 */

const isOpen = element('reports-open', HTMLInputElement);

/** @type {AdminList<Report>} */
const list = new AdminList('reports', 'reports', row);

/** Shows the reports as they are now. */
export function showReports() {
    return list.load(`/v1/admin/reports?limit=30&state=${isOpen.checked ? 'open' : 'decided'}`);
}

/** @param {Report} report @returns {string | null} Where it can be looked at. */
function address({ kind, subject, post }) {
    if (subject === null) return null;
    switch (kind) {
    case 'post': return `/forum/${subject}`;
    case 'comment': return `/forum/${post}`;
    case 'room': return `/r/${encodeURIComponent(subject)}`;
    default: return null;
    }
}

/** @param {Report} report */
function row(report) {
    const { kind, subject, text, author, reason, note, reporter, createdAt, decision, openCount } = report;
    const where = address(report);
    const title = document.createElement(where ? 'a' : 'span');
    if (title instanceof HTMLAnchorElement && where) title.href = where;
    title.textContent = word(`admin.kind.${kind}`);
    const marks = [badge(word(`report.${reason}`))];
    if (openCount > 1) marks.push(badge(sentence(word('admin.times'), { count: String(openCount) }).join('')));
    if (report.isHidden) marks.push(badge(word('admin.hidden'), 'alert'));
    const words = document.createElement('q');
    words.dir = 'auto';
    words.textContent = text ?? '';
    const unknown = word('admin.somebodyGone');
    const of = [word(`admin.kind.${kind}`), author].filter(Boolean).join(', ');
    const actions = [];
    if (decision === null) {
        actions.push(makeButton(word('admin.dismiss'), () => void decide(report, 'dismiss'), { of }));
        if (subject !== null) {
            if (!report.isHidden) actions.push(makeButton(word('admin.hide'), () => void decide(report, 'hide'), { of }));
            actions.push(
                makeButton(word('admin.delete'), () => void decide(report, 'delete'), { of, className: 'button danger' }));
        }
    } else if (report.isHidden && subject !== null) {
        actions.push(makeButton(word('admin.show'), () => void decide(report, 'show'), { of }));
    }
    return entry({
        title: [title, ...marks],
        about: [
            subject === null ? [word('admin.isGone')] : [words],
            author === null ? [] : sentence(word('admin.by'), { name: nameNode(author) }),
            sentence(word('admin.reportedBy'), { name: nameNode(reporter ?? unknown), time: timeNode(createdAt) }),
            note === null ? [] : sentence(word('admin.noted'), { note: nameNode(note) }),
            decision === null || report.decidedAt === null ? [] : sentence(word(`admin.decided.${decision}`), {
                name: nameNode(report.decider ?? unknown), time: timeNode(report.decidedAt),
            }),
        ],
        actions,
    });
}

/** @param {Report} report @param {Decision} decision */
async function decide(report, decision) {
    if (decision === 'delete') {
        const isSure = await confirmed({
            heading: word(`admin.deleteHeading.${report.kind}`), text: word('admin.deleteForGood'),
            yes: word('admin.delete'),
        });
        if (!isSure) return;
    }
    const answer = await call('POST', `/v1/admin/reports/${report.id}/decision`, { decision });
    if (!answer.ok) return list.complain(answer);
    await showReports();
    list.tell(word('admin.isDecided'));
}

isOpen.addEventListener('change', () => void showReports());
