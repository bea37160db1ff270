/**
 * The audit log, on the administrators' page.
 *
 * @module admin-log
 */
import { AdminList, badge, entry } from './admin-list.js';
import { nameNode, sentence, timeNode } from './format.js';
import { word } from './page.js';

/** @typedef {{ time: number, action: string, hasFailed: boolean, actor: string | null, byOperator: boolean, account: string | null, subject: string | null, detail: string | null, address: string | null }} Line */

/** @type {AdminList<Line>} */
const list = new AdminList('log', 'entries', row);

/** Shows the newest lines. */
export function showLog() { return list.load('/v1/admin/audit?limit=50'); }

/** @param {Line} line */
function row({ time, action, hasFailed, actor, byOperator, account, subject, detail, address }) {
    const who = byOperator ? word('admin.operator') : actor;
    /** @type {(string | Node)[]} */
    const about = [timeNode(time)];
    if (who !== null) about.push(' · ', ...sentence(word('admin.logBy'), { name: nameNode(who) }));
    if (address !== null) about.push(' · ', nameNode(address));
    const what = [account, subject, detail].filter(text => text !== null);
    return entry({
        title: [
            word(`audit.${action}`), ...hasFailed ? [badge(word('admin.failed'), 'alert')] : [],
        ],
        about: [
            what.flatMap((text, index) => index === 0 ? [nameNode(text ?? '')] : [' · ', nameNode(text ?? '')]), about,
        ],
    });
}
