'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** A page of 4000 px in a window of 800; `to(y)` scrolls, `frame()` draws. */
function opened(height = 4000, more = {}) {
    const frames = [];
    const counter = {reads: 0};
    const root = {scrollTop: 0, get scrollHeight() { counter.reads++; return height; }};
    const page = openPage({modules: ['scroll'], document: {scrollingElement: root},
        ...more, window: {innerHeight: 800, requestAnimationFrame: (fn) => frames.push(fn),
            ...more.window}});
    page.counter = counter;
    page.frame = () => frames.splice(0).forEach((fn) => fn());
    page.to = (y) => { root.scrollTop = y; page.doc.fire('scroll', {target: page.doc}); };
    page.depths = async () => {
        page.pipes.flush();
        await page.settle();
        const events = page.requests.length ? (await page.answer(200)).events : [];
        return events.filter((e) => e.name === 'scroll').map((e) => e.properties.depth);
    };
    return page;
}

test('each depth is told once, however often it is passed', async () => {
    const page = opened();
    for (const y of [300, 2000, 0, 2000]) { page.to(y); page.frame(); }
    await page.settle();
    const first = await page.depths();
    page.to(3200);
    page.frame();
    assert.deepEqual(first.concat(await page.depths(), await page.depths()), [25, 50, 75, 90, 100]);
});

test('a depth is reached with its last pixel but one', async () => {
    const page = opened();
    page.to(198);
    page.frame();
    assert.deepEqual(await page.depths(), []);
    page.to(199);
    page.frame();
    assert.deepEqual(await page.depths(), [25]);
});

test('browsers that lack scrollingElement or frames tell it, too', async () => {
    const page = opened(4000, {window: {requestAnimationFrame: undefined}, document: {
        documentElement: {scrollTop: 300, scrollHeight: 4000}}});
    page.to(300);
    await page.pass(50);
    assert.deepEqual(await page.depths(), [25]);
});

test('the layout is read once a frame', async () => {
    const page = opened();
    for (let y = 0; y < 200; y += 10) { page.to(y); }
    assert.equal(page.counter.reads, 0);
    page.frame();
    assert.equal(page.counter.reads, 1);
});

test('nothing is told of a page that nobody scrolls, short or long', async () => {
    for (const height of [801, undefined]) {
        const page = opened(height);
        await page.pass(5000);
        assert.deepEqual(await page.depths(), []);
    }
    const long = opened();
    long.to(300);
    long.frame();
    assert.deepEqual(await long.depths(), [25]);
});

test('what was scrolled to its end at once is told its end once', async () => {
    const page = opened(700);
    page.to(0);
    page.frame();
    const first = await page.depths();
    await page.pass(2000);
    assert.deepEqual(first.concat(await page.depths()), [25, 50, 75, 90, 100]);
});

test('the next view begins at the top', async () => {
    const page = opened();
    page.to(300);
    page.frame();
    page.pipes.page();
    page.to(310);
    page.frame();
    const first = await page.depths();
    assert.deepEqual(first.concat(await page.depths()), [25, 25]);
});

test('what scrolls within the page says nothing of the page', async () => {
    const page = openPage({modules: ['scroll'], window: {innerHeight: 800},
        document: {scrollingElement: {scrollTop: 0, scrollHeight: 1600}}});
    page.doc.fire('scroll', {target: {}});
    await page.pass(100);
    page.pipes.flush();
    assert.equal(page.requests.length, 0);
});
