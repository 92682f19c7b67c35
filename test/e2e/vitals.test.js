/*
 * The module `vitals` beside the library web-vitals, on the same load of the same page, where it
 * takes Chromium: it alone tells of layout shifts, and has a protocol to put tabs in the background
 * and behind one another. The rest is in stories/vitals.js.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {startBrowser, openPage} = require('./browser');
const {startPages, told, assertEqual} = require('./vitals_page');

const start = async (t) => ({...await startPages(t), browser: await startBrowser(t)});

/** Opens a page and waits until both have begun and the load is over. */
async function visit({browser, site}, name) {
    const page = await openPage(browser);
    await page.goto(`${site.url}/${name}`);
    await ready(page);
    return page;
}

/** Theirs tells of the first byte when the load is over. */
const ready = (page) => page.waitForFunction(() =>
    window.pipes && window.pipes.version && theirs[0].ttfb >= 0, {polling: 20});

const painted = (page, selector) => page.waitForFunction((wanted) =>
    largest && largest.matches(wanted), {polling: 20}, selector);

/**
 * Clicks, slowly, and waits until the browser has told of it and of all before. Theirs looks at
 * what it is told when the browser is idle, and what waits for that
 * when the page is hidden never counts.
 */
async function click(page) {
    const before = await page.evaluate(() => clicks.size);
    await page.click('#b');
    await page.waitForFunction((count) => clicks.size > count, {polling: 20}, before);
    await page.evaluate(() =>
        new Promise((done) => requestIdleCallback(() => done(), {timeout: 2000})));
}

/** Hides the tab behind another one; their values then. */
async function hide({browser}, page) {
    const other = await openPage(browser);
    await other.bringToFront();
    await page.waitForFunction(() => document.visibilityState === 'hidden', {polling: 20});
    return page.evaluate(() => theirs);
}

test('shifts in several windows, one of them cut after 5 s, give the same cls', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'plain');
    await painted(page, 'img');
    // Two near one another, a pause, a run of more than 5 s, a pause, a small one.
    await page.evaluate(() => shiftAll([[0, 40], [300, 40], [1200, 25],
        ...Array.from({length: 8}, () => [750, 25]), [1200, 10]]));
    const [theirs] = await hide(world, page);
    const [ours] = await told(world.collector, 1);
    assertEqual(t, ours, theirs);
    const all = await page.evaluate(() => new Promise((done) =>
        new PerformanceObserver((list) => done(list.getEntries().map((entry) => entry.value)))
            .observe({type: 'layout-shift', buffered: true})));
    assert.strictEqual(all.length, 12);
    const sum = (list) => list.reduce((a, b) => a + b, 0);
    assert.ok(ours.cls < sum(all.slice(2, 11)) - 0.01, 'the long run is cut');
    assert.ok(ours.cls > sum(all.slice(0, 2)) + 0.01, 'the first window is not the worst');
});

test('of sixty keys, twelve of them slow, both leave out the slowest', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'keys');
    await page.focus('#i');
    for (let i = 0; i < 60; i++) {
        await page.keyboard.press('a');
        // What is in one frame with a slow key is as slow as that.
        await page.evaluate(() => new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(done))));
    }
    await click(page);
    const [theirs] = await hide(world, page);
    const [ours] = await told(world.collector, 1);
    assertEqual(t, ours, theirs);
    assert.ok(ours.inp >= 90 && ours.inp < 500);
});

test('a tab that was in the background at its first paint has neither paint nor shifts',
    async (t) => {
        const world = await start(t);
        const session = await world.browser.target().createCDPSession();
        const url = `${world.site.url}/plain`;
        await session.send('Target.createTarget', {url, background: true});
        const target = await world.browser.waitForTarget((one) => one.url() === url);
        const page = await target.page();
        await ready(page);
        await page.bringToFront();
        await page.waitForFunction(() => document.visibilityState === 'visible' &&
            performance.getEntriesByType('paint').length, {polling: 20});
        await page.evaluate(() => shiftAll([[0, 40]]));
        await click(page);
        const before = await hide(world, page);
        const ours = await told(world.collector, 1);
        assertEqual(t, ours[ours.length - 1], before[0]);
        assert.deepStrictEqual(Object.keys(before[0]).sort(), ['inp', 'ttfb']);
    });

test('a return from the back-forward cache is a view of its own for both', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'plain');
    await painted(page, 'img');
    await click(page);
    await page.goto(`${world.site.url}/elsewhere`);
    await page.goBack();
    await page.waitForFunction(() => theirs.length === 2 && theirs[1].lcp >= 0, {polling: 20});
    // Half a second after a click, that before the page was left too, no shift counts.
    await page.evaluate(() => shiftAll([[600, 40]]));
    await click(page);
    const theirs = await hide(world, page);
    const ours = await told(world.collector, 2);
    assert.strictEqual(ours.length, 2);
    assertEqual(t, ours[0], theirs[0]);
    // Each reads the clock by itself, in callbacks of one frame.
    assertEqual(t, ours[1], theirs[1], {lcp: 1, fcp: 1});
    assert.ok(ours[1].cls > 0 && ours[1].ttfb === 0 && ours[1].inp >= 90);
});
