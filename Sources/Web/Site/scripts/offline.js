/**
 * What is shown in place of a page that needs the network: it goes on by itself when there is one.
 *
 * @module offline
 */
import { session } from './account.js';
import { element } from './page.js';

/** Between two looks at whether the page is there again, and the longest that one takes, in milliseconds. */
const [AGAIN, PATIENCE] = [5000, 10_000];

element('retry', HTMLButtonElement).addEventListener('click', () => location.reload());
// Under its own address it is all that there is.
if (location.pathname !== '/offline') void comeBack();

/** Goes on to the page when the server has it: one that answers something else may be behind a proxy that does not. */
async function comeBack() {
    await session.ready;
    for (;;) {
        const patience = new AbortController();
        setTimeout(() => patience.abort(), PATIENCE);
        const status = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: patience.signal })
            .then(({ status }) => status, () => 502);
        if (status < 502 || status > 504) return location.reload();
        await new Promise(resolve => setTimeout(resolve, AGAIN));
    }
}
