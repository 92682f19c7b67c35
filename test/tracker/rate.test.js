/* A page that tells without end: what is too much is left out, and counted. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** Answers all there is; what arrived by name, and the total told as dropped. */
async function arrived(page) {
    const names = [];
    let dropped = {};
    await page.pass(1000);
    while (page.requests.length) {
        const body = await page.answer(200);
        names.push(...body.events.map((event) => event.name));
        dropped = body.dropped;
        await page.pass(1000);
    }
    return {names, dropped};
}

const tell = (page, name, times) => {
    for (let i = 0; i < times; i++) { page.pipes.track(name); }
};

test('an endless loop tells a hundred, then ten a second, and what was left out', async () => {
    const page = openPage();
    tell(page, 'loop', 100000);
    await page.pass(2000);
    tell(page, 'later', 100);
    const {names, dropped} = await arrived(page);
    assert.equal(names.filter((name) => name === 'loop').length, 100);
    assert.equal(names.filter((name) => name === 'later').length, 20);
    assert.deepEqual(dropped, {too_many: 99900 + 80});
});

test('ten a second are told whole, and ten seconds later there is room for a hundred', async () => {
    const page = openPage();
    for (let i = 0; i < 300; i++) {
        tell(page, 'steady', 1);
        await page.pass(100);
    }
    await page.pass(10000);
    tell(page, 'burst', 100);
    const {names, dropped} = await arrived(page);
    assert.deepEqual([names.length >= 100, dropped], [true, {}]);
});

test('a clock that is set back makes nobody wait for it', async () => {
    const page = openPage();
    tell(page, 'before', 50);
    page.now -= 36e5;
    tell(page, 'after', 50);
    await page.pass(1000);
    tell(page, 'last', 10);
    assert.deepEqual((await arrived(page)).dropped, {});
});

test('a loss that nothing follows is told by the next visit', async () => {
    const page = openPage();
    tell(page, 'loop', 130);
    await arrived(page);
    tell(page, 'loop', 130);
    page.requests.length = 0;
    page.win.fire('pagehide');
    const next = openPage({local: page.local, cookies: page.cookies, now: page.now + 60000});
    await next.pass(2000);
    const {load_id, dropped} = next.requests[0].body;
    assert.equal(load_id, page.pipes.get('load_id'));
    assert.ok(dropped.too_many >= 30 + 80, JSON.stringify(dropped));
});

test('while consent is pending the first two hundred wait, others are counted', async () => {
    const page = openPage({config: {consent: 'pending'}});
    for (let i = 0; i < 250; i++) {
        page.pipes.track(`event ${i}`);
        page.now += 100;
    }
    page.pipes.consent('granted');
    const {names, dropped} = await arrived(page);
    assert.deepEqual([names[0], names.length, dropped], ['event 0', 200, {too_many: 50}]);
});

test('each instance has a rate of its own', async () => {
    const page = openPage();
    const other = page.pipes.create({site: 'blog'});
    tell(page, 'loop', 1000);
    other.track('other');
    other.flush();
    const {events} = page.requests.pop().body;
    assert.deepEqual(events.map((event) => event.name), ['other']);
});
