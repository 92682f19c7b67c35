/** The start is done in parts, a task each, so that none of them holds the page up for long. */
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

test('each part has a task of its own', () => {
    const page = openPage({is_starting: true, pipes: queued()});
    let tasks = 0;
    while (!page.pipes.version) {
        assert.equal(page.timers.length, 1);
        page.timers.shift().fn();
        tasks++;
    }
    assert.equal(tasks, 3);
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

/** A page about to start where the site keeps something; `looks` counts each touch of that. */
function startOn(options) {
    const local = new Map([['of_the_site', '1']]);
    const device = {looks: 0};
    for (const method of ['keys', 'get', 'has', 'set', 'delete']) {
        local[method] = (...args) => {
            device.looks++;
            return Map.prototype[method].apply(local, args);
        };
    }
    return Object.assign(device,
        {page: openPage({...options, local, pipes: queued(), is_starting: true})});
}

for (const [what, options] of Object.entries({
    'while consent is pending': {config: {consent: 'pending'}},
    'when it was refused': {config: {consent: 'denied'}},
    'when a banner is to be asked first': {modules: ['banner']},
})) {
    test(`the start does not look into the storage ${what}`, async () => {
        const device = startOn(options);
        await device.page.pass(0);
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
        assert.equal(device.page.pipes.version, undefined, 'not begun yet');
    });
}

test('without the stub it starts at once: the next script may call it', async () => {
    const page = openPage({is_starting: true});
    page.pipes.track('told');
    await page.pass(1000);
    assert.deepEqual(page.requests[0].body.events.map((event) => event.name), ['told']);
});
