/**
 * Stories of web vitals: whatever the library web-vitals tells in an engine, ours tells, too. Both
 * are on the same load of the same page.
 */
'use strict';
const assert = require('node:assert');
const {ownAddress} = require('../collector');
const {startPages, told, assertEqual, FIRST_BYTE_MS, IMAGE_MS, CLICK_MS} =
    require('../vitals_page');

/** What each engine tells of at all: the others' values are not known there, to theirs either. */
const isTold = (page, type) =>
    page.evaluate((wanted) => PerformanceObserver.supportedEntryTypes.includes(wanted), type);

/** Theirs tells of the first byte when the load is over. */
const ready = (page) => page.waitFor(() =>
    window.pipes && window.pipes.version && theirs[0].ttfb >= 0);

/** A page in which both have begun and the load is over. */
async function visit(t, browser, name, options) {
    const {collector, site} = await startPages(t, ownAddress());
    const page = await browser.newPage(options);
    await page.goto(`${site.url}/${name}`);
    await ready(page);
    return {collector, site, page};
}

/** Waits until this is the largest paint, where the engine says which is. */
async function painted(page, selector) {
    if (await isTold(page, 'largest-contentful-paint')) {
        await page.waitFor((wanted) => largest && largest.matches(wanted), selector);
    }
}

/**
 * Clicks, slowly, and waits, where the browser tells of clicks, until it has told of this and all
 * before; and until theirs, which looks at what it is told when the browser is idle, has looked:
 * what waits for that when the page is hidden never counts.
 */
async function click(page) {
    const before = await page.evaluate(() => clicks.size);
    await page.click('#b');
    if (await isTold(page, 'event')) {
        await page.waitFor((count) => clicks.size > count, before);
        await page.evaluate(() => {
            window.isIdle = false;
            requestIdleCallback(() => { window.isIdle = true; }, {timeout: 2000});
        });
        await page.waitFor(() => window.isIdle);
    }
}

/** Hides the page; their values then, view after view. */
async function hide(page) {
    await page.toBack();
    return page.evaluate(() => theirs);
}

/** The page has moved all there is; where the engine tells of it. */
async function shift(page, steps) {
    if (await isTold(page, 'layout-shift')) {
        await page.evaluate((all) => shiftAll(all), steps);
    }
}

/** What an engine can tell of is told, and nothing else. */
async function assertWhole(page, ours, types) {
    for (const [type, key] of Object.entries(types)) {
        assert.strictEqual(key in ours, await isTold(page, type), key);
    }
}

const ALL = {'largest-contentful-paint': 'lcp', 'layout-shift': 'cls', event: 'inp'};

async function compare(t, browser, name, selector) {
    const {collector, page} = await visit(t, browser, name);
    await painted(page, selector);
    await click(page);
    const [theirs] = await hide(page);
    const [ours] = await told(collector, 1);
    assertEqual(t, ours, theirs);
    await assertWhole(page, ours, ALL);
    assert.deepStrictEqual(page.errors, []);
    await page.close();
    return ours;
}

/** As many keys, and no two of them in one frame: what is in one with a slow key is as slow. */
async function press(page, count) {
    await page.evaluate(() => { document.getElementById('i').focus(); });
    for (let i = 0; i < count; i++) {
        await page.press('a');
        await page.evaluate(() => {
            window.isShown = false;
            requestAnimationFrame(() => requestAnimationFrame(() => { window.isShown = true; }));
        });
        await page.waitFor(() => window.isShown);
    }
}

module.exports = [{
    name: 'a slow picture, a slow click and the first byte are told as web-vitals tells them',
    ownStage: true,
    async run({t, browser}) {
        const ours = await compare(t, browser, 'plain', 'img');
        assert.ok(ours.ttfb >= FIRST_BYTE_MS && ours.fcp >= ours.ttfb);
        assert.ok(!('lcp' in ours) || ours.lcp >= ours.ttfb + IMAGE_MS);
        assert.ok(!('inp' in ours) || ours.inp >= CLICK_MS);
    },
}, {
    name: 'text that comes late is the largest paint for both',
    ownStage: true,
    async run({t, browser}) {
        const ours = await compare(t, browser, 'late_text', '#late');
        assert.ok(!('lcp' in ours) || ours.lcp > ours.fcp);
    },
}, {
    name: 'shifts in several windows, one of them cut after 5 s, give the same cls',
    needs: 'layout_shift',
    ownStage: true,
    async run({t, browser}) {
        const {collector, page} = await visit(t, browser, 'plain');
        await painted(page, 'img');
        // Two near one another, a pause, a run of more than 5 s, a pause, a small one.
        await shift(page, [[0, 40], [300, 40], [1200, 25],
            ...Array.from({length: 8}, () => [750, 25]), [1200, 10]]);
        const [theirs] = await hide(page);
        const [ours] = await told(collector, 1);
        assertEqual(t, ours, theirs);
        const all = await page.evaluate(() => new Promise((done) =>
            new PerformanceObserver((list) => done(list.getEntries().map((entry) => entry.value)))
                .observe({type: 'layout-shift', buffered: true})));
        assert.strictEqual(all.length, 12);
        const sum = (list) => list.reduce((a, b) => a + b, 0);
        assert.ok(ours.cls < sum(all.slice(2, 11)) - 0.01, 'the long run is cut');
        assert.ok(ours.cls > sum(all.slice(0, 2)) + 0.01, 'the first window is not the worst');
        await page.close();
    },
}, {
    name: 'of sixty keys, twelve of them slow, both leave out the slowest',
    needs: 'event_timing',
    ownStage: true,
    async run({t, browser}) {
        const {collector, page} = await visit(t, browser, 'keys');
        await press(page, 60);
        await click(page);
        const [theirs] = await hide(page);
        const [ours] = await told(collector, 1);
        assertEqual(t, ours, theirs);
        await assertWhole(page, ours, ALL);
        assert.ok(ours.inp >= CLICK_MS && ours.inp < 500);
        assert.strictEqual(await page.evaluate(() => count), 60);
        await page.close();
    },
}, {
    name: 'a tab that was in the background at its first paint has neither paint nor shifts',
    ownStage: true,
    async run({t, browser}) {
        const {collector, page} = await visit(t, browser, 'plain', {background: true});
        assert.strictEqual(await page.evaluate(() => document.visibilityState), 'hidden');
        await page.toFront();
        await page.waitFor(() => performance.getEntriesByType('paint').length);
        await shift(page, [[0, 40]]);
        await click(page);
        const [theirs] = await hide(page);
        const ours = (await told(collector, 1)).pop();
        assertEqual(t, ours, theirs);
        await assertWhole(page, ours, {event: 'inp'});
        assert.ok(!['fcp', 'lcp', 'cls'].some((key) => key in ours));
        await page.close();
    },
}, {
    name: 'a return from the back-forward cache is a view of its own for both',
    ownStage: true,
    async run({t, browser}) {
        const {collector, site, page} = await visit(t, browser, 'plain');
        await painted(page, 'img');
        await click(page);
        await page.goto(`${site.url}/elsewhere`);
        await page.back();
        await page.waitFor(() => window.theirs && theirs.length === 2 && theirs[1].fcp >= 0);
        // Half a second after a click, that before the page was left too, no shift counts.
        await shift(page, [[600, 40]]);
        await click(page);
        const theirs = await hide(page);
        const ours = await told(collector, 2);
        assert.strictEqual(ours.length, 2);
        assertEqual(t, ours[0], theirs[0]);
        // Each reads the clock by itself, in callbacks of one frame.
        assertEqual(t, ours[1], theirs[1], {lcp: 1, fcp: 1});
        await assertWhole(page, ours[1], ALL);
        assert.ok(ours[1].ttfb === 0 && !(ours[1].cls <= 0) && !(ours[1].inp < CLICK_MS));
        await page.close();
    },
}];
