/** The start is done in parts, a task each where they take long, so that none holds the page up. */
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {openPage, assemble} = require('./page');

/** The tag's stub, and a call made through it at this time. */
function queued(...calls) {
    const pipes = {q: []};
    for (const [name, ...args] of calls) {
        pipes.q.push([name, args, 1.7e12]);
    }
    pipes.track = (...args) => { pipes.q.push(['track', args, 1.7e12]); };
    return pipes;
}

test('what is called while it starts comes behind what was called before', async () => {
    const page = openPage({is_starting: true, pipes: queued(['track', 'first'])});
    assert.equal(page.pipes.version, undefined);
    page.timers.shift().fn();
    page.pipes.track('second');
    await page.pass(0);
    page.pipes.track('third');
    const names = [];
    while (page.requests.length) {
        names.push(...(await page.answer(200)).events.map((event) => event.name));
        await page.pass(1000);
    }
    assert.deepEqual(names, ['first', 'second', 'third']);
});

test('a page that is left while it starts tells what was called', () => {
    const page = openPage({is_starting: true, pipes: queued(['track', 'last', {n: 1}])});
    assert.deepEqual(page.leave('last'), [{n: 1}]);
});

/** A browser in which each look at the jar and each listener takes so long. */
const slow = (ms) => ({is_starting: true, pipes: queued(['track', 'told']),
    modules: ['page_view', 'clicks', 'scroll'],
    prepare: (page) => {
        const {get, set} = Object.getOwnPropertyDescriptor(page.doc, 'cookie');
        const late = (fn) => function (...args) {
            page.now += ms;
            return fn.apply(this, args);
        };
        Object.defineProperty(page.doc, 'cookie', {get: late(get), set});
        for (const target of [page.win, page.doc]) {
            target.addEventListener = late(target.addEventListener);
        }
    }});

test('what is slow has a task for each part, what is quick one for all', () => {
    for (const [ms, expected] of [[0, 1], [5, 6]]) {
        const page = openPage(slow(ms));
        let tasks = 0;
        for (; !page.pipes.version; tasks++) {
            const due = page.timers.filter((one) => one.due <= page.now);
            assert.equal(due.length, 1);
            page.timers.splice(page.timers.indexOf(due[0]), 1);
            due[0].fn();
        }
        assert.equal(tasks, expected);
    }
});

test('what is told in all those tasks goes in one request', async () => {
    for (const modules of [['page_view', 'clicks', 'scroll'], ['clicks', 'scroll', 'page_view']]) {
        const page = openPage({...slow(5), modules});
        await page.pass(1000);
        assert.deepEqual(page.requests.map((one) => one.body.events.map((event) => event.type)),
            [['page', 'track']]);
    }
});

test('a page that is left between them does all of them at once', () => {
    const page = openPage(slow(5));
    page.timers.shift().fn();
    assert.deepEqual(page.leave('told'), [{}]);
    assert.ok(page.pipes.version);
});

test('a call that comes between them waits for those before it, whose ever it is', async () => {
    const page = openPage({...slow(5), modules: ['set_once_time', 'scroll']});
    page.timers.shift().fn();
    page.timers.shift().fn();
    assert.equal(page.pipes.version, undefined);
    page.pipes.q.push(['set', [{late: 1}], page.now]);
    assert.equal(page.pipes.set, undefined, 'not there yet');
    page.pipes.track('last');
    await page.pass(1000);
    assert.deepEqual(page.requests[0].body.events.map((event) => [event.name, event.properties]),
        [['told', {}], ['last', {late: 1}]]);
});

test('a second tag on the page starts nothing, not even while the first one starts', async () => {
    const page = openPage({is_starting: true, pipes: queued(['track', 'told']),
        prepare: (it, run) => { it.run = run; }});
    page.run(assemble({site: 'shop', bundle: 'b1'}, []));
    await page.pass(0);
    page.run(assemble({site: 'shop', bundle: 'b1'}, []));
    await page.pass(5000);
    const events = page.requests.flatMap((one) => one.body.events);
    assert.deepEqual(events.map((event) => event.name), ['told']);
});

/** A page of who comes back, about to start, and how often it `looks` into the storage. */
function startOn(options) {
    const cookies = new Map([['pipes_anonymous_id.shop',
        `1.abcdefgh12.${1.7e12 - 9e6}.session.1.${1.7e12 - 2e6}`]]);
    const local = new Map([['of_the_site', '1']]);
    const device = {looks: 0};
    for (const method of ['keys', 'get', 'has', 'set', 'delete']) {
        local[method] = (...args) => {
            device.looks++;
            device.page.now += 5;
            return Map.prototype[method].apply(local, args);
        };
    }
    return Object.assign(device,
        {page: openPage({...slow(5), ...options, local, cookies, pipes: queued()})});
}

for (const [what, options] of Object.entries({
    'while consent is pending': {config: {consent: 'pending'}},
    'when it was refused': {config: {consent: 'denied'}},
    'when a banner is to be asked first': {modules: ['banner']},
})) {
    test(`the start does not look into the storage ${what}`, async () => {
        const device = startOn(options);
        await device.page.pass(50);
        assert.ok(device.page.pipes.version);
        assert.equal(device.looks, 0);
        device.page.pipes.track('told');
        device.page.pipes.consent('granted');
        assert.ok(device.looks > 0, 'and does when it may');
    });
}

for (const [what, options] of Object.entries({
    'where nobody has to be asked': {},
    'when consent was given': {config: {consent: 'granted'}, modules: ['banner']},
    'with modules that are always there, but ask for nothing': {modules: ['set_once_time']},
})) {
    test(`the start looks into the storage in a task before it begins ${what}`, () => {
        const device = startOn(options);
        device.page.timers.shift().fn();
        assert.equal(device.looks, 0);
        device.page.timers.shift().fn();
        assert.ok(device.looks > 0);
        assert.deepEqual(device.page.listening().map(([type]) => type), ['pagehide'],
            'nothing else has begun');
    });
}

test('without the stub it starts at once: the next script may call it', async () => {
    const page = openPage({is_starting: true});
    page.pipes.track('told');
    await page.pass(1000);
    assert.deepEqual(page.requests[0].body.events.map((event) => event.name), ['told']);
});

/** A page about to start, with a cookieStore; how often it `reads` document.cookie. */
function startBeside(getAll, cookies = []) {
    const page = openPage({is_starting: true, pipes: queued(['track', 'told']),
        cookies: new Map(cookies), window: {cookieStore: {getAll}},
        prepare: (it) => {
            const {get, set} = Object.getOwnPropertyDescriptor(it.doc, 'cookie');
            it.reads = 0;
            Object.defineProperty(it.doc, 'cookie', {set, get: () => {
                it.reads++;
                return get();
            }});
        }});
    page.told = () => page.requests.flatMap((one) => one.body.events.map((event) => event.name));
    return page;
}
const ID = ['pipes_anonymous_id.shop', `1.abcdefgh12.${1.7e12 - 9e6}.s.1.${1.7e12 - 9}`];
const listed = (...cookies) => cookies.map(([name, value]) => ({name, value}));

test('where the browser looks into the cookie jar beside the page, the page does not', async () => {
    const page = startBeside(async () => listed(['first', ''], ID, ['last', 'a=b']), [ID]);
    assert.equal(page.pipes.version, undefined, 'it waits for the answer');
    await page.pass(100);
    assert.equal(page.pipes.get('anonymous_id'), 'abcdefgh12');
    assert.deepEqual([page.told(), page.reads], [['told'], 0]);
    await page.pass(1000);
    assert.deepEqual(page.told(), ['told'], 'and starts once');
    page.pipes.track('later');
    assert.ok(page.reads > 0, 'what it saw does not serve for ever');
});

test('an opt-out that was seen beside the page is obeyed', async () => {
    const OUT = ['pipes_disabled', '1'];
    const page = startBeside(async () => listed(OUT), [OUT]);
    await page.pass(2000);
    assert.deepEqual([page.pipes.get('enabled'), page.told(), page.cookie_writes], [false, [], []]);
});

for (const [what, getAll] of Object.entries({
    'is refused': () => Promise.reject(new Error('SecurityError')),
    throws: () => { throw new Error('SecurityError'); },
    'gives something else': async () => 'a=b',
    'is no promise': () => listed(ID),
    'is half a promise': () => ({then: (fn) => { fn(listed(ID)); }}),
})) {
    test(`a look beside the page that ${what} is made up for by the page's own`, async () => {
        const page = startBeside(getAll, [ID]);
        await page.pass(100);
        assert.equal(page.pipes.get('anonymous_id'), 'abcdefgh12');
        assert.deepEqual(page.told(), ['told']);
    });
}

test('a look beside the page that is never answered is waited for a second', async () => {
    let late;
    const page = startBeside(() => new Promise((resolve) => { late = resolve; }), [ID]);
    await page.pass(900);
    assert.equal(page.pipes.version, undefined);
    await page.pass(200);
    assert.deepEqual([page.told(), page.pipes.get('anonymous_id')], [['told'], 'abcdefgh12']);
    late(listed(['pipes_anonymous_id.shop', `1.stranger12.${1.7e12}`]));
    await page.pass(3000);
    assert.deepEqual(page.told(), ['told']);
});

test('a page that is left before the look beside it is answered looks by itself', async () => {
    const page = startBeside(() => new Promise(() => undefined), [ID]);
    page.win.fire('pagehide');
    assert.deepEqual(page.beacons.map(({body}) => body.events.map((event) =>
        [event.name, event.anonymous_id])), [[['told', 'abcdefgh12']]]);
});
