/*
 * The page on which trackers are measured: without one, with Plausible's, with ours. It tells of
 * the page and of one event, and what is delivered is counted.
 *
 *     const site = await startSite({pipes: buildTracker('default')});
 *     const seen = await visit(browser, site, 'pipes', {begin, look});
 */
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const {execFileSync} = require('node:child_process');

const ROOT = path.join(__dirname, '..', '..');
const AFTER_MS = 5000;
const BOUND_MS = 60000;
const PLAUSIBLE = path.join(ROOT, 'node_modules/@plausible-analytics/tracker/plausible.js');

/** With what ours does by default, as far as it can: links, downloads, forms. */
const PLAUSIBLE_HEAD = `<script type="module">
    import {init, track} from '/plausible.js';
    init({domain: 'shop.example', endpoint: '/api/event', captureOnLocalhost: true,
        outboundLinks: true, fileDownloads: true, formSubmissions: true, logging: false});
    track('told', {props: {n: '1'}});
    </script>`;

/** What `pipes build` writes for these modules: the default tag and the script. */
function buildTracker(modules) {
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-bench-'));
    execFileSync(path.join(ROOT, 'build/pipes'), ['build', '--modules', modules, '--out', out]);
    const tag = fs.readFileSync(`${out}/tag.html`, 'utf8').split('\n')[1];
    const script = fs.readFileSync(`${out}/pipes.js`);
    const manifest = JSON.parse(fs.readFileSync(`${out}/manifest.json`, 'utf8'));
    fs.rmSync(out, {recursive: true});
    return {tag, script, asks: manifest.modules.includes('banner')};
}

/** With the module `banner` nothing would be told before the visitor has agreed. */
const headOf = (name, {tag, asks}) => tag.replaceAll('/pipes.js', `/${name}.js`) +
    `<script>${asks ? 'pipes.consent("granted");' : ''} pipes.track("told", {n: 1});</script>`;

/** The module `compress` packs bodies from some size on, and says so by their first bytes. */
const textOf = (body) => (body[0] === 0x1f && body[1] === 0x8b ? zlib.gunzipSync(body) : body)
    .toString();

/**
 * Serves the pages /empty, /plausible and one for each of ours ({name: buildTracker(...)}), scripts
 * as gzip, and takes what they send.
 */
async function startSite(ours) {
    const heads = {empty: '', plausible: PLAUSIBLE_HEAD};
    const scripts = {'/plausible.js': fs.readFileSync(PLAUSIBLE)};
    for (const [name, one] of Object.entries(ours)) {
        heads[name] = headOf(name, one);
        scripts[`/${name}.js`] = one.script;
    }
    const gzip = new Map(Object.entries(scripts).map(([name, bytes]) =>
        [name, zlib.gzipSync(bytes, {level: 9})]));
    const site = {told: 0, gzip};
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => { chunks.push(chunk); });
        request.on('end', () => {
            const body = textOf(Buffer.concat(chunks));
            const where = request.url.split('?')[0];
            if (request.method === 'POST') {
                site.told += body.includes('"told"');
                response.writeHead(202, {'content-type': 'application/json'}).end('{}');
            } else if (gzip.has(where)) {
                response.writeHead(200, {'content-type': 'text/javascript',
                    'content-encoding': 'gzip'}).end(gzip.get(where));
            } else {
                response.writeHead(200, {'content-type': 'text/html'}).end('<!doctype html>' +
                    `<meta charset="utf-8"><title>Page</title>${heads[where.slice(1)] || ''}` +
                    '<link rel="icon" href="data:,"><a href="/other">other</a>');
            }
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return Object.assign(site, {server, url: `http://localhost:${server.address().port}`});
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function toldAfter(site, before) {
    const end = Date.now() + BOUND_MS;
    while (site.told === before) {
        if (Date.now() > end) {
            throw new Error(`nothing was delivered in ${BOUND_MS} ms`);
        }
        await later(20);
    }
}

/**
 * Opens the page in a profile of its own, `throttle` times slower; `look` sees it five seconds
 * after all was delivered, so that putting work off does not count as saving it.
 */
async function visit(browser, site, which, {throttle, begin, look}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const session = await page.createCDPSession();
    // Plausible's does not count what drives itself.
    await page.evaluateOnNewDocument(() =>
        Object.defineProperty(navigator, 'webdriver', {get: () => false}));
    await session.send('Emulation.setCPUThrottlingRate', {rate: throttle});
    await begin(session, page);
    const before = site.told;
    await page.goto(`${site.url}/${which}`);
    if (which !== 'empty') {
        await toldAfter(site, before);
    }
    await later(AFTER_MS);
    const seen = await look(session, page);
    await context.close();
    return seen;
}

/** Milliseconds of script: by the clock, or what the thread alone spent ('threadTicks'). */
const scriptTime = (browser, site, which, throttle, timeDomain = 'timeTicks') =>
    visit(browser, site, which, {throttle,
        begin: (session) => session.send('Performance.enable', {timeDomain}),
        look: async (session) => {
            const {metrics} = await session.send('Performance.getMetrics');
            return 1000 * metrics.find((one) => one.name === 'ScriptDuration').value;
        }});

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Ratio of the medians of two columns; and between what 90 % of its resamples lie. */
function ratio(turns, above, below) {
    const of = (list) => median(list.map((one) => one[above])) /
        median(list.map((one) => one[below]));
    const resampled = Array.from({length: 10000}, () =>
        of(turns.map(() => turns[Math.floor(Math.random() * turns.length)]))).sort((a, b) => a - b);
    return {middle: of(turns), lower: resampled[500], upper: resampled[9500]};
}

module.exports = {buildTracker, startSite, visit, scriptTime, median, ratio};
