'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');
const {observerClass} = require('./observers.js');

/** A page with a list of items a, b, ...; see() and leave() move one in and out of view. */
function open(count = 3, observed = true) {
    const list = element('ul', {'data-pipes-list': 'similar', 'data-pipes-policy': 'v7',
        'data-pipes-list-id': 'L1'});
    const items = [];
    const page = openPage({modules: ['impressions'],
        document: {querySelectorAll: (what) => what === '#list' ? [list] : items}});
    const Seer = observerClass();
    const Watcher = observerClass();
    const events = [];
    page.pipes.disable();
    page.pipes.on('event', (event) => { events.push(event); });
    if (observed) {
        Object.assign(page.win, {IntersectionObserver: Seer, MutationObserver: Watcher});
    }
    page.put = (id, more = {}) => items.push(element('li', {'data-pipes-item': id, ...more}, list));
    for (let i = 0; i < count; i++) { page.put(`i${i}`); }
    page.pipes.enable();
    Object.assign(page, {list, items, watch: () => Watcher.all[0].tell([]),
        see: (node, ratio = 1, height = 100) => Seer.all[0].tell([{target: node, isIntersecting:
            ratio > 0, intersectionRatio: ratio, intersectionRect: {height},
        rootBounds: {height: 800}}]),
        hide: (state) => {
            page.doc.visibilityState = state;
            page.doc.fire('visibilitychange', {});
        },
        sent: async () => {
            await page.settle();
            return events;
        }});
    return page;
}

test('an item half in view for a second is sent, with its list', async () => {
    const page = open();
    page.see(page.items[1], 0.5);
    page.see(page.items[2], 0.4);
    await page.pass(2000);
    const [event, ...others] = await page.sent();
    assert.deepEqual([event.type, event.name, event.properties], ['impression', 'similar',
        {list_id: 'L1', policy: 'v7', items: [{id: 'i1', position: 1}]}]);
    assert.equal(others.length, 0);
});

test('less than a second does not count, nor does time in a hidden tab', async () => {
    const page = open();
    page.see(page.items[0]);
    page.see(page.items[1]);
    await page.pass(900);
    page.see(page.items[0], 0);
    page.hide('hidden');
    await page.pass(60000);
    assert.equal((await page.sent()).length, 0);
});

test('of an item taller than the viewport half a viewport is enough', async () => {
    const page = open();
    page.see(page.items[0], 0.2, 400);
    await page.pass(2000);
    assert.equal((await page.sent()).length, 1);
});

test('leaving tells how long each was seen', async () => {
    const page = open();
    page.see(page.items[0]);
    await page.pass(5000);
    page.win.fire('pagehide');
    const last = (await page.sent()).pop();
    assert.deepEqual(last.properties.items, [{id: 'i0', position: 0, dwell_ms: 5000}]);
});

test('leaving in two steps tells it once, coming back and staying on once more', async () => {
    const page = open();
    page.see(page.items[0]);
    await page.pass(5000);
    page.win.fire('pagehide');
    await page.pass(3);
    page.hide('hidden');
    page.hide('visible');
    await page.pass(700);
    page.hide('hidden');
    const told = (await page.sent()).map((event) => event.properties.items[0].dwell_ms);
    assert.deepEqual(told, [undefined, 5000, 5703]);
});

test('a hundred items an event, one event a second', async () => {
    const page = open(150);
    page.items.forEach((node) => page.see(node));
    await page.pass(2000);
    assert.deepEqual((await page.sent()).map((e) => e.properties.items.length), [100]);
    await page.pass(1000);
    assert.deepEqual((await page.sent()).map((e) => e.properties.items.length), [100, 50]);
});

test('items that come later and nodes that are used again count', async () => {
    const page = open(1);
    page.put('late', {'data-pipes-position': '9', 'data-pipes-propensity': '0.25'});
    page.watch();
    page.see(page.items[1]);
    page.see(page.items[0]);
    await page.pass(2000);
    page.items[0].setAttribute('data-pipes-item', 'other');
    page.watch();
    page.see(page.items[0]);
    await page.pass(2000);
    const all = (await page.sent()).flatMap((e) => e.properties.items);
    assert.deepEqual(all.map((i) => i.id), ['i0', 'late', 'other']);
    assert.deepEqual(all[1], {id: 'late', position: 9, propensity: 0.25});
});

test('without an IntersectionObserver all items are sent, without dwell', async () => {
    const page = open(2, false);
    await page.pass(1000);
    page.win.fire('pagehide');
    const events = await page.sent();
    assert.deepEqual(events.map((e) => e.properties.items),
        [[{id: 'i0', position: 0}, {id: 'i1', position: 1}]]);
});

test('a click in an item is joined to its list', async () => {
    const page = open();
    page.doc.fire('click', {target: element('img', {}, page.items[2])});
    page.doc.fire('click', {target: page.list});
    const events = await page.sent();
    assert.deepEqual(events.map((e) => [e.type, e.name, e.properties]),
        [['click', 'item', {list_id: 'L1', item_id: 'i2', position: 2}]]);
});

test('a list without markup is told by the call', async () => {
    const page = open(0);
    page.pipes.impressions('#list', {list: 'mine', policy: 'p', list_id: 'L2',
        items: [{id: 'x', position: 4, propensity: 0.5}]});
    await page.pass(1000);
    const [event] = await page.sent();
    assert.deepEqual([event.name, event.properties], ['mine', {list_id: 'L2', policy: 'p',
        items: [{id: 'x', position: 4, propensity: 0.5}]}]);
});

test('of a list without end the first thousand are told', async () => {
    const page = open(0);
    const items = Array.from({length: 5000}, (_, id) => ({id}));
    page.pipes.impressions('#none', {list: 'all', items});
    await page.pass(60000);
    const told = (await page.sent()).flatMap((event) => event.properties.items);
    assert.deepEqual([told.length, told[999].id], [1000, '999']);
});
