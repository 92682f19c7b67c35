'use strict';
const test = require('node:test');
const assert = require('node:assert');
const zlib = require('node:zlib');
const {openPage} = require('./page.js');

/** A page whose requests' bodies are kept as they were given to fetch; `more` are its globals. */
function opened(more = {}) {
    const bodies = [];
    const page = openPage({modules: ['compress'], window: {Blob, Response, CompressionStream,
        fetch: (url, init) => {
            if (init.body) { bodies.push(init); }
            return new Promise(() => {});
        }, ...more}});
    for (let i = 0; i < 40; i++) {
        page.pipes.track(`event ${i}`, {text: 'some words '.repeat(3)});
    }
    page.bodies = bodies;
    /** The next request; compressing takes turns of its own. */
    page.request = async () => {
        await page.pass(600);
        while (!bodies.length) {
            await page.settle();
        }
        return bodies.shift();
    };
    return page;
}

const later = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a long request is gzip, and nothing but its first bytes says so', async () => {
    const init = await opened().request();
    const {body, keepalive} = init;
    const bytes = Buffer.from(await body.arrayBuffer());
    const {events} = JSON.parse(zlib.gunzipSync(bytes));
    assert.equal(events.length, 40);
    assert.ok(bytes.length < JSON.stringify(events).length / 4, `${bytes.length} bytes`);
    assert.deepEqual([...new Request('http://e.example', init).headers],
        [['content-type', 'text/plain;charset=utf-8']]);
    assert.equal(keepalive, true);
});

test('a short request goes as it is', async () => {
    const page = openPage({modules: ['compress'], window: {Blob, Response, CompressionStream}});
    page.pipes.track('a');
    await page.settle();
    assert.equal((await page.answer(200)).events.length, 1);
});

test('what must go within this turn goes as it is', () => {
    const page = opened();
    page.pipes.flush();
    assert.equal(JSON.parse(page.bodies[0].body).events.length, 40);
});

test('a browser without compression, and one in which it fails, send the text', async () => {
    const failing = {CompressionStream: class {
        constructor() { return new TransformStream({transform: () => { throw new Error('no'); }}); }
    }};
    for (const more of [{CompressionStream: undefined}, {Blob: undefined}, failing]) {
        const {body} = await opened(more).request();
        assert.equal(JSON.parse(body).events.length, 40);
    }
});

test('the page goes while a request is made smaller: a beacon carries its events', async () => {
    let release;
    const page = opened({Response: class {
        blob() { return new Promise((resolve) => { release = resolve; }); }
    }});
    await page.pass(600);
    page.win.fire('pagehide');
    assert.equal(page.beacons[0].body.events.length, 40);
    page.pipes.disable();
    release(new Blob(['late']));
    await later();
    assert.deepEqual(page.bodies, [], 'and after disable() nothing follows');
});

test('while a request is made smaller no other is begun', async () => {
    const releases = [];
    const page = opened({Response: class {
        blob() { return new Promise((resolve) => { releases.push(resolve); }); }
    }});
    await page.pass(600);
    page.pipes.track('next');
    await page.pass(600);
    page.pipes.flush();
    assert.deepEqual([releases.length, page.bodies.length], [1, 0]);
    releases[0]('packed');
    assert.equal((await page.request()).body, 'packed');
});
