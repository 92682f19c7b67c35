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
    page.win.innerHeight = 800;
    page.pipes.disable();
    page.pipes.on('event', (event) => { events.push(event); });
    if (observed) {
        Object.assign(page.win, {IntersectionObserver: Seer, MutationObserver: Watcher});
    }
    page.put = (id, more = {}) => items.push(element('li', {'data-pipes-item': id, ...more}, list));
    for (let i = 0; i < count; i++) { page.put(`i${i}`); }
    page.pipes.enable();
    Object.assign(page, {list, items, seer: Seer.all[0], watcher: Watcher.all[0],
        changed: (kind) => Watcher.all[0].hears(kind) && Watcher.all[0].tell([]),
        see: (node, ratio = 1, height = 100) =>
            Seer.all[0].nodes.includes(node) && Seer.all[0].tell([{target: node,
                isIntersecting: ratio > 0, intersectionRatio: ratio,
                intersectionRect: {height}}]),
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

/** What was sent so far: "list item", and how long it was seen. */
const told = async (page) => (await page.sent()).flatMap((e) => (e.properties.items || [])
    .map((one) => `${e.name} ${one.id}${one.dwell_ms ? ' ' + one.dwell_ms : ''}`));

test('an item half in view for a second is sent, with its list', async () => {
    const page = open();
    page.see(page.items[1], 0.5);
    page.see(page.items[2], 0.4);
    await page.pass(1100);
    page.see(page.items[1], 0.75);
    await page.pass(900);
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

test('of an item taller than the viewport more than half a viewport is enough', async () => {
    const page = open();
    page.see(page.items[0], 0.2, 401);
    page.see(page.items[1], 0.2, 400);
    page.see(page.items[2], 0, 0);
    await page.pass(2000);
    assert.deepEqual(await told(page), ['similar i0']);
    page.win.innerHeight = 600;
    page.see(page.items[1], 0.2, 301);
    page.see(page.items[2], 0.2, 300);
    await page.pass(2000);
    assert.deepEqual(await told(page), ['similar i0', 'similar i1']);
});

test('an item scrolled slowly through the viewport is seen, though it never rests', async () => {
    const page = open();
    for (const height of [401, 500, 600, 700, 600, 500]) {
        page.see(page.items[0], 0.3, height);
        await page.pass(400);
    }
    assert.deepEqual(await told(page), ['similar i0']);
});

test('a clock that is set on while an item is seen does not count', async () => {
    const page = open();
    page.see(page.items[0]);
    await page.pass(2000);
    page.win.Date.now = () => page.now + 36e5;
    await page.pass(2000);
    page.win.fire('pagehide');
    const last = (await page.sent()).pop();
    assert.equal(last.properties.items[0].dwell_ms, 4000);
});

test('what stands in an ignored part is not told', async () => {
    const page = open();
    page.items[0].parentNode.setAttribute('data-pipes-ignore', '');
    page.pipes.page();
    await page.pass(100);
    page.see(page.items[0]);
    await page.pass(3000);
    assert.deepEqual(await told(page), []);
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

test('a hundred items an event', async () => {
    const page = open(101);
    page.items.forEach((node) => page.see(node));
    await page.pass(2000);
    assert.deepEqual((await page.sent()).map((e) => e.properties.items.length), [100, 1]);
    page.win.fire('pagehide');
    assert.deepEqual((await page.sent()).map((e) => e.properties.items.length), [100, 1, 100, 1],
        'all when the page is left');
});

/** The same items in new elements, of the same list or of another element with its id. */
function redraw(page, is_whole) {
    const ids = page.items.map((node) => node.getAttribute('data-pipes-item'));
    const list = is_whole ? element('ul', Object.fromEntries(page.list.map)) : page.list;
    page.items.forEach((node) => { node.parentNode = is_whole ? page.list : null; });
    page.items.splice(0, page.items.length,
        ...ids.map((id) => element('li', {'data-pipes-item': id}, list)));
    page.changed('childList');
}

for (const is_whole of [false, true]) {
    const what = is_whole ? 'a list that' : 'a list whose inside';
    test(`items of ${what} is drawn anew stay what they were`, async () => {
        const page = open(2);
        page.see(page.items[1]);
        await page.pass(2000);
        redraw(page, is_whole);
        page.see(page.items[1]);
        await page.pass(3000);
        page.see(page.items[0]);
        await page.pass(2000);
        page.doc.fire('click', {target: page.items[1]});
        page.put('more');
        page.changed('childList');
        page.see(page.items[2]);
        await page.pass(2000);
        const events = await page.sent();
        assert.deepEqual(events.map((event) => event.properties.items || event.properties),
            [[{id: 'i1', position: 1}], [{id: 'i0', position: 0}],
                {list_id: 'L1', item_id: 'i1', position: 1}, [{id: 'more', position: 2}]]);
        page.win.fire('pagehide');
        assert.deepEqual(events.slice(4).flatMap((event) => event.properties.items
            .map((item) => `${item.id} ${item.dwell_ms}`)), ['i0 4000', 'i1 9000', 'more 2000']);
    });
}

test('an id that stands twice in a list is two items, as on a carousel', async () => {
    const page = open(1);
    page.put('i0');
    page.changed('childList');
    page.see(page.items[0]);
    page.see(page.items[1], 0);
    await page.pass(2000);
    page.see(page.items[1]);
    await page.pass(2000);
    assert.deepEqual((await page.sent()).flatMap((event) => event.properties.items),
        [{id: 'i0', position: 0}, {id: 'i0', position: 1}]);
});

test('an item of no list is none, and those behind it are told', async () => {
    const page = open(0);
    page.items.push(element('li', {'data-pipes-item': 'lost'}));
    page.items[0].parentNode = page.doc;
    page.put('i1');
    page.changed('childList');
    page.items.forEach((node) => page.see(node));
    await page.pass(2000);
    assert.deepEqual(await told(page), ['similar i1']);
    page.doc.fire('click', {target: page.items[0]});
    assert.equal((await page.sent()).length, 1);
});

test('what is empty or no number is not told, and the place is counted', async () => {
    const page = open(1);
    page.list.map.delete('data-pipes-policy');
    page.put('x', {'data-pipes-position': 'first', 'data-pipes-propensity': ''});
    page.changed('childList');
    page.see(page.items[1]);
    await page.pass(2000);
    assert.deepEqual((await page.sent())[0].properties,
        {list_id: 'L1', items: [{id: 'x', position: 1}]});
});

test('a list without an id of the site gets one, and keeps it', async () => {
    const page = open(0);
    page.list.map.delete('data-pipes-list-id');
    for (const id of ['a', 'b']) {
        page.put(id);
        page.changed('childList');
        page.see(page.items[page.items.length - 1]);
        await page.pass(2000);
    }
    page.doc.fire('click', {target: page.items[0]});
    const ids = (await page.sent()).map((e) => e.properties.list_id);
    assert.match(ids[0], /^[0-9a-f]{32}$/);
    assert.deepEqual(ids, [ids[0], ids[0], ids[0]]);
});

test('the next view counts anew, and what was seen is told in the view before', async () => {
    for (const is_observed of [true, false]) {
        const page = open(2, is_observed);
        const see = () => is_observed && page.items.forEach((node) => page.see(node));
        page.pipes.page('one');
        await page.pass(1);
        see();
        await page.pass(2500);
        const view = page.pipes.get('page_view_id');
        page.pipes.page('two');
        await page.pass(1);
        see();
        await page.pass(2000);
        const events = (await page.sent()).filter((e) => e.type === 'impression');
        const items = [{id: 'i0', position: 0}, {id: 'i1', position: 1}];
        const seen = items.map((one) => ({...one, dwell_ms: 2500}));
        assert.deepEqual(events.map((e) => [e.page_view_id === view, e.properties.items]),
            is_observed ? [[true, items], [true, seen], [false, items]] :
                [[false, items], [true, items], [false, items]]);
        if (is_observed) {
            assert.equal(page.seer.begun, 6, 'before the first view, and in each of the two');
            page.win.fire('pagehide');
            assert.deepEqual(events.length, 3);
            assert.deepEqual((await page.sent()).pop().properties.items,
                items.map((one) => ({...one, dwell_ms: 2000})), 'none of the first view goes on');
        }
    }
});

test('items that come later and nodes that are used again count', async () => {
    const page = open(1);
    page.put('late', {'data-pipes-position': '9', 'data-pipes-propensity': '0.25'});
    page.changed('childList');
    page.see(page.items[1]);
    page.see(page.items[0]);
    await page.pass(2000);
    page.items[0].setAttribute('data-pipes-item', 'other');
    const begun = page.seer.begun;
    page.changed('attributes');
    assert.equal(page.seer.begun, begun + 1, 'what is observed anew is told anew');
    page.see(page.items[0]);
    await page.pass(3000);
    const all = (await page.sent()).flatMap((e) => e.properties.items);
    assert.deepEqual(all[1], {id: 'late', position: 9, propensity: 0.25});
    page.win.fire('pagehide');
    assert.deepEqual(await told(page), ['similar i0', 'similar late', 'similar other',
        'similar i0 2000', 'similar late 5000', 'similar other 3000']);
});

test('without an IntersectionObserver all items are sent, without dwell', async () => {
    const page = open(2, false);
    await page.pass(1000);
    page.win.fire('pagehide');
    const events = await page.sent();
    assert.deepEqual(events.map((e) => e.properties.items),
        [[{id: 'i0', position: 0}, {id: 'i1', position: 1}]]);
    page.items[0].setAttribute('data-pipes-item', 'other');
    page.doc.fire('click', {target: page.items[0]});
    await page.pass(1000);
    assert.deepEqual((await told(page)).slice(-1), ['similar other']);
});

test('a click in an item is joined to its list', async () => {
    const page = open();
    page.doc.fire('click', {target: element('img', {}, page.items[2])});
    assert.equal(page.requests.length, 1, 'at once');
    page.doc.fire('click', {target: page.list});
    page.doc.fire('auxclick', {target: page.list});
    page.doc.fire('auxclick', {target: page.items[1], button: 2});
    page.doc.fire('auxclick', {target: page.items[0], button: 1});
    const events = await page.sent();
    assert.deepEqual(events.map((e) => [e.type, e.name, e.properties]),
        [['click', 'item', {list_id: 'L1', item_id: 'i2', position: 2}],
            ['click', 'item', {list_id: 'L1', item_id: 'i0', position: 0}]]);
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

test('the call adds to what the markup says, and says nothing twice', async () => {
    const page = open(1);
    page.put('new');
    for (let i = 0; i < 2; i++) {
        page.pipes.impressions('#list', {items: [{id: 'new', propensity: 0.5}, {id: 7}]});
    }
    await page.pass(2000);
    assert.deepEqual(await told(page), ['similar 7']);
    page.see(page.items[1]);
    await page.pass(2000);
    assert.deepEqual((await page.sent()).slice(1).map((e) => e.properties), [{list_id: 'L1',
        policy: 'v7', items: [{id: 'new', position: 1, propensity: 0.5}]}]);
});

test('each list without an element is one of its own', async () => {
    const page = open(0);
    for (const list of ['one', 'two']) {
        page.pipes.impressions('#none', {list, items: [{id: 'x'}]});
    }
    await page.pass(1000);
    assert.deepEqual(await told(page), ['one x', 'two x']);
    const [one, two] = (await page.sent()).map((e) => e.properties.list_id);
    assert.notEqual(one, two);
});

test('after disable() nothing is observed', () => {
    const page = open();
    assert.equal(page.seer.nodes.length, 3);
    page.pipes.disable();
    assert.equal(page.seer.nodes.length + page.watcher.nodes.length, 0);
});

test('of a list without end the first thousand are told', async () => {
    const page = open(0);
    const items = Array.from({length: 5000}, (_, id) => ({id}));
    page.pipes.impressions('#none', {list: 'all', items});
    await page.pass(60000);
    const told = (await page.sent()).flatMap((event) => event.properties.items);
    assert.deepEqual([told.length, told[999].id], [1000, '999']);
});
