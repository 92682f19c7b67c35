/*
 * The module `vitals` beside the library web-vitals, on the same load of the same page: what ours
 * has told the collector is what theirs tells the page. Theirs is served from node_modules, as it
 * is. In Chromium alone, as tabs are put in the background and behind one another by its own
 * protocol.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, until, rows, ROOT} = require('./collector');
const {startBrowser, openPage, startServer} = require('./browser');

const LIBRARY = path.join(ROOT, 'node_modules', 'web-vitals', 'dist', 'web-vitals.iife.js');
/** A picture, not packed: browsers take one of few bytes for a background, not for content. */
const PICTURE = bitmap(400, 200);
const FIRST_BYTE_MS = 120;
const IMAGE_MS = 300;
/** Ours are whole milliseconds, and cls has four decimals: that is all they may differ by. */
const ROUNDING = {lcp: 0.5, fcp: 0.5, ttfb: 0.5, inp: 0.5, cls: 0.00005};

function bitmap(width, height) {
    const head = 54;
    const file = Buffer.alloc(head + 3 * width * height, 0x60);
    file.fill(0, 0, head);
    file.write('BM');
    file.writeUInt32LE(file.length, 2);
    [head, 40, width, height].forEach((value, i) => file.writeUInt32LE(value, 10 + 4 * i));
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(24, 28);
    return file;
}

/**
 * `theirs` has their last values, one object for each return from the back-forward cache and one
 * for before; `clicks` has the slow clicks that the browser told, `largest` what was painted
 * largest so far, `shiftAll` moves all there is.
 */
const PAGE = (ours, body) => `<!doctype html><html><head><meta charset="utf-8"><title>vitals</title>
<style>body{margin:0}#push{height:0}p{height:60px;background:#ccc}</style>
<script src="/web-vitals.js"></script>
<script>
    var theirs = [{}], clicks = new Set(), shifts = 0, largest;
    addEventListener('pageshow', function (event) {
        if (event.persisted) { theirs.push({}); }
    }, true);
    ['LCP', 'FCP', 'TTFB', 'INP', 'CLS'].forEach(function (name) {
        webVitals['on' + name](function (metric) {
            theirs[theirs.length - 1][name.toLowerCase()] = metric.value;
        });
    });
    new PerformanceObserver(function (list) {
        list.getEntries().forEach(function (entry) {
            if (entry.name === 'click') { clicks.add(entry.interactionId); }
        });
    }).observe({type: 'event', buffered: true, durationThreshold: 40});
    new PerformanceObserver(function (list) { shifts += list.getEntries().length; })
        .observe({type: 'layout-shift', buffered: true});
    new PerformanceObserver(function (list) {
        largest = list.getEntries().pop().element;
    }).observe({type: 'largest-contentful-paint', buffered: true});
    function busy(ms) {
        for (var end = performance.now() + ms; performance.now() < end;) {}
    }
    function shift(px) {
        var push = document.getElementById('push');
        push.style.height = push.offsetHeight + px + 'px';
    }
    /** [[ms to wait, pixels], ...]; each shift is told before the next is waited for. */
    async function shiftAll(steps) {
        for (const [ms, px] of steps) {
            await new Promise(function (done) { setTimeout(done, ms); });
            const before = shifts;
            shift(px);
            while (shifts === before) {
                await new Promise(function (done) { setTimeout(done, 10); });
            }
        }
    }
</script>
<script async src="${ours}/pipes.js"></script>
</head><body><div id="push"></div><p>text that is there at once</p>${body}</body></html>`;

const BODIES = {
    plain: `<p>more</p><img src="/slow.bmp" width="400" height="200">
        <button id="b" onclick="busy(90)">slow</button>`,
    late_text: `<button id="b" onclick="busy(90)">slow</button><h1 id="late"></h1>
        <script>setTimeout(function () {
            document.getElementById('late').textContent =
                'words that come late, and are many '.repeat(20);
        }, 250);</script>`,
    keys: `<input id="i"><button id="b" onclick="busy(90)">slow</button><script>
        var count = 0;
        document.getElementById('i').addEventListener('keydown', function () {
            // Twelve slow ones, the seventh by far.
            count++;
            busy(count === 35 ? 500 : count % 5 ? 0 : 60 + 2 * count);
        });</script>`,
};

/** A collector, a site with the page in it, and a browser tab that waits. */
async function start(t) {
    const collector = await startCollector(t, ['--modules', 'vitals']);
    const site = await startServer(t, (request, response) => {
        const name = request.url.slice(1);
        const say = (type, body) => response.writeHead(200, {'content-type': type}).end(body);
        if (name === 'web-vitals.js') {
            say('text/javascript', fs.readFileSync(LIBRARY));
        } else if (name === 'slow.bmp') {
            setTimeout(say, IMAGE_MS, 'image/bmp', PICTURE);
        } else if (BODIES[name]) {
            setTimeout(say, FIRST_BYTE_MS, 'text/html', PAGE(collector.url, BODIES[name]));
        } else {
            say('text/html', '<!doctype html><title>elsewhere</title><p>elsewhere');
        }
    });
    const browser = await startBrowser(t);
    return {collector, site, browser};
}

/** Opens a page and waits until both have begun and the load is over. */
async function visit({browser, site}, name) {
    const page = await openPage(browser);
    await page.goto(`${site.url}/${name}`);
    await ready(page);
    return page;
}

/** Theirs tells of the first byte when the load is over. */
const ready = (page) => page.waitForFunction(() =>
    window.pipes && window.pipes.version && theirs[0].ttfb >= 0, {polling: 20});

const painted = (page, selector) => page.waitForFunction((wanted) =>
    largest && largest.matches(wanted), {polling: 20}, selector);

/**
 * Clicks, slowly, and waits until the browser has told of it and of all before. Theirs looks at
 * what it is told when the browser is idle, and what waits for that
 * when the page is hidden never counts.
 */
async function click(page) {
    const before = await page.evaluate(() => clicks.size);
    await page.click('#b');
    await page.waitForFunction((count) => clicks.size > count, {polling: 20}, before);
    await page.evaluate(() =>
        new Promise((done) => requestIdleCallback(() => done(), {timeout: 2000})));
}

/** Hides the tab behind another one; their values then. */
async function hide({browser}, page) {
    const other = await openPage(browser);
    await other.bringToFront();
    await page.waitForFunction(() => document.visibilityState === 'hidden', {polling: 20});
    return page.evaluate(() => theirs);
}

/** What ours told the collector, view after view. */
async function told(collector, events) {
    await until(`${events} events arrived`, async () =>
        (await collector.counts()).front.accepted >= events);
    await collector.stop();
    return rows(collector.data).filter((row) => row.type === 'vitals')
        .sort((a, b) => a.seq - b.seq).map((row) => row.properties);
}

/** @param {Object} more   what ours may differ by beyond rounding, for some */
function assertEqual(t, ours, theirs, more = {}) {
    t.diagnostic(`ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
    assert.deepStrictEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
    for (const key of Object.keys(theirs)) {
        assert.ok(Math.abs(ours[key] - theirs[key]) <= ROUNDING[key] + (more[key] || 1e-9),
            `${key}: ours ${ours[key]}, theirs ${theirs[key]}`);
    }
}

test('a slow picture, a slow click and the first byte are told as web-vitals tells them',
    async (t) => {
        const world = await start(t);
        const page = await visit(world, 'plain');
        await painted(page, 'img');
        await click(page);
        const [theirs] = await hide(world, page);
        const [ours] = await told(world.collector, 1);
        assertEqual(t, ours, theirs);
        assert.ok(ours.ttfb >= FIRST_BYTE_MS && ours.lcp >= ours.ttfb + IMAGE_MS);
        assert.ok(ours.inp >= 90 && ours.cls === 0);
        assert.deepStrictEqual(page.errors, []);
    });

test('text that comes late is the largest paint for both', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'late_text');
    await painted(page, '#late');
    await click(page);
    const [theirs] = await hide(world, page);
    const [ours] = await told(world.collector, 1);
    assertEqual(t, ours, theirs);
    assert.ok(ours.lcp > ours.fcp);
});

test('shifts in several windows, one of them cut after 5 s, give the same cls', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'plain');
    await painted(page, 'img');
    // Two near one another, a pause, a run of more than 5 s, a pause, a small one.
    await page.evaluate(() => shiftAll([[0, 40], [300, 40], [1200, 25],
        ...Array.from({length: 8}, () => [750, 25]), [1200, 10]]));
    const [theirs] = await hide(world, page);
    const [ours] = await told(world.collector, 1);
    assertEqual(t, ours, theirs);
    const all = await page.evaluate(() => new Promise((done) =>
        new PerformanceObserver((list) => done(list.getEntries().map((entry) => entry.value)))
            .observe({type: 'layout-shift', buffered: true})));
    assert.strictEqual(all.length, 12);
    const sum = (list) => list.reduce((a, b) => a + b, 0);
    assert.ok(ours.cls < sum(all.slice(2, 11)) - 0.01, 'the long run is cut');
    assert.ok(ours.cls > sum(all.slice(0, 2)) + 0.01, 'the first window is not the worst');
});

test('of sixty keys, twelve of them slow, both leave out the slowest', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'keys');
    await page.focus('#i');
    for (let i = 0; i < 60; i++) {
        await page.keyboard.press('a');
        // What is in one frame with a slow key is as slow as that.
        await page.evaluate(() => new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(done))));
    }
    await click(page);
    const [theirs] = await hide(world, page);
    const [ours] = await told(world.collector, 1);
    assertEqual(t, ours, theirs);
    assert.ok(ours.inp >= 90 && ours.inp < 500);
});

test('a tab that was in the background at its first paint has neither paint nor shifts',
    async (t) => {
        const world = await start(t);
        const session = await world.browser.target().createCDPSession();
        const url = `${world.site.url}/plain`;
        await session.send('Target.createTarget', {url, background: true});
        const target = await world.browser.waitForTarget((one) => one.url() === url);
        const page = await target.page();
        await ready(page);
        await page.bringToFront();
        await page.waitForFunction(() => document.visibilityState === 'visible' &&
            performance.getEntriesByType('paint').length, {polling: 20});
        await page.evaluate(() => shiftAll([[0, 40]]));
        await click(page);
        const before = await hide(world, page);
        const ours = await told(world.collector, 1);
        assertEqual(t, ours[ours.length - 1], before[0]);
        assert.deepStrictEqual(Object.keys(before[0]).sort(), ['inp', 'ttfb']);
    });

test('a return from the back-forward cache is a view of its own for both', async (t) => {
    const world = await start(t);
    const page = await visit(world, 'plain');
    await painted(page, 'img');
    await click(page);
    await page.goto(`${world.site.url}/elsewhere`);
    await page.goBack();
    await page.waitForFunction(() => theirs.length === 2 && theirs[1].lcp >= 0, {polling: 20});
    // Half a second after a click, that before the page was left too, no shift counts.
    await page.evaluate(() => shiftAll([[600, 40]]));
    await click(page);
    const theirs = await hide(world, page);
    const ours = await told(world.collector, 2);
    assert.strictEqual(ours.length, 2);
    assertEqual(t, ours[0], theirs[0]);
    // Each reads the clock by itself, in callbacks of one frame.
    assertEqual(t, ours[1], theirs[1], {lcp: 1, fcp: 1});
    assert.ok(ours[1].cls > 0 && ours[1].ttfb === 0 && ours[1].inp >= 90);
});
