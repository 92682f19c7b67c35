/** Stories of web vitals: whatever the library web-vitals tells in an engine, ours tells, too. */
'use strict';
const assert = require('node:assert');
const {ownAddress} = require('../collector');
const {startPages, told, assertEqual, FIRST_BYTE_MS, IMAGE_MS} = require('../vitals_page');

/** What each engine tells of at all: the others' values are not known there, to theirs either. */
const isTold = (page, type) =>
    page.evaluate((wanted) => PerformanceObserver.supportedEntryTypes.includes(wanted), type);

/** Theirs tells of the first byte when the load is over. */
async function visit(browser, url) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitFor(() => window.pipes && window.pipes.version && theirs[0].ttfb >= 0);
    return page;
}

/** Waits until this is the largest paint, where the engine says which is. */
async function painted(page, selector) {
    if (await isTold(page, 'largest-contentful-paint')) {
        await page.waitFor((wanted) => largest && largest.matches(wanted), selector);
    }
}

/**
 * Clicks, slowly, and waits, where the browser tells of clicks, until it has; and until theirs,
 * which looks at what it is told when the browser is idle, has looked.
 */
async function click(page) {
    await page.click('#b');
    if (await isTold(page, 'event')) {
        await page.waitFor(() => clicks.size > 0);
        await page.evaluate(() => {
            requestIdleCallback(() => { window.isIdle = true; }, {timeout: 2000});
        });
        await page.waitFor(() => window.isIdle);
    }
}

/** The page says that it is hidden: no engine lets a test hide a page that it goes on to ask. */
const hide = (page) => page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});
    document.dispatchEvent(new Event('visibilitychange', {bubbles: true}));
    window.dispatchEvent(new Event('pagehide'));
    return theirs[0];
});

async function compare(t, browser, name, selector) {
    const {collector, site} = await startPages(t, ownAddress());
    const page = await visit(browser, `${site.url}/${name}`);
    await painted(page, selector);
    await click(page);
    const theirs = await hide(page);
    const [ours] = await told(collector, 1);
    assertEqual(t, ours, theirs);
    for (const [type, key] of [['largest-contentful-paint', 'lcp'], ['layout-shift', 'cls']]) {
        assert.strictEqual(key in ours, await isTold(page, type), key);
    }
    assert.deepStrictEqual(page.errors, []);
    await page.close();
    return ours;
}

module.exports = [{
    name: 'a slow picture, a slow click and the first byte are told as web-vitals tells them',
    ownStage: true,
    async run({t, browser}) {
        const ours = await compare(t, browser, 'plain', 'img');
        assert.ok(ours.ttfb >= FIRST_BYTE_MS && ours.fcp >= ours.ttfb);
        assert.ok(!('lcp' in ours) || ours.lcp >= ours.ttfb + IMAGE_MS);
        assert.ok(!('inp' in ours) || ours.inp >= 90);
    },
}, {
    name: 'text that comes late is the largest paint for both',
    ownStage: true,
    async run({t, browser}) {
        const ours = await compare(t, browser, 'late_text', '#late');
        assert.ok(!('lcp' in ours) || ours.lcp > ours.fcp);
    },
}];
