/** Stories of a visitor's many page lives, whose collector dies again and again or is down. */
'use strict';
const assert = require('node:assert');
const {until, rows} = require('../collector');
const {startSite, html} = require('../site');
const {startStory, show} = require('../story');

const LIVES = 20;
const EVENTS_PER_LIFE = 50;
const KILLS = 10;

/** Before the tag: the page is so late that it takes over what all others left behind. */
const LATER = `<script>
    var now = Date.now;
    Date.now = function () { return now() + 31000; };
</script>`;

const isReady = (page) => page.waitFor(() => Boolean(window.pipes && window.pipes.get));

/**
 * One life: in every other one the collector is killed in the middle, and back when the page is
 * gone, whose last words nobody heard.
 */
async function live(collector, life) {
    const {page, url} = collector;
    const half = EVENTS_PER_LIFE / 2;
    const track = (from, to) => page.evaluate((number, first, last) => {
        for (let i = first; i < last; i++) {
            window.pipes.track('counted', {life: number, i});
        }
    }, life, from, to);
    await page.goto(`${url}/index.html?life=${life}`);
    await isReady(page);
    await track(0, half);
    const isKilled = life % (LIVES / KILLS) === 0;
    if (isKilled) {
        await collector.kill();
    }
    await track(half, EVENTS_PER_LIFE);
    if (isKilled) {
        await page.goto('about:blank');
        await collector.start();
    }
}

/** How often each event is in the lake. */
function timesOf(all) {
    const times = new Map();
    for (const {name, properties} of all) {
        if (name === 'counted') {
            const key = `${properties.life}-${properties.i}`;
            times.set(key, (times.get(key) || 0) + 1);
        }
    }
    return times;
}

const killed = {
    name: '1,000 events of 20 page lives, the collector killed ten times: each in the lake once',
    ownStage: true,
    async run({t, browser}) {
        const collector = await startSite(t, browser, (tag) => ({
            'index.html': html('Page', tag, ''),
            'later.html': html('Later', LATER + tag, ''),
        }), ['--modules', 'core']);
        const {page} = collector;
        for (let life = 0; life < LIVES; life++) {
            await live(collector, life);
        }
        const left = () => page.evaluate(() => Object.keys(localStorage).filter((key) =>
            key.startsWith('pipes_queue')).length);
        const atEnd = await left();
        t.diagnostic(`${atEnd} queues are left at the end of the last life`);
        assert.ok(atEnd > 0, 'that of the last killed life among them');
        await page.goto(`${collector.url}/later.html`);
        await until('the browser has delivered all its queues', async () => await left() === 0);
        assert.deepStrictEqual(page.errors, []);
        await page.close();
        assert.strictEqual(await collector.stop(), 0);
        const times = timesOf(rows(collector.data));
        assert.strictEqual(times.size, LIVES * EVENTS_PER_LIFE);
        assert.deepStrictEqual([...times].filter(([, n]) => n !== 1), []);
        assert.match(collector.run('verify'), /sound/);
    },
};

const LOADS = 48;
const EVENTS_PER_LOAD = 20;
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

/**
 * A load each half hour by the page's clock, so that each takes over what the ones before left. The
 * same on a small browser, with more faults and in every storage mode: test/tracker/outage.test.js.
 */
async function day({story, page}) {
    const most = {keys: 0, chars: 0};
    for (let load = 0; load < LOADS; load++) {
        await show(page, story.page('/one', {shift: load * LOAD_MS}));
        const {keys, chars, cart, site} = await page.evaluate(visit, EVENTS_PER_LOAD);
        most.keys = Math.max(most.keys, keys);
        most.chars = Math.max(most.chars, chars);
        assert.ok(chars <= CHARS_MAX && keys <= KEYS_MAX, `${chars} characters in ${keys} queues`);
        assert.deepStrictEqual([site, cart], [1, 'fern;'.repeat(load + 1)]);
    }
    return most;
}

const outage = {
    name: 'a day with the collector down: all is told once or told as lost',
    ownStage: true,
    async run({t, browser}) {
        const story = await startStory(t, ['--storage', 'local', '--modules', 'page_view']);
        const page = await browser.newPage();
        story.wire.fault = 'cut';
        const most = await day({story, page});
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
        assert.strictEqual(taken.size + dropped, LOADS * (1 + EVENTS_PER_LOAD) + 1);
        story.isFrugal(1.05);
        await page.close();
    },
};

module.exports = [killed, outage];
