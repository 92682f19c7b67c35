/**
 * Pages with the module `vitals` and the library web-vitals on them: what ours has told the
 * collector is what theirs tells the page. Theirs is served from node_modules, as it is.
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, until, rows, ROOT} = require('./collector');
const {startServer} = require('./browser');

const LIBRARY = path.join(ROOT, 'node_modules', 'web-vitals', 'dist', 'web-vitals.iife.js');
/** A picture, not packed: browsers take one of few bytes for a background, not for content. */
const PICTURE = bitmap(400, 200);
const FIRST_BYTE_MS = 120;
const IMAGE_MS = 300;
/** A click keeps the page busy for 90 ms, and browsers tell that in steps of 8 ms. */
const CLICK_MS = 88;
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

/** A collector, and a site with these pages in it. */
async function startPages(t, address) {
    const collector = await startCollector(t, ['--modules', 'vitals'], address);
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
    return {collector, site};
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

module.exports = {startPages, told, assertEqual, FIRST_BYTE_MS, IMAGE_MS, CLICK_MS};
