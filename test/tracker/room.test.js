/* The site's own need of room in localStorage comes before that of what waits to be sent. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const ROOM = 'pipes_queue.shop_';
const BEAT_MS = 10000;

/** A page whose storage has no place for a long text; those of them that were tried. */
function fullPage(options) {
    const page = openPage({...options, prepare: (one) => {
        one.tried = [];
        one.win.localStorage.setItem = (key, value) => {
            if (key === ROOM) {
                one.tried.push(value.length);
                if (one.is_full !== false) { throw new Error('full'); }
            }
            one.local.set(key, value);
        };
    }});
    return page;
}

/** The header of a stored queue and the names of its events. */
function stored(page, load = page.pipes.get('load_id')) {
    const [header, ...lines] = page.local.get(ROOM + load).split('\n');
    return [JSON.parse(header).d, lines.map((line) => JSON.parse(line).name)];
}

test('where 64 KiB more do not fit the older half of a queue goes and is counted', async () => {
    for (const [count, gone] of [[1, 1], [2, 2], [3, 2], [4, 3], [5, 3], [8, 5]]) {
        const page = fullPage();
        const names = Array.from({length: count}, (_, i) => `e${i}`);
        for (const name of names) { page.pipes.track(name); }
        await page.pass(BEAT_MS);
        assert.deepEqual(page.tried, [65536]);
        assert.deepEqual(stored(page), [{queue_full: gone}, names.slice(gone)]);
    }
});

test('where they fit nothing goes, and nothing of the trial stays', async () => {
    const page = fullPage();
    page.is_full = false;
    for (const name of ['a', 'b']) { page.pipes.track(name); }
    await page.pass(BEAT_MS);
    assert.deepEqual(page.tried, [65536]);
    assert.deepEqual([stored(page), page.local.size], [[{}, ['a', 'b']], 1]);
});

test('what is taken over of others gives way, too, at once and again', async () => {
    const local = new Map([[`${ROOM}x`, [JSON.stringify({h: 1.7e12 - 1e5, l: 'x', o: 'x',
        t: 1.7e12 - 1e5, b: 'b1', c: {}, d: {}, u: 0}), ...[0, 1, 2, 3, 4].map((i) =>
        JSON.stringify({seq: i, name: `e${i}`, created_at: 1.7e12}))].join('\n')]]);
    const page = fullPage({local, cookies: new Map([['pipes_stored.shop', '1']])});
    assert.deepEqual([page.tried.length, stored(page, 'x')],
        [1, [{queue_full: 3}, ['e3', 'e4']]]);
    await page.pass(BEAT_MS);
    assert.deepEqual([page.tried.length, stored(page, 'x')], [2, [{queue_full: 5}, []]]);
});

test('who has no queue, or keeps none on the device, does not ask for room', async () => {
    const quiet = fullPage({local: new Map([['of the site', '1']])});
    await quiet.pass(BEAT_MS);
    assert.deepEqual(quiet.tried, []);
    const page = fullPage({config: {storage: 'memory'}});
    for (const name of ['a', 'b', 'c']) { page.pipes.track(name); }
    await page.settle();
    await page.pass(BEAT_MS);
    const {events, dropped} = await page.answer(200);
    assert.deepEqual([page.tried, events.length, dropped], [[], 3, {}]);
    await page.pass(BEAT_MS);
    assert.deepEqual(page.requests, []);
});
