/**
 * A day in Chromium with nobody who takes events: a load each half hour by the page's clock, so
 * that each takes over what the ones before left. The same on a small browser, with more faults and
 * in every storage mode: test/tracker/outage.test.js.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {startStory, show} = require('./story');
const {startBrowser} = require('./browser');
const {PuppeteerPage} = require('./engine_puppeteer');

const LOADS = 48;
const EVENTS = 20;
const LOAD_MS = 24 * 36e5 / LOADS;
/** docs/tracker.md: left behind, and of the page that is open, ids and headers included. */
const CHARS_MAX = 524288 + 262144 + 4096;
const KEYS_MAX = 128 + 2;

/** In the page: tells of the visit, and says what is stored. */
function visit(events) {
    for (let i = 0; i < events; i++) {
        window.pipes.track('told', {text: 'x'.repeat(600)});
    }
    localStorage.setItem('cart', (localStorage.getItem('cart') || '') + 'fern;');
    const ours = Object.keys(localStorage).filter((key) => key.startsWith('pipes_'));
    return {keys: ours.filter((key) => key.startsWith('pipes_queue')).length,
        chars: ours.reduce((sum, key) => sum + key.length + localStorage[key].length, 0),
        cart: localStorage.cart, site: Object.keys(localStorage).length - ours.length};
}

test('a day of Chromium with the collector down: all is told once or told as lost', async (t) => {
    const story = await startStory(t, ['--storage', 'local', '--modules', 'page_view']);
    const page = new PuppeteerPage(await (await startBrowser(t)).newPage());
    story.wire.fault = 'cut';
    const most = {keys: 0, chars: 0};
    for (let load = 0; load < LOADS; load++) {
        await show(page, story.page('/one', {shift: load * LOAD_MS}));
        const {keys, chars, cart, site} = await page.evaluate(visit, EVENTS);
        most.keys = Math.max(most.keys, keys);
        most.chars = Math.max(most.chars, chars);
        assert.ok(chars <= CHARS_MAX && keys <= KEYS_MAX, `${chars} characters in ${keys} queues`);
        assert.deepStrictEqual([site, cart], [1, 'fern;'.repeat(load + 1)]);
    }
    story.wire.fault = undefined;
    const began = Date.now();
    await show(page, story.page('/two', {shift: LOADS * LOAD_MS}));
    await page.waitFor(() => !window.kept().some((key) => key.startsWith('pipes_queue')));
    const seconds = (Date.now() - began) / 1000;
    const {taken, lost} = story.wire;
    const dropped = [...lost.values()].reduce((sum, n) => sum + n, 0);
    t.diagnostic(JSON.stringify({...most, taken: taken.size, dropped, seconds}));
    assert.deepStrictEqual(page.errors, []);
    assert.ok(dropped > 0, 'the day was long enough');
    assert.strictEqual(taken.size + dropped, LOADS * (1 + EVENTS) + 1);
    story.isFrugal(1.05);
});
