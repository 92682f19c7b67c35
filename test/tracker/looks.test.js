/** With the id in a cookie, localStorage is looked into only where something may lie. */
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {openPage} = require('./page.js');

const ID = 'pipes_anonymous_id.shop';
const STORED = 'pipes_stored.shop';
const NOW = 1.7e12;
const HALF_HOUR = 18e5;

/** What a browser keeps, and how often its localStorage was touched. */
function deviceOf(cookies = {}, local = {}) {
    const device = {looks: 0, local: new Map(Object.entries(local)),
        cookies: new Map(Object.entries(cookies))};
    for (const method of ['keys', 'get', 'has', 'set', 'delete']) {
        device.local[method] = (...args) => {
            device.looks++;
            return Map.prototype[method].apply(device.local, args);
        };
    }
    device.open = (now, options) => openPage({now, local: device.local, cookies: device.cookies,
        ...options});
    return device;
}

/** Tells an event and answers whatever is asked until nothing is; the batches. */
async function tell(page, name = 'told') {
    const batches = [];
    page.pipes.track(name);
    await page.pass(600);
    while (page.requests.length) {
        batches.push(await page.answer(200));
        await page.pass(1000);
    }
    return batches;
}

const cookieOf = (last, index = 3) => `1.abcdefgh12.${NOW - 5000}.session.${index}.${last}`;

/** A queue that a dead load left. */
const left = {'pipes_queue.shop_x': [JSON.stringify({h: NOW - 1e5, l: 'x', o: 'x', t: NOW - 1e5,
    b: 'b1', c: {}, d: {}, u: 0}),
JSON.stringify({seq: 1, name: 'left', created_at: NOW - 1e5})].join('\n')};
const namesOf = (batches) => batches.flatMap((one) => one.events.map((event) => event.name));

test('a new visitor whose events are answered for: not at all, and one cookie', async () => {
    const device = deviceOf();
    await tell(device.open(NOW));
    assert.equal(device.looks, 0);
    assert.deepEqual([...device.cookies.keys()], [ID]);
});

test('a queue that was stored and is gone again: not at all any more', async () => {
    const device = deviceOf();
    const page = device.open(NOW);
    page.pipes.track('slowly answered');
    await page.pass(1000);
    assert.equal(page.stored().length, 1);
    await page.answer(200);
    device.looks = 0;
    await tell(page);
    assert.equal(device.looks, 0);
});

test('the next pages of a session: not at all; nor is the cookie written each time', async () => {
    const device = deviceOf();
    await tell(device.open(NOW));
    const soon = device.open(NOW + 5000);
    await tell(soon);
    assert.deepEqual(soon.cookie_writes, []);
    const later = device.open(NOW + 61000);
    await tell(later);
    assert.equal(later.cookie_writes.filter((one) => one.startsWith(ID)).length, 1);
    await later.pass(30000);
    assert.equal(device.looks, 0);
});

test('where a queue was left: at the start, until nothing is there any more', async () => {
    const device = deviceOf({[ID]: cookieOf(NOW), [STORED]: '1'}, left);
    assert.deepEqual(namesOf(await tell(device.open(NOW))), ['told', 'left']);
    assert.equal(device.cookies.get(STORED), '1');
    await tell(device.open(NOW + 5000));
    assert.ok(!device.cookies.has(STORED));
    device.looks = 0;
    await tell(device.open(NOW + 10000));
    assert.equal(device.looks, 0);
});

test('a page that stays says itself that nothing is there any more', async () => {
    const device = deviceOf();
    const page = device.open(NOW);
    page.pipes.track('slow');
    await page.pass(1000);
    assert.equal(device.cookies.get(STORED), '1');
    await page.answer(200);
    await page.pass(10000);
    assert.ok(!device.cookies.has(STORED));
});

test('a session that begins looks once, whatever the cookie says', async () => {
    const device = deviceOf({[ID]: cookieOf(NOW - HALF_HOUR - 1)}, left);
    assert.deepEqual(namesOf(await tell(device.open(NOW))), ['told', 'left']);
    const at_ease = deviceOf({[ID]: cookieOf(NOW - HALF_HOUR)}, left);
    assert.deepEqual(namesOf(await tell(at_ease.open(NOW))), ['told']);
    assert.equal(at_ease.looks, 0);
});

test('who is new is looked after later: the cookies alone may be lost', async () => {
    const device = deviceOf({}, left);
    const page = device.open(NOW);
    assert.deepEqual(namesOf(await tell(page)), ['told']);
    await page.pass(10000);
    assert.deepEqual((await page.answer(200)).events.map((one) => one.name), ['left']);
});

test('a page takes over what another leaves meanwhile', async () => {
    const device = deviceOf({[ID]: cookieOf(NOW)});
    const stays = device.open(NOW);
    await tell(stays);
    const goes = device.open(NOW, {beacon_limit: 1});
    goes.pipes.track('left behind');
    goes.win.fire('pagehide');
    await stays.pass(45000);
    assert.deepEqual((await stays.answer(200)).events.map((one) => one.name), ['left behind']);
});

test('the user stays known, in this session and the next, though the mark was lost', async () => {
    const device = deviceOf();
    const page = device.open(NOW);
    page.pipes.identify('user-1');
    await tell(page);
    const user = async (now) => (await tell(device.open(now)))[0].events[0].user_id;
    assert.equal(await user(NOW + 5000), 'user-1');
    device.cookies.delete(STORED);
    assert.equal(await user(NOW + HALF_HOUR + 6000), 'user-1');
    assert.equal(device.cookies.get(STORED), '1', 'and is set again');
});

/** What is told on www after a login there and a visit to another host of the site. */
async function backFrom(visit) {
    const www = deviceOf();
    const first = www.open(NOW);
    first.pipes.identify('anna');
    await tell(first);
    const ofHost = first.cookie_writes.filter((one) => !/domain=/.test(one))
        .map((one) => one.split('=')[0]).filter((name) => www.cookies.has(name));
    assert.deepEqual(ofHost, [STORED], 'localStorage is of a host, too');
    ofHost.forEach((name) => www.cookies.delete(name));
    const other = openPage({now: NOW + 5000, cookies: www.cookies});
    await visit(other);
    ofHost.forEach((name) => www.cookies.set(name, '1'));
    const [{events: [event]}] = await tell(www.open(other.now));
    return [event.user_id, event.anonymous_id === other.pipes.get('anonymous_id')];
}

test('the user stays known beside a host of the site where nothing is stored', async () => {
    assert.deepEqual(await backFrom((page) => tell(page)), ['anna', true]);
});

test('who became another visitor on another host of the site is not the user before', async () => {
    assert.deepEqual(await backFrom((page) => {
        page.pipes.reset();
        return tell(page);
    }), [undefined, true]);
});

test('who is forgotten at once after the first event leaves nothing', () => {
    const device = deviceOf();
    const page = device.open(NOW);
    page.pipes.track('told');
    assert.ok(device.cookies.has(ID));
    page.pipes.reset();
    assert.equal(device.cookies.size, 0);
    page.pipes.disable();
    const removals = page.cookie_writes.filter((one) => one.startsWith(ID) &&
        /max-age=0/.test(one));
    assert.equal(removals.length, 1, 'nothing is removed that is not there');
});

test('that there is something is noted once, not with each write', async () => {
    const page = deviceOf().open(NOW);
    for (let i = 0; i < 3; i++) {
        page.pipes.track('unanswered');
        await page.pass(1000);
    }
    assert.equal(page.cookie_writes.filter((one) => one.startsWith(STORED)).length, 1);
});

test('where no cookie can be kept a session is one, while something is done', async () => {
    const page = openPage({prepare: ({doc}) =>
        Object.defineProperty(doc, 'cookie', {get: () => '', set: () => {}})});
    const sessions = new Set();
    for (let i = 0; i < 5; i++) {
        sessions.add((await tell(page))[0].events[0].session_id);
        page.now += HALF_HOUR / 2;
    }
    assert.equal(sessions.size, 1);
    page.now += HALF_HOUR;
    const [[{events: [one]}], [{events: [other]}]] = [await tell(page), await tell(page)];
    assert.ok(!sessions.has(one.session_id));
    assert.equal(other.session_id, one.session_id);
});

/** As version 0.1 kept it. */
const FORMER = [{[ID]: `1.abcdefgh12.${NOW - 5000}`}, {[ID]: `1.abcdefgh12.${NOW - 5000}`,
    'pipes_session.shop': `old-session.7.${NOW - 4000}`, 'pipes_user.shop': '{"user_id":"user-1"}',
    ...left}];

test('what was kept in the form of before is taken over: id, session, user and queue', async () => {
    for (const [storage, cookies] of [['cookie', FORMER[0]], ['local', {}]]) {
        const device = deviceOf(cookies, FORMER[1]);
        const config = {storage};
        const batches = await tell(device.open(NOW, {config}));
        assert.deepEqual(namesOf(batches), ['told', 'left']);
        const [{anonymous_id, session_id, session_index, user_id}] = batches[0].events;
        assert.deepEqual([anonymous_id, session_id, session_index, user_id],
            ['abcdefgh12', 'old-session', 7, 'user-1'], storage);
        assert.ok(!device.local.has('pipes_session.shop'));
        assert.equal(device.local.has(ID), storage === 'local', 'once');
        const [{events: [next]}] = await tell(device.open(NOW + 9000, {config}));
        assert.deepEqual([next.anonymous_id, next.session_id, next.session_index],
            ['abcdefgh12', 'old-session', 7]);
    }
});

test('what is left in the form of before goes with who is forgotten', () => {
    for (const act of ['reset', 'disable']) {
        const device = deviceOf({}, {'pipes_session.shop': 'old-session.7.1699999000000'});
        device.open(NOW).pipes[act]();
        assert.ok(!device.local.has('pipes_session.shop'), act);
    }
});

test('an id without a session, nor one beside it, begins the first', async () => {
    const device = deviceOf(FORMER[0]);
    const [{events: [{anonymous_id, session_index}]}] = await tell(device.open(NOW));
    assert.deepEqual([anonymous_id, session_index], ['abcdefgh12', 1]);
});

test('two pages that begin at once are one visitor', async () => {
    const device = deviceOf();
    const pages = [device.open(NOW), device.open(NOW)];
    const told = [];
    for (const page of pages) { page.pipes.track('a'); }
    for (const page of pages) {
        page.pipes.flush();
        told.push(...(await page.answer(200)).events);
    }
    for (const key of ['anonymous_id', 'session_id']) {
        assert.equal(new Set(told.map((event) => event[key])).size, 1, key);
    }
});

test('a page that follows to another visitor leaves the user before behind', async () => {
    const device = deviceOf();
    const [first, other] = [device.open(NOW), device.open(NOW)];
    first.pipes.identify('anna', {});
    await tell(first);
    other.now = first.now;
    const [{events: [before]}] = await tell(other);
    assert.equal(before.user_id, 'anna');
    for (const next of ['berta', undefined]) {
        first.now = other.now += 1000;
        first.pipes.reset();
        first.pipes.identify(next || {plan: 'none'});
        const [{events: [{anonymous_id}]}] = await tell(first);
        other.now = first.now;
        const [{events: [event]}] = await tell(other);
        assert.deepEqual([event.anonymous_id, event.user_id], [anonymous_id, next]);
    }
});

test('a page does not bring back who was forgotten elsewhere, and follows the next', async () => {
    const device = deviceOf();
    const [first, other] = [device.open(NOW), device.open(NOW)];
    await tell(first);
    other.now = first.now;
    other.pipes.reset();
    assert.ok(!device.cookies.has(ID));
    first.now += 70000;
    await tell(first);
    assert.ok(!device.cookies.has(ID));
    other.now = first.now;
    const [{events: [{anonymous_id, session_id}]}] = await tell(other);
    first.now = other.now;
    const [{events: [event]}] = await tell(first);
    assert.deepEqual([event.anonymous_id, event.session_id], [anonymous_id, session_id]);
});
