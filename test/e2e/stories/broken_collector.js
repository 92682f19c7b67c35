/** Stories of a collector that does all wrong: the page is none the worse for it. */
'use strict';
const assert = require('node:assert');
const {until, ownAddress} = require('../collector');
const {startServer} = require('../browser');
const {startSite, html} = require('../site');

const EVENTS = 3000;
/** docs/tracker.md: of a page that is open, with ids and session. */
const CHARS_MAX = 264192 + 2048;

const head = (request, more) => ({
    'Access-Control-Allow-Origin': request.headers.origin || '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Retry-After',
    ...more,
});

/** What it does, and whether the events stay with the page, as they may yet be taken. */
const FAULTS = {
    'is unreachable': [(request) => request.socket.destroy(), true],
    'answers 500': [(request, response) =>
        response.writeHead(500, head(request)).end('broken'), true],
    'answers nonsense': [(request, response) =>
        response.writeHead(200, head(request)).end('<html>\0not what you think'), false],
    'answers nothing for long': [() => undefined, true],
    'answers 503': [(request, response) =>
        response.writeHead(503, head(request, {'Retry-After': '3600'})).end(), true],
    'answers 413': [(request, response) => response.writeHead(413, head(request)).end(), false],
};

/** Before the tag: what goes wrong in the page, and what the tracker was answered. */
const NOTES = `<script>
    var errors = [], answers = 0;
    addEventListener('error', function (event) { errors.push(event.message); });
    addEventListener('unhandledrejection', function (event) { errors.push('' + event.reason); });
</script>`;
const COUNT = `<script>
    ['sent', 'refused'].forEach(function (hook) {
        pipes.on(hook, function () { answers++; });
    });
</script>`;

const isReady = (page, title) => page.waitFor((wanted) =>
    document.title === wanted && Boolean(window.pipes && window.pipes.get), title);

/** Characters of ours on the device. */
const stored = (page) => page.evaluate(() => Object.entries(localStorage)
    .filter(([key]) => key.startsWith('pipes'))
    .reduce((sum, [key, value]) => sum + key.length + value.length, 0));

const holdsEvents = (page) => page.evaluate(() => Object.entries(localStorage)
    .some(([key, text]) => key.startsWith('pipes_queue') && text.includes('"filling"')));

const story = ([name, [fault, stays]]) => ({
    name: `a collector that ${name} costs the page nothing`,
    ownStage: true,
    async run({t, browser}) {
        const broken = await startServer(t, fault, ownAddress());
        const site = await startSite(t, browser, (tag) => ({
            'index.html': html('Page', NOTES + tag + COUNT, '<a id="next" href="/next.html">n</a>'),
            'next.html': html('Next', NOTES + tag, ''),
        }), ['--modules', 'core', '--endpoint', `${broken.url}/e`]);
        const {page} = site;
        const errors = () => page.evaluate(() => window.errors);
        await page.goto(`${site.url}/index.html`);
        await isReady(page, 'Page');
        await page.evaluate((count) => {
            for (let i = 0; i < count; i++) {
                window.pipes.track('lost', {i, filling: 'x'.repeat(300)});
            }
        }, EVENTS);
        await (stays ? until('events are stored', () => holdsEvents(page)) :
            page.waitFor(() => window.answers > 0));
        const chars = await stored(page);
        assert.ok(chars <= CHARS_MAX, `${chars} characters are stored`);
        assert.deepStrictEqual(await errors(), []);
        const began = Date.now();
        await page.click('#next');
        await isReady(page, 'Next');
        t.diagnostic(`navigation: ${Date.now() - began} ms, stored: ${chars} characters`);
        assert.deepStrictEqual(await errors(), []);
        assert.deepStrictEqual(page.errors, []);
        await page.close();
    },
});

module.exports = Object.entries(FAULTS).map(story);
