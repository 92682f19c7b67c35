'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

function opened(document = {}, height = 4000) {
    const root = {scrollTop: 0, scrollHeight: height};
    let has_focus = true;
    const page = openPage({modules: ['engagement'], window: {innerHeight: 800},
        document: {scrollingElement: root, hasFocus: () => has_focus, ...document}});
    page.root = root;
    page.focus = (flag) => {
        has_focus = flag;
        page.win.fire(flag ? 'focus' : 'blur');
    };
    /** Leaves the page and comes back; what was told then. */
    page.leave = async () => {
        page.win.fire('pagehide');
        const events = page.beacons.splice(0).flatMap((one) => one.body.events);
        while (page.requests.length) {
            await page.answer(200);
        }
        return events.map((e) => e.properties);
    };
    return page;
}

test('time counts while the page has the focus', async () => {
    const page = opened();
    await page.pass(3500);
    page.focus(false);
    await page.pass(60000);
    page.focus(true);
    await page.pass(1500);
    const [told] = await page.leave();
    assert.deepEqual([told.engaged_ms, told.depth], [5000, 20]);
});

test('one timer runs while someone is there, none while not', async () => {
    const page = opened();
    const timers = page.timers.length;
    for (let i = 0; i < 3; i++) { page.focus(true); }
    assert.equal(page.timers.length, timers);
    page.focus(false);
    await page.pass(1000);
    assert.equal(page.timers.length, timers - 1);
});

test('it looks after a second, then each three', async () => {
    const page = opened();
    for (const ms of [1000, 3000, 3000]) {
        const waits = page.timers.map((timer) => timer.due - page.now);
        assert.deepEqual(waits.filter((one) => one > 500 && one < 4000), [ms]);
        await page.pass(ms);
    }
});

test('time counts while the page is visible', async () => {
    const page = opened();
    await page.pass(2000);
    page.doc.visibilityState = 'hidden';
    page.doc.fire('visibilitychange');
    assert.deepEqual((await page.answer(200)).events.map((e) => e.properties.engaged_ms), [2000]);
    await page.pass(60000);
    assert.equal(page.requests.length + page.beacons.length, 0);
    page.doc.visibilityState = 'visible';
    page.doc.fire('visibilitychange');
    await page.pass(1000);
    assert.equal((await page.leave())[0].engaged_ms, 3000);
});

test('a machine that sleeps counts nothing', async () => {
    const page = opened();
    await page.pass(2000);
    page.now += 3600000;
    await page.pass(2000);
    const [told] = await page.leave();
    assert.ok(told.engaged_ms >= 3000 && told.engaged_ms <= 4000, told.engaged_ms);
    for (const [ms, engaged_ms] of [[4999, 4999], [5000, 0]]) {
        const other = opened();
        other.now += ms;
        other.doc.fire('scroll', {target: other.doc});
        assert.equal((await other.leave())[0].engaged_ms, engaged_ms);
    }
});

test('the depth is 100 at most, and 0 where no height is known', async () => {
    for (const [height, more, depth] of [[700, {}, 100], [NaN, {}, 0],
        [4000, {scrollingElement: undefined, hasFocus: undefined, documentElement:
            {scrollTop: 1200, scrollHeight: 4000}}, 50]]) {
        const page = opened(more, height);
        await page.pass(1000);
        assert.deepEqual((await page.leave()).map((one) => [one.engaged_ms, one.depth]),
            [[1000, depth]]);
    }
});

test('nothing is told when nothing was gained', async () => {
    const page = opened();
    await page.pass(500);
    assert.deepEqual(await page.leave(), []);
    await page.pass(2000);
    assert.equal((await page.leave()).length, 1);
    await page.pass(900);
    const names = (await page.leave()).filter((one) => one.engaged_ms > 2500);
    assert.deepEqual(names, []);
    await page.pass(100);
    assert.deepEqual((await page.leave()).map((one) => one.engaged_ms).slice(-1), [3500]);
    page.root.scrollTop = 1200;
    page.doc.fire('scroll', {target: page.doc});
    assert.deepEqual((await page.leave()).map((one) => one.depth).slice(-1), [50]);
});

test('what was done is counted, and what was pressed is not told', async () => {
    const page = opened();
    page.doc.fire('keydown', {key: 'SECRET', code: 'SECRET'});
    page.doc.fire('keydown', {key: 'SECRET', code: 'SECRET'});
    page.doc.fire('click', {});
    page.doc.fire('touchstart', {});
    for (const [clientX, clientY] of [[10, 10], [13, 14], [3, 14]]) {
        page.doc.fire('mousemove', {clientX, clientY});
    }
    page.root.scrollTop = 1200;
    for (const target of [page.doc, page.doc, {}]) { page.doc.fire('scroll', {target}); }
    page.root.scrollTop = 0;
    await page.pass(1000);
    assert.deepEqual(await page.leave(), [{engaged_ms: 1000, depth: 50, scrolls: 2, clicks: 1,
        keys: 2, touches: 1, pointer_px: 17}]);
});

test('the next view counts anew, and the old one is told before it', async () => {
    const page = opened();
    await page.pass(3000);
    page.pipes.page();
    await page.pass(2000);
    const [old, view] = (await page.answer(200)).events;
    assert.deepEqual([old.type, old.properties.engaged_ms, view.type],
        ['engagement', 3000, 'page']);
    assert.notEqual(old.page_view_id, view.page_view_id);
    assert.equal((await page.leave())[0].engaged_ms, 2000);
});
