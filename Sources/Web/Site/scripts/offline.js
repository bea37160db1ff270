/**
 * What is shown in place of a page that needs the network: it goes on by itself when there is one.
 *
 * @module offline
 */
import { session } from './account.js';
import { element } from './page.js';

element('retry', HTMLButtonElement).addEventListener('click', () => location.reload());
// Under its own address it is all that there is.
if (location.pathname !== '/offline') void session.ready.then(() => location.reload());
