/* What a module gets beyond events and listeners: consent, the anonymous id. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** A page with one more module; the scope it was started with, and how often. */
function withModule(options, module = {}) {
    const page = openPage(options);
    page.starts = 0;
    page.ends = 0;
    page.pipes.use({name: 'mine', ...module, start: (core) => {
        page.starts++;
        page.core = core;
        return {stop: () => { page.ends++; }};
    }});
    return page;
}

test('a module that stays is there once, whatever the visitor said, and can say anew', async () => {
    const page = withModule({config: {consent: 'denied'}}, {always: true});
    assert.equal(page.starts, 1);
    page.core.emit('track', 'refused');
    page.core.consent('granted');
    page.core.emit('track', 'granted');
    await page.settle();
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['granted']);
    page.core.consent('denied');
    page.pipes.disable();
    page.pipes.enable();
    page.core.consent('granted');
    page.core.emit('track', 'anew');
    await page.pass(1000);
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['anew']);
    assert.deepEqual([page.starts, page.ends], [1, 0]);
});

test('another module is started only where collecting is allowed', () => {
    const page = withModule({config: {consent: 'denied'}});
    assert.equal(page.starts, 0);
    page.pipes.consent('granted');
    page.pipes.consent('denied');
    assert.deepEqual([page.starts, page.ends], [1, 1]);
});

test('the id is told with its time, and not before consent', () => {
    const page = withModule({config: {consent: 'pending'}});
    assert.equal(page.core.id(), undefined);
    assert.equal(page.cookies.size, 0);
    page.pipes.consent('granted');
    assert.equal(page.core.id(), `1.${page.pipes.get('anonymous_id')}.${page.now}`);
});

test('an id that arrives is taken by who has none yet', () => {
    const arriving = `1.${'a'.repeat(32)}.${1.7e12 - 5000}`;
    const page = withModule();
    assert.equal(page.core.id(arriving), arriving);
    assert.equal(page.pipes.get('anonymous_id'), 'a'.repeat(32));
    assert.ok([...page.cookies.values()].some((one) => one.startsWith(`${arriving}.`)),
        'with the time of its making');
    const again = withModule({local: page.local, cookies: page.cookies});
    const other = `1.${'b'.repeat(32)}.${1.7e12 - 5000}`;
    assert.equal(again.core.id(other), arriving, 'and by nobody else');
});

test('an id that arrived is gone with reset()', () => {
    const arriving = `1.${'a'.repeat(32)}.${1.7e12 - 5000}`;
    const page = withModule();
    page.core.id(arriving);
    page.pipes.reset();
    assert.notEqual(page.core.id(), arriving);
});

test('an id that is none, is too old or comes from tomorrow is not taken', () => {
    const id = 'a'.repeat(32);
    for (const text of [`2.${id}.1699999995000`, `1.${id}`, `1.a;b.1699999995000`,
        `1.${id}.${1.7e12 - 396 * 864e5}`, `1.${id}.${1.7e12 + 2 * 864e5}`, 7, null, {}]) {
        const page = withModule();
        page.core.id(text);
        assert.notEqual(page.pipes.get('anonymous_id'), id, String(text));
    }
});

test('without storage there is no id, and none is taken', () => {
    const page = withModule({config: {storage: 'none'}});
    assert.equal(page.core.id(`1.${'a'.repeat(32)}.1699999995000`), undefined);
    assert.equal(page.pipes.get('anonymous_id'), undefined);
});

/** What is heard of all that a module made, after `act` got what takes it back. */
async function heardBehind(act) {
    const page = withModule();
    const {core} = page;
    const owner = {call: () => 'result'};
    const heard = [];
    const hears = (what) => () => { heard.push(what); };
    const undos = [core.listen(page.win, 'ping', hears('listen')),
        core.wrap(owner, 'call', hears('wrap')), core.on('view', hears('on')),
        core.later(hears('later'), 100)];
    core.define('mine', hears('define'));
    act(page, undos);
    page.win.fire('ping');
    assert.equal(owner.call(), 'result');
    page.pipes.page();
    page.pipes.mine();
    await page.pass(100);
    return heard;
}

test('what a module makes it can take back, and its end takes back all', async () => {
    assert.deepEqual(await heardBehind(() => {}), ['listen', 'wrap', 'on', 'define', 'later']);
    assert.deepEqual(await heardBehind((page, undos) => undos.forEach((undo) => undo())),
        ['define']);
    assert.deepEqual(await heardBehind((page) => {
        page.pipes.disable();
        page.pipes.enable();
    }), []);
});

test('what a module keeps is its own, and null removes it', () => {
    const page = withModule();
    const key = 'pipes_data.shop_mine';
    assert.equal(page.core.store(), undefined);
    page.core.store({a: 1});
    assert.deepEqual([page.core.store(), page.local.get(key)], [{a: 1}, '{"a":1}']);
    const next = withModule({local: page.local, cookies: page.cookies});
    assert.deepEqual(next.core.store(), {a: 1});
    next.core.store(null);
    assert.deepEqual([page.core.store(), page.local.has(key)], [undefined, false]);
});

test('one hook is taken back, the others go on; the version tells what there is', async () => {
    const page = withModule();
    const heard = [];
    const undo = ['first', 'second', 'third'].map((name) =>
        page.core.on('event', () => { heard.push(name); }));
    undo[1]();
    page.pipes.track('told');
    assert.deepEqual(heard, ['first', 'third']);
    assert.equal(page.core.version, 2);
});

test('a module gets the options that stand under its name, or none', () => {
    assert.deepEqual(withModule({config: {mine: {a: 1}, other: {b: 2}}}).core.options, {a: 1});
    assert.deepEqual(withModule().core.options, {});
});

test('what a module says of its event holds, its time since the load, too', async () => {
    const page = openPage();
    page.pipes.use({name: 'says', start: (core) => core.emit('track', 'said', {},
        {since_load_ms: 7, created_at: page.now - 5, url: 'https://other.example/'})});
    await page.pass(1000);
    const [event] = (await page.answer(200)).events;
    assert.deepEqual([event.since_load_ms, event.created_at, event.url],
        [7, page.now - 1000 - 5, 'https://other.example/']);
});
