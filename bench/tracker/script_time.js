/*
 * What the tracker costs the visitor's processor, beside Plausible's, on one page and in one run:
 *
 *     make bench-tracker [PAIRS=31] [MODULES=default]
 *
 * Chromium at a quarter of its speed opens an empty page, the page with Plausible's tracker (with
 * what ours does by default, as far as it can: links, downloads, forms) and the page with ours, in
 * turn. Each tells of the page and of one event, and is looked at five seconds after both have
 * arrived, so that putting work off does not count as saving it. Script time is Chromium's own
 * ScriptDuration, of the time that the page's thread spent: what other programs on the machine
 * took of the processor meanwhile is not the page's. From each that of the empty page of the same
 * turn is taken. The 95 % bound is a bootstrap over the turns.
 * Slices are the script's own pieces of that thread's time, from Chromium's trace.
 */
'use strict';
const puppeteer = require('puppeteer-core');
const {CHROMIUM} = require('../../test/e2e/browser');
const {buildTracker, startSite, visit, scriptTime, median, ratio} = require('./site');

const PAIRS = Number(process.env.PAIRS || 31);
const MODULES = process.env.MODULES || 'default';
const THROTTLE = 4;
const LONGEST_TRACES = 5;

const SLICES = ['EvaluateScript', 'FunctionCall', 'TimerFire', 'v8.compile', 'RunMicrotasks'];

/** The longest piece that belongs to the script, before and after the page's load. */
async function longestSlices(browser, site) {
    const events = await visit(browser, site, 'pipes', {throttle: THROTTLE,
        begin: (session, page) =>
            page.tracing.start({categories: ['devtools.timeline', 'v8', 'blink']}),
        look: async (session, page) => JSON.parse(
            Buffer.from(await page.tracing.stop())).traceEvents});
    const loads = events.filter((one) => one.name === 'loadEventEnd' ||
        one.name === 'MarkLoad').map((one) => one.ts);
    const load = Math.min(...loads);
    const ours = events.filter((one) => one.ph === 'X' && SLICES.includes(one.name) &&
        JSON.stringify(one.args).includes('/pipes.js'));
    const longest = (list) => Math.max(0, ...list.map((one) => one.tdur / 1000));
    return {all: longest(ours), after: longest(ours.filter((one) => one.ts > load)),
        count: ours.length};
}

function report(site, turns, slices) {
    const column = (name) => turns.map((one) => one[name]);
    const row = (name, list) => console.log(`  ${name.padEnd(10)} ${median(list).toFixed(1)} ms` +
        ` (${Math.min(...list).toFixed(1)} to ${Math.max(...list).toFixed(1)})`);
    const {middle, upper} = ratio(turns, 'pipes', 'plausible');
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
    const site = await startSite({pipes: buildTracker(MODULES)});
    const browser = await puppeteer.launch(CHROMIUM);
    const turns = [];
    const slices = [];
    try {
        for (let i = 0; i < PAIRS; i++) {
            const turn = {};
            // Who goes first changes from turn to turn.
            const names = ['empty', ...i % 2 ? ['plausible', 'pipes'] : ['pipes', 'plausible']];
            for (const name of names) {
                turn[name] = await scriptTime(browser, site, name, THROTTLE, 'threadTicks');
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
