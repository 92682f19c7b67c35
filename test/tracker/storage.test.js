'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** Makes one event, has it answered, and says what is on the device. */
async function kept(config, modules) {
    const page = openPage({config, modules});
    page.pipes.identify('user-1');
    await page.pass(600);
    const event = (await page.answer(200)).events[0];
    return {event, page, local: [...page.local.keys()].sort(),
        cookies: [...page.cookies.keys()].sort()};
}

const ID = 'pipes_anonymous_id.shop';
const STORED = 'pipes_stored.shop';

test('by default the id is in a cookie, with the session', async () => {
    for (const config of [{}, {storage: 'cookie'}]) {
        const {event, page, local, cookies} = await kept(config);
        assert.deepEqual(cookies, [ID, STORED]);
        assert.deepEqual(local, ['pipes_user.shop']);
        assert.equal(page.cookies.get(ID),
            `1.${event.anonymous_id}.${1.7e12}.${event.session_id}.1.${1.7e12}`);
    }
});

test('an id is taken from where it is kept unless it is none, too old or of the future', () => {
    const DAY = 864e5;
    for (const [text, is_taken] of [[`1.abcdefgh12.${1.7e12}`, true],
        [`1.abcdefgh12.${1.7e12 + DAY / 2}`, true], [`1.abcdefgh12.${1.7e12 + 2 * DAY}`, false],
        [`1.abcdefgh12.${1.7e12 - 396 * DAY}`, false], ['1.abcdefgh12', false], ['', false],
        [`1.abcdefgh12.${1.7e12}.s.1.${1.7e12}`, true], [`1.abcdefgh12.${1.7e12}.s.1`, false]]) {
        for (const [storage, place] of [['cookie', 'cookies'], ['local', 'local']]) {
            const page = openPage({config: {storage}, [place]: new Map([[ID, text]])});
            page.pipes.track('a');
            assert.equal(page.pipes.get('anonymous_id') === 'abcdefgh12', is_taken,
                `${place} ${text}`);
        }
    }
});

test('a cookie of another mode is not read, and reset() takes it away', () => {
    for (const storage of ['local', 'memory', 'none']) {
        const page = openPage({config: {storage}, cookies: new Map([[ID, `1.abcdefgh12.${1.7e12}`],
            [STORED, '1'], ['shop_basket', '7']])});
        page.pipes.track('a');
        assert.notEqual(page.pipes.get('anonymous_id'), 'abcdefgh12');
        assert.deepEqual(page.cookie_writes, [], storage);
        page.pipes.reset();
        assert.deepEqual([...page.cookies.keys()], ['shop_basket'], storage);
    }
});

for (const storage of ['cookie', 'local']) {
    test(`${storage}: a session ends half an hour after its last event, for all`, async () => {
        const device = {config: {storage}, local: new Map(), cookies: new Map()};
        const pages = [0, 1].map(() => openPage(device));
        const session = async (page, ms) => {
            page.now = 1.7e12 + ms;
            page.pipes.track('a');
            page.pipes.flush();
            const {events: [{session_id, session_index}]} = await page.answer(200);
            return [session_id, session_index];
        };
        const [id, index] = await session(pages[0], 0);
        assert.equal(index, 1);
        assert.deepEqual(await session(pages[1], 18e5), [id, 1]);
        assert.deepEqual(await session(pages[0], 36e5), [id, 1]);
        const [next, number] = await session(pages[1], 54e5 + 1);
        assert.ok(next !== id && number === 2);
        assert.deepEqual(await session(pages[0], 54e5 + 2), [next, 2]);
    });
}

for (const storage of ['cookie', 'local']) {
    test(`reset() makes another visitor, of whom nothing is known: ${storage}`, async () => {
        const {event, page} = await kept({storage});
        page.pipes.reset();
        assert.deepEqual([...page.cookies.keys(), ...page.local.keys()], []);
        assert.equal(page.win.sessionStorage.length, 0);
        page.pipes.track('a');
        await page.pass(600);
        const [other] = (await page.answer(200)).events;
        assert.notEqual(other.anonymous_id, event.anonymous_id);
        assert.notEqual(other.session_id, event.session_id);
        assert.deepEqual([other.session_index, other.user_id], [1, undefined]);
    });
}

test('a user stays known: on the page in every mode, beyond it where that is kept', async () => {
    for (const [storage, is_kept] of [['cookie', true], ['local', true], ['memory', false],
        ['none', false]]) {
        const {page} = await kept({storage});
        const next = openPage({config: {storage}, local: page.local, cookies: page.cookies});
        const users = [];
        for (const one of [page, next]) {
            one.pipes.track('a');
            await one.pass(600);
            users.push((await one.answer(200)).events[0].user_id);
        }
        assert.deepEqual(users, ['user-1', is_kept ? 'user-1' : undefined], storage);
    }
});

test('a tab has one id for all its pages, where it can be kept', async () => {
    const ids = [];
    for (const config of [{}, {}, {storage: 'memory'}]) {
        const {page} = await kept(config, ['tab']);
        for (const one of [page, openPage({config, modules: ['tab'], window: {sessionStorage:
            page.win.sessionStorage}})]) {
            one.pipes.track('a');
            one.pipes.flush();
            ids.push((await one.answer(200)).events[0].tab_id);
        }
    }
    assert.match(ids[0], /^[0-9a-f]{32}$/);
    assert.deepEqual([ids[1], ids[3], ...ids.slice(4)], [ids[0], ids[2], undefined, undefined]);
    assert.notEqual(ids[2], ids[0]);
});

test('an opt-out lasts 395 days, or until it is taken back', () => {
    const page = openPage();
    page.pipes.disable();
    assert.equal(page.cookies.get('pipes_disabled'), '1');
    const written = page.cookie_writes.filter((text) => text.startsWith('pipes_disabled')).pop();
    assert.equal(+/max-age=(\d+)/.exec(written)[1], 395 * 86400);
    page.pipes.enable();
    assert.ok(!page.cookies.has('pipes_disabled'));
});

test('a page that stays open for longer than an id lives makes a new one', () => {
    const page = openPage();
    const id = () => {
        page.pipes.track('a');
        return page.pipes.get('anonymous_id');
    };
    const first = id();
    page.now += 394 * 864e5;
    assert.equal(id(), first);
    page.now += 864e5;
    assert.notEqual(id(), first);
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
            ['pipes_anonymous_id', 'pipes_stored']);
        assert.deepEqual((await kept({site: 'a b', environment: 'staging'})).cookies,
            ['pipes_anonymous_id.a%20b+staging', 'pipes_stored.a%20b+staging']);
    });

test('no two sites and environments share a name, whatever they are called', async () => {
    const names = new Set();
    const called = [['main', 'x'], ['x', 'production'], ['shop', 'staging'],
        ['shop.staging', 'production'], ['shop+staging', 'production'], ['shop', 'staging+x'],
        ['shop+staging', 'x'], ['main.x', ''], ['main+x', '']];
    for (const [site, environment] of called) {
        const {cookies, local} = await kept({site, environment}, ['campaign']);
        [...cookies, ...local].forEach((name) => names.add(name));
        assert.equal(cookies.length + local.length, 3);
    }
    assert.equal(names.size, 3 * called.length);
});

test('what is kept for another site is neither sent nor touched, whatever its name', async () => {
    for (const site of ['other', 'shop_b2b']) {
        const [local, cookies] = [new Map(), new Map([[STORED, '1']])];
        const other = openPage({local, config: {site}, modules: ['campaign'], prepare: ({win}) => {
            win.location.href += '?utm_source=news';
        }});
        other.pipes.track('mine');
        await other.pass(1000);
        const keys = [...local.keys()];
        assert.equal(keys.length, 2, keys.join());
        const page = openPage({local, cookies, now: other.now + 60000});
        await page.pass(15000);
        assert.equal(page.requests.length, 0);
        page.pipes.reset();
        assert.deepEqual([...local.keys()], keys);
    }
});

test('the domain of the cookie can be given', async () => {
    const {page} = await kept({domain: 'shop.example'});
    assert.ok(page.cookie_writes.every((text) => !text.startsWith('pipes_test')));
    assert.ok(page.cookie_writes.some((text) => /domain=shop\.example;/.test(text)));
});

test('what another page took over from one that slept is sent once, and what comes later, too',
    async () => {
        const device = {local: new Map(), cookies: new Map()};
        const sleeper = openPage(device);
        sleeper.pipes.track('before');
        await sleeper.pass(1000);
        sleeper.requests.length = 0; // no answer came, and then it slept
        const timers = sleeper.timers.splice(0);
        const page = openPage({...device, now: sleeper.now + 60000});
        await page.pass(15000);
        const adopted = await page.answer(200);
        assert.deepEqual(adopted.events.map((e) => e.name), ['before']);
        assert.equal(adopted.load_id, sleeper.pipes.get('load_id'));
        sleeper.now = page.now;
        sleeper.timers.push(...timers);
        sleeper.pipes.track('after');
        await sleeper.pass(1000);
        const stored = [...device.local.values()].join('\n');
        assert.ok(stored.includes('"after"'));
        assert.ok(!stored.includes('"before"'));
    });

test('who slept leaves alone what another page holds, and sends its own once', async () => {
    const device = {local: new Map(), cookies: new Map()};
    const sleeper = openPage(device);
    sleeper.pipes.track('before');
    await sleeper.pass(1000);
    sleeper.requests.length = 0;
    const page = openPage({...device, now: sleeper.now + 60000});
    await page.pass(15000);
    sleeper.now = page.now;
    sleeper.pipes.track('after');
    await sleeper.pass(1000);
    await page.pass(10000);
    const names = sleeper.stored().map((key) =>
        JSON.parse(device.local.get(key).split('\n')[1]).name);
    assert.deepEqual(names.sort(), ['after', 'before']);
});

/** A page that stored `before`, got no answer, did `act`, and woke when another had sent that. */
async function awakened(act) {
    const device = {local: new Map(), cookies: new Map()};
    const sleeper = openPage(device);
    sleeper.pipes.on('event', (event) => event.name !== 'lost');
    sleeper.pipes.track('before');
    await sleeper.pass(1000);
    await act(sleeper);
    sleeper.requests.length = 0;
    const timers = sleeper.timers.splice(0);
    const page = openPage({...device, now: sleeper.now + 60000});
    await page.pass(2000);
    const taken = await page.answer(200);
    await page.pass(2000);
    assert.deepEqual([taken.load_id, page.requests], [sleeper.pipes.get('load_id'), []]);
    sleeper.now = page.now;
    sleeper.timers.push(...timers);
    await sleeper.pass(60000);
    return {sleeper, taken};
}

test('who slept does not report once more what it had lost before', async () => {
    const {sleeper, taken} = await awakened(async (page) => {
        page.pipes.track('lost');
        await page.pass(10000);
    });
    assert.deepEqual([taken.events.length, taken.dropped], [1, {hook: 1}]);
    assert.deepEqual([sleeper.requests, sleeper.stored()], [[], []]);
});

test('who slept while it waited to send again leaves that to who has sent it', async () => {
    const {sleeper} = await awakened(async (page) => {
        page.requests.shift().fail();
        await page.settle();
    });
    assert.deepEqual([sleeper.requests, sleeper.stored()], [[], []]);
});

test('who slept and could not store the last sends that, and nothing that was sent', async () => {
    const {sleeper, taken} = await awakened(async (page) => {
        const store = page.win.localStorage.setItem;
        page.win.localStorage.setItem = () => { throw new Error('full'); };
        page.pipes.track('last');
        await page.pass(1000);
        page.win.localStorage.setItem = store;
    });
    assert.deepEqual(taken.events.map((event) => event.name), ['before']);
    const [{body}] = sleeper.requests;
    assert.deepEqual(body.events.map((event) => event.name), ['last']);
});

/** A page beside what loads of these names, begun so long ago, left, each with these lines. */
function beside(loads, local = new Map(), header = {}) {
    for (const [load, ago_ms, ...lines] of loads) {
        local.set(`pipes_queue.shop_${load}`, [JSON.stringify({h: 1.7e12 - 1e5, l: load, o: load,
            t: 1.7e12 - ago_ms, b: 'b1', c: {}, d: {}, u: 0, ...header}), ...lines].join('\n'));
    }
    return openPage({local, cookies: new Map([[STORED, '1']])});
}

const line = (name, created_at, text) => JSON.stringify({seq: 1, name, created_at, text});

test('what is older than a week or damaged is counted, what is not goes', async () => {
    const old = line('old', 1.7e12 - 8 * 864e5);
    const page = beside([['x', 1e5, old, old, line('young', 1.7e12 - 6 * 864e5), '{"seq":']]);
    await page.pass(1000);
    const {load_id, events, dropped} = await page.answer(200);
    assert.deepEqual([load_id, events.map((e) => e.name), dropped],
        ['x', ['young'], {damaged: 1, expired: 2}]);
    await page.pass(1000);
    assert.equal(page.requests.length + page.stored().length, 0);
});

test('what a dead load left beside a living one is taken over, the other is not', async () => {
    const living = openPage();
    living.pipes.track('mine');
    await living.pass(1000);
    const page = beside([['dead', 1e5, line('left', 1.7e12)]], living.local);
    await page.pass(2000);
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['left']);
    await page.pass(25000);
    assert.deepEqual([page.requests, page.stored()], [[], living.stored()]);
});

test('a page whose queue cannot be written any more does not take it for another\'s', async () => {
    const page = openPage();
    page.pipes.track('once');
    await page.pass(1000);
    const [key] = page.stored();
    page.win.localStorage.setItem = (name, value) => {
        if (name === key) { throw new Error('full'); }
        page.local.set(name, value);
    };
    await page.pass(29000);
    page.requests.shift().fail();
    await page.pass(15000);
    await page.answer(200);
    await page.pass(60000);
    assert.deepEqual([page.requests, page.stored()], [[], []]);
});

test('of more than half a megabyte the oldest goes', async () => {
    const text = 'x'.repeat(2e5);
    for (const order of [[1e6, 3e6, 2e6], [3e6, 1e6, 2e6], [2e6, 1e6, 3e6]]) {
        const page = beside(order.map((ago) => [`l${ago}`, ago, line('e', 1.7e12, text)]));
        assert.deepEqual(page.stored().map((key) => key.split('_')[2]).filter((one) =>
            /^l/.test(one)).sort(), ['l1000000', 'l2000000']);
        assert.ok([...page.local.values()].some((one) => one.includes('"adopted_full":1')));
    }
});

test('what was left behind is sent in the order in which it was made', async () => {
    const page = beside([2e5, 4e5, 3e5].map((ago) =>
        [`l${ago}`, ago, line(`${ago}`, 1.7e12 - ago)]));
    const names = [];
    for (let i = 0; i < 3; i++) {
        await page.pass(1000);
        names.push(...(await page.answer(200)).events.map((e) => e.name));
    }
    assert.deepEqual(names, ['400000', '300000', '200000']);
});

test('of more than a hundred and some queues the oldest go, with what they had lost', async () => {
    const loads = Array.from({length: 150}, (_, i) => [`l${i}`, 1e6 + i, line('e', 1.7e12)]);
    const page = beside(loads, new Map(), {d: {queue_full: 2}, u: 2});
    const left = page.stored().filter((key) => /_l\d+$/.test(key))
        .map((key) => +key.split('_l')[1]);
    assert.ok(left.length > 100 && left.length < 128, left.length);
    assert.equal(Math.max(...left), left.length - 1);
    const own = page.local.get('pipes_queue.shop_' + page.pipes.get('load_id'));
    const {d} = JSON.parse(own.split('\n')[0]);
    assert.equal(d.adopted_full, 3 * (150 - left.length));
});

test('what has the name of a queue and is none is removed, what has another stays', async () => {
    const local = new Map([['pipes_queue.shop_a', 'garbage'], ['pipes_queue.shop_b', '{}'],
        ['pipes_queue.shop_c', '{"l":"c"}\n{'], ['pipes_queue.shop_d', '{"d":{}}\n{}'],
        ['pipes_queue', 'garbage'], ['not_pipes_queue.shop_e', 'garbage']]);
    const page = beside([['x', 1e5, line('young', 1.7e12)]], local);
    await page.pass(1000);
    assert.deepEqual((await page.answer(200)).events.map((e) => e.name), ['young']);
    await page.pass(15000);
    assert.equal(page.requests.length, 0);
    assert.deepEqual([...local.keys()], ['pipes_queue', 'not_pipes_queue.shop_e']);
});

/** Makes the only event of a page one that a hook drops. */
function lose(page) {
    page.pipes.on('event', () => false);
    page.pipes.track('lost');
}

test('a loss is kept until it was reported, and reported once', async () => {
    const first = openPage();
    lose(first);
    lose(first);
    await first.pass(10000);
    const page = openPage({local: first.local, cookies: first.cookies, now: first.now + 60000});
    await page.pass(1000);
    const {load_id, events, dropped} = await page.answer(200);
    assert.deepEqual([load_id, events, dropped], [first.pipes.get('load_id'), [], {hook: 2}]);
    await page.pass(60000);
    assert.equal(page.requests.length + page.stored().length, 0);
});

test('what a living page has is its own, be it an event or a loss', async () => {
    for (const act of [(page) => page.pipes.track('a'), lose]) {
        const page = openPage();
        act(page);
        await page.pass(40000);
        const other = openPage({local: page.local, cookies: page.cookies, now: page.now});
        await other.pass(2000);
        assert.equal(other.requests.length, 0);
        assert.equal(page.stored().length, 1);
    }
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

test('asking what does not concern the visitor makes nobody of them', () => {
    const page = openPage();
    for (const key of ['load_id', 'page_view_id', 'consent', 'enabled', 'site', 'nothing']) {
        page.pipes.get(key);
    }
    assert.deepEqual([...page.cookies.keys()], []);
    assert.ok(page.pipes.get('anonymous_id'));
    assert.deepEqual([...page.cookies.keys()], [ID]);
});

test('a page that is left with its request under way has stored what that carries', async () => {
    const page = openPage();
    page.pipes.track('under_way');
    await page.settle();
    assert.equal(page.requests.length, 1);
    assert.deepEqual(page.stored(), [], 'not written yet');
    page.win.fire('pagehide');
    assert.match(page.local.get(page.stored()[0]), /"under_way"/);
    assert.equal(page.beacons.length, 0);
});
