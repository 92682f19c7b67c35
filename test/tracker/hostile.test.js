/*
 * Every call of the API with every hostile value. PIPES_FUZZ_ROUNDS=100000 goes on for longer than
 * a usual run, PIPES_FUZZ_SEED repeats one.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');
const {values, thrower, cyclic} = require('./hostile.js');

const LIST = require('../../tracker/modules.json');
const MODULES = LIST.modules.map((one) => one.name);
const CALLS = [...new Set(['get', ...LIST.core.calls,
    ...LIST.modules.flatMap((one) => one.calls)])];
/** What makes the tracker stop or forget what it had: nothing can be counted afterwards. */
const ENDING = ['disable', 'consent'];
const ROUNDS = +process.env.PIPES_FUZZ_ROUNDS || 500;
const SEED = +process.env.PIPES_FUZZ_SEED || Date.now() % 1e9;
const EVENT_MAX_BYTES = 40960;
/** An endless tree is left after so many looks. */
const STEPS_MAX = 50000;
/** Of the processor, not of the clock: the machine may be busy. What runs away takes minutes. */
const CALL_MAX_MS = 3000;
const steps = {count: 0};

/** Numbers from 0 to 1 that a seed repeats. */
function randomOf(seed) {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

function open() {
    const page = openPage({modules: MODULES, config: {consent: 'granted'}});
    page.values = values(steps, page);
    page.made = 0;
    page.arrived = new Map();
    page.dropped = 0;
    page.pipes.on('event', () => { page.made++; });
    return page;
}

/** One call, which must neither throw nor run away. */
function call(page, name, args, told) {
    const before = process.cpuUsage();
    steps.count = 0;
    page.now += 500; // no page may tell all of this at once
    assert.doesNotThrow(() => page.pipes[name](...args), told);
    const {user, system} = process.cpuUsage(before);
    assert.ok(steps.count < STEPS_MAX, `${told}: ${steps.count} looks`);
    assert.ok(user + system < CALL_MAX_MS * 1000, `${told}: ${(user + system) / 1000} ms`);
}

/** Lets all be sent; each event that was made has arrived, or is counted as dropped. */
async function settle(page, told) {
    await page.pass(1500);
    while (page.requests.length) {
        const body = await page.answer(200);
        for (const event of body.events) {
            const bytes = Buffer.byteLength(JSON.stringify(event));
            assert.ok(Number.isInteger(event.seq) && event.type, told);
            assert.ok(bytes <= EVENT_MAX_BYTES, `${told}: an event of ${bytes} bytes`);
            page.arrived.set(event.seq, event);
        }
        page.dropped = Object.values(body.dropped).reduce((sum, n) => sum + n, 0);
        await page.pass(1500);
    }
    // The first page event was made before the hook was there.
    assert.equal(page.arrived.size + page.dropped, page.made + 1, told);
    return [...page.arrived.values()];
}

for (const name of CALLS) {
    test(`pipes.${name}() takes whatever it is given`, async () => {
        const page = open();
        for (const [kind, value] of Object.entries(page.values)) {
            const told = `${name}(${kind})`;
            // In a view of its own: some say a thing once a view.
            page.pipes.page(kind);
            call(page, name, [value], told);
            call(page, name, ['x', value, value], told);
        }
        assert.equal({}.polluted, undefined);
        if (!ENDING.includes(name)) {
            await settle(page, name);
        }
    });
}

/** Some of the values, alone or within each other. */
function pick(random, all) {
    const kinds = Object.keys(all);
    const kind = kinds[Math.floor(random() * kinds.length)];
    if (random() < 0.7) {
        return [kind, all[kind]];
    }
    const [inner, value] = pick(random, all);
    return random() < 0.5 ? [`{${kind}: ${inner}}`, {[kind]: value, also: all[kind]}] :
        [`[${kind}, ${inner}]`, [all[kind], value]];
}

test('calls in any order, with any of it within each other', {timeout: 36e5}, async (t) => {
    t.diagnostic(`PIPES_FUZZ_SEED=${SEED} PIPES_FUZZ_ROUNDS=${ROUNDS}`);
    const random = randomOf(SEED);
    const calls = CALLS.filter((name) => !ENDING.includes(name));
    const ofThat = {...open().values};
    for (const key of Object.keys(ofThat).filter((one) => /^huge|^many/.test(one))) {
        if (random() < 0.8) {
            delete ofThat[key];
        }
    }
    let page = open();
    for (let round = 0; round < ROUNDS; round++) {
        const name = calls[Math.floor(random() * calls.length)];
        const args = Array.from({length: Math.floor(random() * 4)}, () => pick(random, ofThat));
        const told = `round ${round}: ${name}(${args.map((one) => one[0]).join(', ')})`;
        call(page, name, args.map((one) => one[1]), told);
        if (round % 50 === 49) {
            await settle(page, told);
            page = open();
        }
    }
});

/** Hooks that spoil the event; what becomes of it. */
const HOOKS = {
    'throws': [thrower, 'sent'],
    'returns nonsense': [() => cyclic(), 'sent'],
    'returns false': [() => false, 'dropped'],
    'makes a cycle of it': [(event) => { event.self = event; }, 'dropped'],
    'makes its properties a cycle': [(event) => { event.properties = cyclic(); }, 'dropped'],
    'puts a getter that throws into it':
        [(event) => Object.defineProperty(event, 'a', {get: thrower, enumerable: true}), 'dropped'],
    'puts a big number into it': [(event) => { event.properties = {n: 7n}; }, 'dropped'],
    'makes it too big': [(event) => { event.name = 'x'.repeat(1e7); }, 'dropped'],
    'gives it a number of its own': [(event) => { event.seq = 'first'; }, 'sent'],
    'lets it be another text': [(event) => { event.toJSON = () => 'text'; }, 'sent'],
    'freezes it': [(event) => Object.freeze(event), 'sent'],
    'makes the next one': [(event, page) => page.pipes.track('inner'), 'sent'],
};

for (const [name, [hook, becomes]] of Object.entries(HOOKS)) {
    test(`a hook that ${name}: the event is ${becomes}`, async () => {
        const page = open();
        await settle(page, name);
        page.pipes.on('event', (event) => event.name === 'told' ? hook(event, page) : undefined);
        call(page, 'track', ['told', {a: 1}], name);
        page.pipes.track('the next one, which reports a loss');
        const told = (await settle(page, name)).filter((event) => event.name === 'told');
        assert.equal(told.length, becomes === 'sent' ? 1 : 0);
    });
}

test('other hooks that throw change nothing', async () => {
    const page = open();
    ['view', 'leave', 'sent', 'consent', 'reset'].forEach((hook) => page.pipes.on(hook, thrower));
    page.pipes.page('second');
    page.pipes.reset();
    page.win.fire('pagehide');
    await page.pass(2000); // a page that was left and lives on waits that long
    const names = (await settle(page, 'hooks')).map((event) => event.name);
    assert.ok(names.includes('second'));
});

test('a module that throws takes nobody with it', async () => {
    const page = open();
    const good = {name: 'good', start: (core) => core.emit('track', 'good')};
    const modules = [{name: 'start', start: thrower},
        {name: 'stop', start: () => ({stop: thrower})}, {name: 'calls', start: (core) => {
            core.define('mine', thrower);
            core.on('event', thrower);
            core.later(thrower, 1);
            core.listen(page.doc, 'click', thrower);
            core.wrap(page.win.history, 'pushState', thrower);
        }}, {name: 'nothing'}, {name: 'broken', get start() { return thrower(); }}, good];
    modules.forEach((module) => page.pipes.use(module));
    page.pipes.mine();
    page.doc.fire('click', {});
    page.win.history.pushState(null, '', '/next');
    const events = await settle(page, 'modules');
    assert.ok(events.some((event) => event.name === 'good'));
    page.pipes.disable();
    assert.deepEqual(page.listening(), []);
});

test('an id without end does not make all later events too big', async () => {
    const page = open();
    page.pipes.identify('x'.repeat(1e6));
    page.pipes.group('y'.repeat(1e6));
    page.pipes.track('after');
    const last = (await settle(page, 'ids')).pop();
    assert.deepEqual([last.name, last.user_id.length, last.group_id.length], ['after', 1000, 1000]);
});
