'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** Makes one event, has it answered, and says what is on the device. */
async function kept(config) {
    const page = openPage({config});
    page.pipes.identify('user-1');
    await page.pass(600);
    const event = (await page.answer(200)).events[0];
    return {event, page, local: [...page.local.keys()].sort(),
        cookies: [...page.cookies.keys()].sort()};
}

test('by default the id is in a cookie and beside it', async () => {
    const {local, cookies} = await kept({});
    assert.deepEqual(cookies, ['pipes_anonymous_id.shop']);
    assert.deepEqual(local,
        ['pipes_anonymous_id.shop', 'pipes_session.shop', 'pipes_user.shop']);
});

test('storage local sets no cookie', async () => {
    const {event, local, cookies} = await kept({storage: 'local'});
    assert.deepEqual(cookies, []);
    assert.ok(local.includes('pipes_anonymous_id.shop'));
    assert.match(event.anonymous_id, /^[0-9a-f]{32}$/);
});

test('storage memory leaves nothing on the device, and has ids for the page', async () => {
    const {event, page, local, cookies} = await kept({storage: 'memory'});
    assert.deepEqual([local, cookies], [[], []]);
    assert.match(event.anonymous_id, /^[0-9a-f]{32}$/);
    assert.equal(page.pipes.get('anonymous_id'), event.anonymous_id);
    assert.equal(event.user_id, 'user-1');
});

test('storage none has no ids at all', async () => {
    const {event, local, cookies} = await kept({storage: 'none'});
    assert.deepEqual([local, cookies], [[], []]);
    assert.equal(event.anonymous_id, undefined);
    assert.equal(event.session_id, undefined);
    assert.ok(event.seq);
});

test('an opt-out is kept in every mode', () => {
    for (const storage of ['cookie', 'local', 'memory', 'none']) {
        const page = openPage({config: {storage}});
        page.pipes.disable();
        assert.deepEqual([...page.cookies.keys()], ['pipes_disabled'], storage);
    }
});

test('sites and environments have names of their own, production of main the plain ones',
    async () => {
        assert.deepEqual((await kept({site: 'main', environment: 'production'})).cookies,
            ['pipes_anonymous_id']);
        assert.deepEqual((await kept({site: 'a b', environment: 'staging'})).cookies,
            ['pipes_anonymous_id.a%20b.staging']);
    });

test('a queue of another site is neither sent nor touched', async () => {
    const local = new Map();
    const other = openPage({local, config: {site: 'other'}});
    other.pipes.track('mine');
    await other.pass(600);
    const key = other.stored()[0];
    const page = openPage({local, now: other.now + 60000});
    await page.pass(15000);
    assert.equal(page.requests.length, 0);
    assert.ok(local.has(key));
});

test('the domain of the cookie can be given', async () => {
    const {page} = await kept({domain: 'shop.example'});
    assert.ok(page.cookie_writes.every((text) => !text.startsWith('pipes_test')));
    assert.ok(page.cookie_writes.some((text) => /domain=shop\.example;/.test(text)));
});

test('what another page took over from one that slept is sent once, and what comes later, too',
    async () => {
        const local = new Map();
        const sleeper = openPage({local});
        sleeper.pipes.track('before');
        await sleeper.pass(600);
        sleeper.requests.length = 0; // no answer came, and then it slept
        const timers = sleeper.timers.splice(0);
        const page = openPage({local, now: sleeper.now + 60000});
        await page.pass(15000);
        const adopted = await page.answer(200);
        assert.deepEqual(adopted.events.map((e) => e.name), ['before']);
        assert.equal(adopted.load_id, sleeper.pipes.get('load_id'));
        sleeper.now = page.now;
        sleeper.timers.push(...timers);
        sleeper.pipes.track('after');
        await sleeper.pass(200);
        const stored = [...local.values()].join('\n');
        assert.ok(stored.includes('"after"'));
        assert.ok(!stored.includes('"before"'));
    });

test('a day with the collector down fills half a megabyte at most, and the loss is counted',
    async () => {
        const local = new Map([['shop_cart', 'the site\'s own']]);
        let now = 1.7e12;
        let last;
        for (let load = 0; load < 12; load++) {
            last = openPage({local, now});
            for (let i = 0; i < 300; i++) { last.pipes.track('step', {text: 'x'.repeat(300)}); }
            await last.pass(1000);
            now = last.now + 3600e3;
        }
        const page = openPage({local, now});
        page.pipes.track('at last');
        await page.pass(12000);
        const bytes = [...local].filter(([key]) => key.startsWith('pipes_queue'))
            .reduce((sum, [, text]) => sum + text.length, 0);
        assert.ok(bytes < 900000, `${bytes} bytes`);
        assert.equal(local.get('shop_cart'), 'the site\'s own');
        assert.ok([...local.values()].some((text) => /"adopted_full":\d+/.test(text)));
    });

test('an event that a hook made no JSON of has no number, and is counted', async () => {
    const page = openPage();
    page.pipes.on('event', (event) => { if (event.name === 'bad') { event.self = event; } });
    page.pipes.track('bad');
    page.pipes.track('good');
    await page.pass(600);
    const {events, dropped} = page.requests[0].body;
    assert.deepEqual(events.map((e) => [e.name, e.seq]), [['good', 1]]);
    assert.equal(dropped.hook, 1);
});
