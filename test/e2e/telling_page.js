/**
 * A page of the collector's own host that tells what it is asked to.
 *
 *     const {collector, page} = await startPage(t, browser, ['--server-cookie', 'on']);
 *     await tell(page, 1);                  (story.js)
 *     await accepted(collector, 2);
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until} = require('./collector');
const {open, tell} = require('./story');

const PAGE = `<!doctype html><title>Page</title><script>
window.tell = () => pipes.track('told');
window.isReady = () => Boolean(window.pipes && window.pipes.version);
</script><script src="/pipes.js"></script>`;

/** Waits until the collector has accepted so many events in all. */
const accepted = (collector, events) => until(`${events} events arrived`, async () =>
    (await collector.counts()).front.accepted >= events);

/** The page in that browser, behind its first event; `options` are the collector's. */
async function startPage(t, browser, options = []) {
    const www = temporaryFolder(t);
    fs.writeFileSync(path.join(www, 'index.html'), PAGE);
    const collector = await startCollector(t, ['--www', www, '--modules', 'core', ...options]);
    const page = await open(browser, `${collector.url}/`);
    await tell(page, 1);
    await accepted(collector, 1);
    return {collector, page};
}

module.exports = {startPage, accepted};
