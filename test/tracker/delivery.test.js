'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

test('sends a native batch and forgets it after 200', async () => {
    const page = openPage();
    page.pipes.track('buy', {price: 1});
    await page.pass(1000);
    assert.equal(page.stored().length, 1);
    const request = page.requests[0];
    assert.equal(request.url, 'https://collect.example/e');
    assert.equal(request.init.keepalive, true);
    assert.deepEqual([...new Request('http://e.example', request.init).headers],
        [['content-type', 'text/plain;charset=UTF-8']]);
    const body = await page.answer(200, '{"accepted":1,"skew":42}');
    assert.equal(body.v, 1);
    assert.equal(body.site, 'shop');
    assert.equal(body.attempt, 1);
    assert.equal(body.context.library, 'pipes.js');
    assert.deepEqual(body.events.map((e) => [e.type, e.name, e.seq, e.properties]),
        [['track', 'buy', 1, {price: 1}]]);
    assert.ok(body.events[0].anonymous_id && body.events[0].session_id);
    assert.equal(page.stored().length, 0);
    page.pipes.track('more');
    await page.pass(600);
    assert.equal(page.requests[0].body.skew, 42);
    assert.equal(page.requests[0].body.events[0].seq, 2);
});

test('replays calls made before the script, with their time', async () => {
    const page = openPage({pipes: {q: [['track', ['early'], 1.7e12 - 5000]]}});
    await page.pass(600);
    assert.equal(page.requests[0].body.events[0].created_at, 1.7e12 - 5000);
});

test('a queue survives the page and travels as a batch of its own load', async () => {
    const first = openPage();
    first.pipes.track('lost');
    await first.pass(1000);
    const load = first.pipes.get('load_id');
    const fresh = openPage({local: first.local, cookies: first.cookies, now: first.now + 10000});
    await fresh.pass(1000);
    assert.equal(fresh.requests.length, 0, 'a beating queue is left alone');
    const second = openPage({local: first.local, cookies: first.cookies, now: first.now + 31000});
    second.pipes.track('own');
    await second.pass(600);
    assert.deepEqual((await second.answer(200)).events.map((e) => e.name), ['own']);
    await second.pass(1000);
    const adopted = await second.answer(200);
    assert.equal(adopted.load_id, load);
    assert.deepEqual(adopted.events.map((e) => e.name), ['lost']);
    assert.equal(second.stored().length, 0);
});

test('503 waits for Retry-After and sends the same events again', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(600);
    const once = await page.answer(503, '', {'Retry-After': '60'});
    await page.pass(59000);
    assert.equal(page.requests.length, 0);
    await page.pass(1500);
    const again = await page.answer(200);
    assert.deepEqual(again.events, once.events);
    assert.equal(again.attempt, 2);
    assert.equal(page.stored().length, 0);
});

test('what was dropped while nobody answered is not sent when somebody does', async () => {
    const page = openPage();
    const track = (n) => {
        for (let i = 0; i < n; i++) { page.pipes.track('a', {text: 'x'.repeat(9000)}); }
    };
    track(3);
    await page.pass(600);
    page.requests.shift().fail();
    await page.settle();
    track(36);
    await page.pass(3000);
    const {events, dropped} = await page.answer(200);
    assert.ok(dropped.queue_full > 3);
    assert.equal(events[0].seq, dropped.queue_full + 1);
});

test('a dead network backs off and is tried at once when online', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(600);
    page.requests.shift().fail();
    await page.settle();
    assert.equal(page.requests.length, 0);
    page.win.fire('online');
    await page.settle();
    assert.equal(page.requests.length, 1);
});

/** Passes so many milliseconds: nothing is sent before the last of them. */
async function waits(page, ms) {
    await page.pass(ms - 1);
    assert.equal(page.requests.length, 0, `sooner than ${ms} ms`);
    await page.pass(1);
    assert.equal(page.requests.length, 1, `later than ${ms} ms`);
}

const STEADY = {prepare: (page, run) => run('Math.random = function () { return 0.5; };')};

test('the back-off doubles up to five minutes, and an answer ends it', async () => {
    const page = openPage(STEADY);
    page.pipes.track('a');
    await page.pass(600);
    for (const ms of [1500, 3000, 6000, 12000, 24000, 48000, 96000, 192000, 225000, 225000]) {
        page.requests.shift().fail();
        await page.settle();
        await waits(page, ms);
    }
    await page.answer(200);
    page.pipes.track('b');
    await page.pass(600);
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 1500);
});

test('a new event, or leaving, does not make a back-off shorter', async () => {
    for (const act of [(page) => page.pipes.track('b'), (page) => page.win.fire('pagehide')]) {
        const page = openPage(STEADY);
        page.pipes.track('a');
        for (let i = 0; i < 3; i++) {
            await page.pass([0, 1500, 3000][i]);
            page.requests.shift().fail();
            await page.settle();
        }
        act(page);
        await waits(page, 6000);
    }
});

test('who stops and begins anew on hearing of an answer has one sender, too', async () => {
    for (const [hook, status] of [['sent', 200], ['refused', 400]]) {
        const page = openPage();
        page.pipes.on(hook, () => {
            page.pipes.disable();
            assert.equal(page.local.size, 0);
            page.pipes.enable();
            page.pipes.track('c');
        });
        page.pipes.track('a');
        await page.settle();
        await page.answer(status);
        await page.pass(600);
        assert.deepEqual(page.requests.map((one) => one.body.events.map((e) => e.name)), [['c']]);
    }
});

test('after disable() and enable() one sender is at work', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.settle();
    await page.answer(200);
    page.pipes.track('b');
    page.pipes.disable();
    page.pipes.enable();
    page.pipes.track('c');
    await page.pass(600);
    assert.deepEqual(page.requests.map((one) => one.body.events.map((e) => e.name)), [['c']]);
});

test('neither an answer nor disable() leaves a timer behind', async () => {
    const page = openPage();
    const idle = page.timers.length;
    page.pipes.track('a');
    await page.settle();
    await page.answer(200);
    assert.equal(page.timers.length, idle);
    page.pipes.track('b');
    page.pipes.flush();
    page.pipes.track('c');
    page.pipes.disable();
    assert.deepEqual(page.timers, []);
});

test('Retry-After is seconds or a date, an hour at most; else it is not heard', async () => {
    const date = (ms) => new Date(1.7e12 + ms).toUTCString();
    for (const [told, ms] of [['60', 60000], ['7200', 3600000], [date(90000), 90000],
        [date(-90000), 1500], ['soon', 1500]]) {
        const page = openPage(STEADY);
        page.pipes.track('a');
        await page.settle();
        await page.answer(503, '', {'Retry-After': told});
        await waits(page, ms);
    }
});

test('who was told to wait does so, also when the network comes back, but only once', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.settle();
    await page.answer(503, '', {'Retry-After': '60'});
    page.win.fire('online');
    await waits(page, 60000);
    await page.answer(200);
    page.pipes.track('b');
    await page.pass(600);
    page.requests.shift().fail();
    await page.settle();
    page.win.fire('online');
    await page.settle();
    assert.equal(page.requests.length, 1);
});

/** A page whose first event was answered for: those that follow wait half a second. */
async function answeredPage() {
    const page = openPage(STEADY);
    page.pipes.track('a');
    await page.settle();
    await page.answer(200);
    return page;
}

test('an event waits half a second for others, whatever was done before', async () => {
    const flushed = async (page) => {
        page.pipes.track('b');
        page.pipes.flush();
        await page.answer(200);
        await page.pass(100);
    };
    for (const act of [() => {}, flushed, (page) => page.win.fire('pagehide')]) {
        const page = await answeredPage();
        await act(page);
        page.pipes.track('c');
        await waits(page, 500);
    }
});

test('online changes nothing but a back-off, and that only while nothing is asked', async () => {
    const page = await answeredPage();
    page.pipes.track('b');
    page.win.fire('online');
    await waits(page, 500);
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 1500);
    page.win.fire('online');
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 3000);
});

test('the back-off begins anew behind online', async () => {
    const page = await answeredPage();
    page.pipes.track('b');
    await page.pass(500);
    for (const ms of [1500, 3000]) {
        page.requests.shift().fail();
        await page.settle();
        await waits(page, ms);
    }
    page.requests.shift().fail();
    await page.settle();
    page.win.fire('online');
    await page.settle();
    assert.equal(page.requests[0].body.attempt, 1);
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 1500);
});

test('an answer that is no JSON, or none of ours, is one', async () => {
    for (const text of ['', 'null', 'fine', '{"skew":"soon"}']) {
        const page = openPage();
        page.pipes.track('a');
        await page.settle();
        await page.answer(200, text);
        assert.equal(page.stored().length, 0, text);
        page.pipes.track('b');
        await page.pass(600);
        const {body} = page.requests[0];
        assert.deepEqual([body.events.map((e) => e.name), 'skew' in body], [['b'], false], text);
    }
});

test('400 drops and reports the count', async () => {
    const page = openPage();
    page.pipes.track('bad');
    page.pipes.track('worse');
    await page.pass(600);
    await page.answer(400);
    await page.pass(600);
    assert.deepEqual((await page.answer(400)).dropped, {http_400: 2});
    await page.pass(600000);
    assert.equal(page.requests.length, 0, 'a refused report is not repeated for ever');
    assert.equal(page.stored().length, 0);
});

test('the status says whether a batch is done, sent again or dropped', async () => {
    const AGAIN = [408, 429, 500, 503];
    for (const status of [200, 204, 299, 300, 404, 409, 413, 414, 430, 499, ...AGAIN]) {
        const page = openPage();
        const heard = [];
        page.pipes.on('sent', (count) => { heard.push(['sent', count]); });
        page.pipes.on('refused', (code) => { heard.push(['refused', code]); });
        page.pipes.track('a');
        await page.settle();
        await page.answer(status);
        await page.pass(3000);
        const [{body} = {}] = page.requests;
        if (AGAIN.includes(status)) {
            assert.deepEqual([body.events.length, body.attempt, heard], [1, 2, []], String(status));
        } else if (status < 300) {
            assert.deepEqual([body, heard], [undefined, [['sent', 1]]], String(status));
        } else {
            assert.deepEqual([body.events.length, body.dropped, heard], [0,
                {[status === 413 ? 'too_big' : `http_${status}`]: 1}, [['refused', status]]]);
        }
    }
});

test('who does not answer for 30 s is asked again, and a late answer is none', async () => {
    const page = openPage(STEADY);
    page.pipes.track('a');
    await page.settle();
    const late = page.requests.shift();
    await page.pass(30000);
    late.answer(200);
    await page.settle();
    assert.equal(page.stored().length, 1);
    await waits(page, 1500);
    await page.answer(200);
    assert.equal(page.stored().length, 0);
    page.pipes.track('b');
    page.pipes.flush();
    page.pipes.flush();
    assert.equal(page.requests.length, 1);
});

test('an answer that comes too late is none, be it before it is asked again or while', async () => {
    for (const [status, ms] of [200, 400, 503].flatMap((one) => [[one, 0], [one, 1500]])) {
        const page = openPage(STEADY);
        page.pipes.track('a');
        await page.settle();
        const late = page.requests.shift();
        await page.pass(30000 + ms);
        late.answer(status);
        await page.pass(1500 - ms);
        assert.equal(page.stored().length, 1);
        const [{body: {events, attempt, dropped}}] = page.requests;
        assert.deepEqual([events.length, attempt, dropped], [1, 2, {}], `${status} ${ms}`);
        await page.answer(200);
        assert.deepEqual([page.requests.length, page.stored().length], [0, 0]);
    }
});

test('413 twice and a success: half as much as at first goes at once', async () => {
    const page = openPage();
    for (let i = 0; i < 100; i++) { page.pipes.track('e', {text: 'x'.repeat(900)}); }
    await page.settle();
    const counts = [];
    for (const status of [413, 413, 200, 200]) {
        const {events, attempt} = await page.answer(status);
        counts.push(events.length);
        assert.equal(attempt, 1, 'each is another batch');
        await page.settle();
    }
    const share = counts[3] / counts[0];
    assert.ok(share > 0.4 && share < 0.6, counts.join());
});

test('413 halves the batch', async () => {
    const page = openPage();
    for (let i = 0; i < 4; i++) { page.pipes.track('e' + i); }
    await page.pass(600);
    assert.equal((await page.answer(413)).events.length, 4);
    await page.settle();
    assert.equal((await page.answer(200)).events.length, 2);
    await page.pass(600);
    assert.equal((await page.answer(200)).events[0].name, 'e2');
});

test('a collector that takes little gets little at a time, and soon more again', async () => {
    const page = openPage();
    const sizes = [0, 0, 0, 0, 30000, ...Array(30).fill(900)];
    sizes.forEach((size, i) => page.pipes.track('e' + i, {text: 'x'.repeat(size)}));
    await page.settle();
    const next = async (status) => {
        const {events} = await page.answer(status);
        await page.settle();
        return events.map((e) => e.name);
    };
    const bytes = () => page.requests[0].body.events.reduce((sum, one) =>
        sum + JSON.stringify(one).length + 1, 0);
    while (page.requests[0].body.events.length > 1) {
        const before = bytes();
        await next(413);
        assert.ok(bytes() <= before / 2 || page.requests[0].body.events.length === 1);
    }
    const taken = [];
    while (page.requests.length) { taken.push(await next(200)); }
    assert.deepEqual(taken.flat(), sizes.map((_, i) => 'e' + i), 'each once, in order');
    assert.deepEqual([taken[0].length, taken.find((names) => names.includes('e4'))], [1, ['e4']]);
    assert.ok(taken.length < 9, `${taken.length} requests`);
});

test('batches fill 48 KiB, whatever the letters, and never more', async () => {
    for (const letters of ['x'.repeat(900), '\u00fc'.repeat(450), '\u20ac'.repeat(300)]) {
        const page = openPage();
        for (let i = 0; i < 60; i++) { page.pipes.track('big', {text: letters}); }
        await page.settle();
        const [{bytes, body}] = page.requests;
        const [line] = body.events.map((one) => Buffer.byteLength(JSON.stringify(one)));
        assert.ok(bytes <= 49152 && bytes > 49152 - line - 10, `${bytes}, each ${line}`);
    }
});

test('a batch has 500 events at most', async () => {
    const page = openPage();
    page.pipes.on('event', (event) => {
        for (const key of Object.keys(event)) { delete event[key]; }
    });
    for (let i = 0; i < 600; i++) {
        page.pipes.track('e');
        page.now += 100;
    }
    await page.settle();
    assert.equal(page.requests[0].body.events.length, 500);
});

test('the queue stays below 256 KiB, and all that was too much is counted', async () => {
    const page = openPage();
    const stored = async (times) => {
        for (let i = 0; i < times; i++) { page.pipes.track('big', {text: '\u00fc'.repeat(5000)}); }
        await page.pass(1000);
        return page.local.get(page.stored()[0]).split('\n').slice(1);
    };
    page.pipes.track('first');
    await page.settle();
    const bytes = (lines) => lines.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
    const lines = await stored(40);
    assert.ok(bytes(lines) <= 262144 && bytes(lines) > 250000, String(bytes(lines)));
    await page.answer(200);
    const sent = (await page.answer(200)).dropped;
    assert.deepEqual(sent, {queue_full: 41 - lines.length});
    const more = await stored(40);
    assert.ok(bytes(more) <= 262144 && bytes(more) > 250000, String(bytes(more)));
});

test('what was answered for makes room', async () => {
    const page = openPage();
    for (let i = 0; i < 10; i++) {
        page.pipes.track('big', {text: 'x'.repeat(35000)});
        await page.pass(600);
        assert.deepEqual((await page.answer(200)).dropped, {});
    }
});

test('an event of more than 40 KiB is not sent, but counted', async () => {
    const page = openPage();
    page.pipes.track('shrimp');
    page.pipes.track('whale', {text: 'x'.repeat(41000)});
    page.pipes.track('fish', {text: 'x'.repeat(40000)});
    await page.pass(600);
    const {events, dropped} = await page.answer(200);
    assert.deepEqual([events.map((e) => e.name), dropped], [['shrimp', 'fish'], {too_big: 1}]);
});

test('unload goes by beacon: what the browser refuses goes in halves, oldest first', async () => {
    const page = openPage({beacon_limit: 3000});
    for (let i = 0; i < 8; i++) { page.pipes.track('e' + i, {text: 'x'.repeat(500)}); }
    const names = () => page.beacons.flatMap((beacon) => beacon.body.events.map((e) => e.name));
    page.win.fire('pagehide');
    assert.equal(page.beacons.length, 1, 'a refusal means that there is no room: no more is tried');
    const first = names();
    assert.ok(first.length >= 2 && first.length < 8);
    page.doc.visibilityState = 'hidden';
    for (let i = 0; i < 8; i++) { page.doc.fire('visibilitychange'); }
    assert.deepEqual(names(), ['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'], 'none twice');
    assert.equal(page.stored().length, 1, 'kept: a beacon has no answer');
});

/** A page that told these is left, and its browser refuses each beacon: the events of those. */
function refusedBeacons(names, text) {
    const tried = [];
    const page = openPage({navigator: {sendBeacon: (url, body) => {
        tried.push(JSON.parse(body).events.map((event) => event.name).join(''));
        return false;
    }}});
    for (const name of names) { page.pipes.track(name, {text}); }
    page.win.fire('pagehide');
    return tried;
}

test('what no beacon takes is tried in halves down to one event, and nothing behind it', () => {
    assert.deepEqual(refusedBeacons('a'), ['a']);
    assert.deepEqual(refusedBeacons('ab'), ['ab', 'a']);
    assert.deepEqual(refusedBeacons('abc'), ['abc', 'ab', 'a']);
    assert.deepEqual(refusedBeacons('abcde'), ['abcde', 'abc', 'ab', 'a']);
    assert.deepEqual(refusedBeacons('abcd', 'x'.repeat(20000)), ['ab', 'a']);
});

test('a queue that is too much for one beacon goes by several', () => {
    const page = openPage();
    for (let i = 0; i < 100; i++) { page.pipes.track('e' + i, {text: 'x'.repeat(900)}); }
    page.win.fire('pagehide');
    const names = page.beacons.flatMap((one) => one.body.events.map((e) => e.name));
    assert.deepEqual(names, Array.from({length: 100}, (_, i) => 'e' + i));
    assert.deepEqual([page.beacons.length, page.beacons[0].body.attempt], [3, 1]);
    assert.ok(page.beacons.every((one) => JSON.stringify(one.body).length <= 49152));
});

test('what is left for the last beacon goes, also when it is one event', () => {
    const page = openPage();
    for (const name of 'abc') { page.pipes.track(name, {text: 'x'.repeat(30000)}); }
    page.win.fire('pagehide');
    assert.deepEqual(page.beacons.map((one) => one.body.events.map((e) => e.name)),
        [['a'], ['b'], ['c']]);
});

function hide(page) {
    page.doc.visibilityState = 'hidden';
    page.doc.fire('visibilitychange');
}

test('a hidden tab sends at once, and what was answered for is not told again', async () => {
    const page = openPage();
    page.pipes.track('a');
    hide(page);
    assert.equal(page.beacons.length, 0);
    assert.equal((await page.answer(200)).events.length, 1);
    await page.pass(5000);
    assert.equal(page.requests.length + page.stored().length, 0);
});

test('a tab is hidden while a request is on its way: what it does not carry goes by beacon',
    async () => {
        const page = openPage();
        page.pipes.track('a');
        await page.pass(600);
        page.pipes.track('b');
        hide(page);
        assert.deepEqual(page.requests[0].body.events.map((e) => e.name), ['a']);
        assert.deepEqual(page.beacons.map((one) => one.body.events.map((e) => e.name)), [['b']]);
        await page.answer(200);
        await waits(page, 2000); // so that it is there when it is asked for
        assert.equal(page.requests[0].url, `https://collect.example/e?ask=${beaconOf(page)}`);
    });

test('the page goes and is hidden by that: its beacon is all that is sent', async () => {
    const page = openPage();
    page.pipes.track('a');
    page.win.fire('pagehide');
    hide(page);
    await page.pass(1000);
    assert.equal(page.beacons.length, 1);
    assert.equal(page.requests.length, 0);
});

/** The parameter of the only beacon's address, which is the id of its batch, too. */
function beaconOf(page) {
    const [{url, body}] = page.beacons;
    const [, id] = /^https:\/\/collect\.example\/e\?beacon=([0-9a-f]{32})$/.exec(url);
    assert.equal(body.batch_id, id);
    return id;
}

/** A page that told this and was left for good, and one that comes a minute later. */
function twoPages(...names) {
    const first = openPage();
    names.forEach((name) => first.pipes.track(name));
    first.win.fire('pagehide');
    return [first, openPage({local: first.local, cookies: first.cookies, now: first.now + 6e4,
        ...STEADY})];
}

test('a page whose first event comes in a back-off for those of others waits, too', async () => {
    const [, page] = twoPages('a');
    await page.pass(1000);
    page.requests.shift().fail();
    await page.settle();
    page.pipes.track('first');
    await waits(page, 1500);
});

test('a page that comes back asks what became of its beacon', async () => {
    const page = openPage();
    page.pipes.track('a');
    page.win.fire('pagehide');
    await page.pass(3000);
    const [{url}] = page.requests;
    const id = beaconOf(page);
    assert.equal(url, `https://collect.example/e?ask=${id}`);
    assert.deepEqual((await page.answer(200, `{"have":["${id}"]}`)).events, []);
    assert.deepEqual(page.stored(), []);
    await page.pass(3000);
    assert.deepEqual(page.requests, []);
});

test('what a lost request carried is told anew, what a beacon carried is asked for', async () => {
    const page = openPage(STEADY);
    page.pipes.track('a');
    await page.settle();
    page.pipes.track('b');
    page.win.fire('pagehide');
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 1500);
    const [{url, body}] = page.requests;
    assert.equal(url, `https://collect.example/e?ask=${beaconOf(page)}`);
    assert.deepEqual(body.events.map((event) => event.name), ['a']);
});

test('a later page asks, and tells anew only what the collector does not have', async () => {
    for (const [have, again] of [[true, []], [false, ['a', 'b']]]) {
        const [first, page] = twoPages('a', 'b');
        const id = beaconOf(first);
        await page.pass(2000);
        assert.equal(page.requests[0].url, `https://collect.example/e?ask=${id}`);
        const body = await page.answer(200, JSON.stringify(have ? {have: ['x', id]} : {}));
        assert.deepEqual([body.load_id, body.events], [first.pipes.get('load_id'), []]);
        await page.pass(2000);
        assert.deepEqual(page.requests.flatMap((one) => one.body.events.map((e) => e.name)), again);
        for (const {url} of page.requests) {
            assert.equal(url, 'https://collect.example/e', 'asked once');
            await page.answer(200);
        }
        assert.deepEqual(page.stored(), []);
    }
});

/** The id by which the collector will know the only request. */
function namedBy(page) {
    const [{url, body}] = page.requests;
    assert.equal(url, `https://collect.example/e?beacon=${body.batch_id}&ask=`);
    return body.batch_id;
}

test('what was sent as the page went is asked for by the next, not told anew', async () => {
    for (const act of [(page) => page.pipes.flush(), hide]) {
        const first = openPage();
        first.pipes.track('a');
        act(first);
        const id = namedBy(first);
        first.win.fire('pagehide'); // and no answer finds the page
        assert.deepEqual(first.beacons, []);
        const page = openPage({local: first.local, cookies: first.cookies, now: first.now + 6e4});
        await page.pass(2000);
        assert.equal(page.requests[0].url, `https://collect.example/e?ask=${id}`);
        assert.deepEqual((await page.answer(200, `{"have":["${id}"]}`)).events, []);
        await page.pass(2000);
        assert.deepEqual([page.requests, page.stored()], [[], []]);
    }
});

test('a hidden tab whose request failed asks for it, and tells the rest anew', async () => {
    const page = openPage(STEADY);
    page.pipes.track('a');
    hide(page);
    const id = namedBy(page);
    page.requests.shift().fail();
    await page.settle();
    await waits(page, 1500);
    assert.equal(page.requests[0].url, `https://collect.example/e?ask=${id}`);
    assert.deepEqual((await page.answer(200)).events, []);
    await waits(page, 2000);
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['a']);
});

test('a page whose script ends right behind its beacon has noted it before', async () => {
    let device, id;
    const first = openPage({navigator: {sendBeacon: (url) => {
        [, id] = url.split('beacon=');
        device = new Map(first.local);
        return true;
    }}});
    first.pipes.track('a');
    first.win.fire('pagehide');
    const page = openPage({local: device, cookies: first.cookies, now: first.now + 6e4});
    await page.pass(2000);
    assert.equal(page.requests[0].url, `https://collect.example/e?ask=${id}`);
    assert.deepEqual((await page.answer(200, `{"have":["${id}"]}`)).events, []);
    await page.pass(2000);
    assert.deepEqual([page.requests, page.stored()], [[], []]);
});

test('what a refused beacon would have carried is not marked as carried', async () => {
    const page = openPage({beacon_limit: 10});
    page.pipes.track('a');
    page.win.fire('pagehide');
    await page.pass(3000);
    assert.equal(page.requests[0].url, 'https://collect.example/e');
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['a']);
});

test('a collector that refuses the question gets the events', async () => {
    const [, page] = twoPages('a');
    await page.pass(2000);
    await page.answer(400);
    await page.pass(2000);
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['a']);
    await page.pass(2000);
    assert.deepEqual(page.requests, []);
});

test('the question waits when nobody answers, and is asked again', async () => {
    const [first, page] = twoPages('a');
    await page.pass(2000);
    await page.answer(503);
    await page.pass(5000);
    assert.match(page.requests[0].url, new RegExp(`ask=${beaconOf(first)}$`));
    assert.equal(page.requests[0].body.attempt, 2);
});

test('what no beacon carried goes with the question; twenty are asked for at a time', async () => {
    const first = openPage();
    first.pipes.track('answered');
    await first.settle();
    await first.answer(200);
    for (let i = 0; i < 25; i++) {
        first.pipes.track(`n${i}`);
        first.win.fire('pagehide');
    }
    first.beacon_limit = 10;
    first.pipes.track('last');
    first.win.fire('pagehide');
    const page = openPage({local: first.local, cookies: first.cookies, now: first.now + 6e4});
    await page.pass(2000);
    const ids = first.beacons.map((one) => one.body.batch_id);
    assert.equal(page.requests[0].url, `https://collect.example/e?ask=${ids.slice(0, 20)}`);
    const have = (from, to) => JSON.stringify({have: ids.slice(from, to)});
    const {events} = await page.answer(200, have(0, 20));
    assert.deepEqual(events.map((event) => event.name), ['last']);
    await page.pass(2000);
    assert.equal(page.requests[0].url, `https://collect.example/e?ask=${ids.slice(20)}`);
    await page.answer(200, have(20));
    assert.deepEqual(page.stored(), []);
});

test('a tab hidden while the network is dead keeps its back-off and tries a beacon', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(600);
    page.requests.shift().fail();
    await page.settle();
    hide(page);
    assert.equal(page.requests.length, 0);
    assert.equal(page.beacons.length, 1);
});

test('a browser whose requests end with the page sends by beacon when hidden', async () => {
    const page = openPage({window: {Request: class {}}});
    page.pipes.track('a');
    hide(page);
    assert.equal(page.requests.length, 0);
    assert.equal(page.beacons.length, 1);
});

test('what a request carries that ends with the page is told by beacon, too', async () => {
    const page = openPage({window: {Request: class {}}});
    page.pipes.track('a');
    await page.settle();
    page.win.fire('pagehide');
    assert.deepEqual([page.requests.length, page.beacons.length], [1, 1]);
});

test('a burst is written to the device once, and at the latest when the page goes', async () => {
    const page = openPage();
    for (let i = 0; i < 50; i++) { page.pipes.track('e' + i); }
    const lines = () => page.local.get(page.stored()[0]).split('\n').length - 1;
    await page.pass(999);
    assert.equal(page.stored().length, 0);
    await page.pass(1);
    assert.equal(lines(), 50);
    page.pipes.track('next');
    page.pipes.track('after');
    await page.pass(1000);
    assert.equal(lines(), 52);
    page.pipes.track('last');
    page.win.fire('pagehide');
    assert.equal(lines(), 53);
});

test('what is answered at once is never written to the device', async () => {
    const page = openPage();
    page.pipes.track('a');
    page.pipes.flush();
    await page.answer(200);
    await page.pass(1000);
    assert.equal(page.local.size, 0);
});

test('what nobody answered for is written to the device at once', async () => {
    const page = openPage();
    page.pipes.track('a');
    page.pipes.flush();
    page.requests.shift().fail();
    await page.settle();
    assert.equal(page.stored().length, 1);
});

test('XMLHttpRequest stands in for fetch', async () => {
    const sent = [];
    class XMLHttpRequest {
        open(method, url) { this.url = url; }
        setRequestHeader() {}
        getResponseHeader() { return null; }
        send(body) { sent.push(this); this.body = body; }
    }
    const page = openPage({window: {fetch: undefined, XMLHttpRequest}});
    page.pipes.track('a');
    await page.pass(600);
    Object.assign(sent[0], {readyState: 4, status: 200, responseText: '{}'});
    sent[0].onreadystatechange();
    assert.equal(page.stored().length, 0);
});
