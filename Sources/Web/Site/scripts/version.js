/**
 * Whether this page is of the server that answers now: files have addresses that change with the pages.
 *
 * @module version
 */

/** What the addresses of this page's files begin with. */
const own = new URL('.', import.meta.url).pathname;

/** @returns {Promise<boolean | null>} Null where no server says so. */
export async function isOutdated() {
    try {
        const answer = await fetch('/web', { cache: 'no-store' });
        return answer.ok ? (await answer.text()).trim() !== own : null;
    } catch {
        return null;
    }
}
