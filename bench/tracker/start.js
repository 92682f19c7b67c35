/*
 * Where the tracker's start spends its time, and whether a change made it quicker:
 *
 *     node bench/tracker/start.js profile [TURNS=15] [MODULES=default]
 *     node bench/tracker/start.js against FILE [TURNS=31] [MODULES=default]
 *     node bench/tracker/start.js calls [FILE] [MODULES=default]
 *
 * `profile` samples the thread every 50 us from before the page is opened until five seconds after
 * its events were delivered, at the processor's own speed, and prints what the page with ours spent
 * in each of the browser's functions that it calls (its name and the beginning of who called it)
 * and in each of its own (which has what it reads and sets, as document.cookie), as medians, beside the sum for Plausible's.
 * `against` opens the page with our script and with the one in FILE (another build's pipes.js) in
 * turn, at a quarter of the speed, and compares the script time that the thread itself spent: other
 * programs on the machine count less than by the clock.
 * `calls` counts how often each of them asks what of the browser, which no noise changes.
 */
'use strict';
const fs = require('node:fs');
const zlib = require('node:zlib');
const puppeteer = require('puppeteer-core');
const {CHROMIUM} = require('../../test/e2e/browser');
const {buildTracker, startSite, visit, scriptTime, median, ratio} = require('./site');

const MODULES = process.env.MODULES || 'default';
const turnsOr = (count) => Number(process.env.TURNS || count);
const THROTTLE = 4;
const SAMPLE_US = 50;
const FEW_MS = 0.2;
const TEXT_LENGTH = 60;

/** Milliseconds by place ("fetch < function(n){...") of one visit, of one script's calls. */
function byPlace(profile, file, lines) {
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    const above = new Map();
    profile.nodes.forEach((node) => (node.children || []).forEach((id) => above.set(id, node)));
    const isOurs = (node) => node.callFrame.url.includes(file);
    const label = ({callFrame: {functionName, lineNumber, columnNumber}}) =>
        `${functionName}${lines[lineNumber].substr(columnNumber, TEXT_LENGTH)}`;
    const spent = new Map();
    profile.samples.forEach((id, i) => {
        let node = nodes.get(id);
        const called = node.callFrame.functionName;
        const is_native = !node.callFrame.url;
        while (node && !isOurs(node)) {
            node = above.get(node.id);
        }
        if (node) {
            const place = is_native ? `${called} < ${label(node)}` : label(node);
            spent.set(place, (spent.get(place) || 0) + profile.timeDeltas[i] / 1000);
        }
    });
    return spent;
}

const profileOf = (browser, site, which) => visit(browser, site, which, {throttle: 1,
    begin: async (session) => {
        await session.send('Profiler.enable');
        await session.send('Profiler.setSamplingInterval', {interval: SAMPLE_US});
        await session.send('Profiler.start');
    },
    look: async (session) =>
        byPlace((await session.send('Profiler.stop')).profile, `/${which}.js`,
            zlib.gunzipSync(site.gzip.get(`/${which}.js`)).toString().split('\n'))});

const sumOf = (spent) => [...spent.values()].reduce((sum, ms) => sum + ms, 0);

async function profile(browser) {
    const site = await startSite({pipes: buildTracker(MODULES)});
    const seen = {pipes: [], plausible: []};
    for (let i = 0; i < turnsOr(15); i++) {
        for (const name of Object.keys(seen)) {
            seen[name].push(await profileOf(browser, site, name));
        }
    }
    site.server.close();
    for (const [name, visits] of Object.entries(seen)) {
        console.log(`${name}: ${median(visits.map(sumOf)).toFixed(1)} ms (${visits.length} visits)`);
        const places = new Set(visits.flatMap((one) => [...one.keys()]));
        [...places].map((place) => [median(visits.map((one) => one.get(place) || 0)), place])
            .filter(([ms]) => ms >= FEW_MS).sort((a, b) => b[0] - a[0])
            .forEach(([ms, place]) => console.log(`  ${ms.toFixed(1).padStart(5)}  ${place}`));
    }
}

async function against(browser, file) {
    const ours = buildTracker(MODULES);
    const other = {...ours, script: fs.readFileSync(file)};
    const site = await startSite({pipes: ours, other});
    const turns = [];
    for (let i = 0; i < turnsOr(31); i++) {
        const turn = {};
        for (const name of i % 2 ? ['pipes', 'other'] : ['other', 'pipes']) {
            turn[name] = await scriptTime(browser, site, name, THROTTLE, 'threadTicks');
        }
        turns.push(turn);
    }
    site.server.close();
    const {middle, lower, upper} = ratio(turns, 'pipes', 'other');
    const of = (name) => median(turns.map((one) => one[name])).toFixed(1);
    console.log(`ours ${of('pipes')} ms, ${file} ${of('other')} ms of the thread, ${THROTTLE}x` +
        ` throttled, ${turns.length} turns`);
    console.log(`  ratio ${middle.toFixed(3)}, 90 % of its resamples ${lower.toFixed(3)} to` +
        ` ${upper.toFixed(3)} (modules: ${MODULES})`);
}

/** In the page: counts what is asked for from here on. */
function count() {
    window.asked = {};
    const note = (what) => { window.asked[what] = (window.asked[what] || 0) + 1; };
    const method = (owner, name) => {
        const before = owner[name];
        owner[name] = function (...args) {
            note(name);
            return before.apply(this, args);
        };
    };
    ['getItem', 'setItem', 'removeItem', 'key'].forEach((name) => method(Storage.prototype, name));
    ['setTimeout', 'clearTimeout', 'fetch'].forEach((name) => method(window, name));
    method(EventTarget.prototype, 'addEventListener');
    method(Crypto.prototype, 'getRandomValues');
    method(Navigator.prototype, 'sendBeacon');
    const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
    const height = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollHeight');
    const getter = (owner, name, {get, set}) => Object.defineProperty(owner, name, {
        get() {
            note(name);
            return get.call(this);
        },
        set(value) {
            note(`${name}=`);
            set.call(this, value);
        }});
    getter(Document.prototype, 'cookie', cookie);
    getter(Element.prototype, 'scrollHeight', height);
}

async function calls(browser, file) {
    const ours = buildTracker(MODULES);
    const other = file ? {other: {...ours, script: fs.readFileSync(file)}} : {};
    const site = await startSite({pipes: ours, ...other});
    for (const name of ['plausible', 'pipes', ...Object.keys(other)]) {
        const asked = await visit(browser, site, name, {throttle: 1,
            begin: (session, page) => page.evaluateOnNewDocument(count),
            look: (session, page) => page.evaluate(() => window.asked)});
        console.log(`${name}: ${Object.entries(asked).map((one) => one.join(' ')).join(', ')}`);
    }
    site.server.close();
}

async function main([what, file]) {
    const measure = {profile, against, calls}[what];
    if (!measure || what === 'against' && !file) {
        throw new Error('usage: node bench/tracker/start.js profile | against FILE | calls [FILE]');
    }
    const browser = await puppeteer.launch(CHROMIUM);
    try {
        await measure(browser, file);
    } finally {
        await browser.close();
    }
}

main(process.argv.slice(2)).catch((fault) => {
    console.error(fault.message);
    process.exitCode = 1;
});
