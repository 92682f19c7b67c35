/*
 * What the tracker costs the visitor's processor, beside Plausible's, on one page and in one run:
 *
 *     make bench-tracker [PAIRS=31] [MODULES=default]
 *
 * Chromium at a quarter of its speed opens an empty page, the page with Plausible's tracker (with
 * what ours does by default, as far as it can: links, downloads, forms) and the page with ours, in
 * turn. Each tells of the page and of one event, and is looked at five seconds after both have
 * arrived, so that putting work off does not count as saving it. Script time is Chromium's own
 * ScriptDuration; from each that of the empty page of the same turn is taken. The 95 % bound is a
 * bootstrap over the turns.
 * Slices are the script's own pieces of main-thread time, from Chromium's trace.
 */
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const {execFileSync} = require('node:child_process');
const puppeteer = require('puppeteer-core');
const {CHROMIUM} = require('../../test/e2e/browser');

const ROOT = path.join(__dirname, '..', '..');
const PAIRS = Number(process.env.PAIRS || 31);
const MODULES = process.env.MODULES || 'default';
const THROTTLE = 4;
const AFTER_MS = 5000;
const BOUND_MS = 60000;
const LONGEST_TRACES = 5;

const PLAUSIBLE = path.join(ROOT, 'node_modules/@plausible-analytics/tracker/plausible.js');

const HEADS = {
    empty: '',
    plausible: `<script type="module">
        import {init, track} from '/plausible.js';
        init({domain: 'shop.example', endpoint: '/api/event', captureOnLocalhost: true,
            outboundLinks: true, fileDownloads: true, formSubmissions: true, logging: false});
        track('told', {props: {n: '1'}});
        </script>`,
    pipes: '/*TAG*/<script>pipes.track("told", {n: 1});</script>',
};

/** The default tag and the script that `pipes build` writes for these modules. */
function buildTracker() {
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-bench-'));
    execFileSync(path.join(ROOT, 'build/pipes'), ['build', '--modules', MODULES, '--out', out]);
    const tag = fs.readFileSync(`${out}/tag.html`, 'utf8').split('\n')[1];
    const script = fs.readFileSync(`${out}/pipes.js`);
    fs.rmSync(out, {recursive: true});
    return {tag, script};
}

/** Serves the pages and both scripts, gzip, and takes what they send. */
async function startSite() {
    const {tag, script} = buildTracker();
    const files = {'/pipes.js': script, '/plausible.js': fs.readFileSync(PLAUSIBLE)};
    const gzip = new Map(Object.entries(files).map(([name, bytes]) =>
        [name, zlib.gzipSync(bytes)]));
    const site = {told: 0, gzip};
    const server = http.createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => { body += chunk; });
        request.on('end', () => {
            const where = request.url.split('?')[0];
            if (request.method === 'POST') {
                site.told += body.includes('"told"');
                response.writeHead(202, {'content-type': 'application/json'}).end('{}');
            } else if (gzip.has(where)) {
                response.writeHead(200, {'content-type': 'text/javascript',
                    'content-encoding': 'gzip'}).end(gzip.get(where));
            } else {
                const head = (HEADS[where.slice(1)] || '').replace('/*TAG*/', () => tag);
                response.writeHead(200, {'content-type': 'text/html'}).end('<!doctype html>' +
                    `<meta charset="utf-8"><title>Page</title>${head}` +
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

/** Opens the page in a profile of its own; `look` sees it when all is over. */
async function visit(browser, site, which, begin, look) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const session = await page.createCDPSession();
    // Plausible's does not count what drives itself.
    await page.evaluateOnNewDocument(() =>
        Object.defineProperty(navigator, 'webdriver', {get: () => false}));
    await session.send('Emulation.setCPUThrottlingRate', {rate: THROTTLE});
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

const scriptTime = (browser, site, which) => visit(browser, site, which,
    (session) => session.send('Performance.enable'), async (session) => {
        const {metrics} = await session.send('Performance.getMetrics');
        return 1000 * metrics.find((one) => one.name === 'ScriptDuration').value;
    });

const SLICES = ['EvaluateScript', 'FunctionCall', 'TimerFire', 'v8.compile', 'RunMicrotasks'];

/** The longest piece that belongs to the script, before and after the page's load. */
async function longestSlices(browser, site) {
    const events = await visit(browser, site, 'pipes',
        (session, page) => page.tracing.start({categories: ['devtools.timeline', 'v8', 'blink']}),
        async (session, page) => JSON.parse(Buffer.from(await page.tracing.stop())).traceEvents);
    const loads = events.filter((one) => one.name === 'loadEventEnd' ||
        one.name === 'MarkLoad').map((one) => one.ts);
    const load = Math.min(...loads);
    const ours = events.filter((one) => one.ph === 'X' && SLICES.includes(one.name) &&
        JSON.stringify(one.args).includes('/pipes.js'));
    const longest = (list) => Math.max(0, ...list.map((one) => one.dur / 1000));
    return {all: longest(ours), after: longest(ours.filter((one) => one.ts > load)),
        count: ours.length};
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Ratio of the medians; and where 95 % of its resamples lie below. */
function ratio(turns) {
    const of = (list) => median(list.map((one) => one.pipes)) /
        median(list.map((one) => one.plausible));
    const resampled = Array.from({length: 10000}, () =>
        of(turns.map(() => turns[Math.floor(Math.random() * turns.length)]))).sort((a, b) => a - b);
    return {middle: of(turns), upper: resampled[Math.floor(0.95 * resampled.length)]};
}

function report(site, turns, slices) {
    const column = (name) => turns.map((one) => one[name]);
    const row = (name, list) => console.log(`  ${name.padEnd(10)} ${median(list).toFixed(1)} ms` +
        ` (${Math.min(...list).toFixed(1)} to ${Math.max(...list).toFixed(1)})`);
    const {middle, upper} = ratio(turns);
    console.log(`script time, ${turns.length} turns, ${THROTTLE}x throttled,` +
        ' the empty page\'s taken:');
    row('plausible', column('plausible'));
    row('pipes', column('pipes'));
    console.log(`  ratio ${middle.toFixed(2)}, upper 95 % bound ${upper.toFixed(2)}` +
        ` (modules: ${MODULES})`);
    console.log(`longest slice ${Math.max(...slices.map((one) => one.all)).toFixed(1)} ms,` +
        ` after load ${Math.max(...slices.map((one) => one.after)).toFixed(1)} ms` +
        ` (${slices.length} traces)`);
    for (const [name, bytes] of site.gzip) {
        console.log(`${name}: ${bytes.length} bytes gzip`);
    }
}

async function main() {
    const site = await startSite();
    const browser = await puppeteer.launch(CHROMIUM);
    const turns = [];
    const slices = [];
    try {
        for (let i = 0; i < PAIRS; i++) {
            const turn = {};
            // Who goes first changes from turn to turn.
            const names = ['empty', ...i % 2 ? ['plausible', 'pipes'] : ['pipes', 'plausible']];
            for (const name of names) {
                turn[name] = await scriptTime(browser, site, name);
            }
            turns.push({pipes: turn.pipes - turn.empty, plausible: turn.plausible - turn.empty});
            if (process.stderr.isTTY) {
                process.stderr.write(`\r${i + 1} of ${PAIRS} turns `);
            }
        }
        for (let i = 0; i < LONGEST_TRACES; i++) {
            slices.push(await longestSlices(browser, site));
        }
        report(site, turns, slices);
    } finally {
        await browser.close();
        site.server.close();
    }
}

main().catch((fault) => {
    console.error(fault.message);
    process.exitCode = 1;
});
