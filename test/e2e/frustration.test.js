'use strict';
/** Rage clicks and dead clicks in a real browser: what is told, and that nothing else is. */
const test = require('node:test');
const assert = require('node:assert');
const {startCollector, until, rows} = require('./collector');
const {startBrowser, openPage, startSite} = require('./browser');

/** How long a click is watched: by the module, and to get on with it. */
const WATCHED_MS = 2500;
const HURRIED_MS = 500;

const PAGE = `<title>Frustrating</title>
<style>button, p, div { margin: 5px } #far { margin-top: 3000px } #hand { cursor: pointer }</style>
<body onclick="">
<p id="text">Some words of a text that can be selected.</p>
<button id="dead" data-pipes-shelf="3">dead</button>
<button id="marker">dead, too</button>
<button id="live">adds a word</button>
<button id="class">has another class</button>
<button id="plus">+</button><input id="number" type="number" value="1">
<button id="minus" data-pipes-repeat>-</button>
<button id="popover" popovertarget="pop">shows something</button><div id="pop" popover>pop</div>
<a id="hash" href="#far">down</a>
<a id="slow" href="/slow">a slow answer</a>
<a id="stopped" href="/slow">stopped</a>
<a id="file" href="/file" download>file</a>
<select id="select"><option>one<option>two</select>
<label id="label"><input id="check" type="checkbox"> check</label>
<div id="hand">looks clickable</div>
<p id="far">far</p>
<script>
    live.onclick = () => live.append(' word');
    document.getElementById('class').onclick = function () { this.classList.toggle('on'); };
    plus.onclick = () => number.value++;
    minus.onclick = () => minus.append('-');
    stopped.onclick = (event) => event.preventDefault();
    window.told = [];
    pipes.on('event', (event) => {
        if (event.type === 'click') { told.push(event.name + ' ' + event.properties.id); }
    });
</script>`;

async function openFrustrating(t, isHurried) {
    const collector = await startCollector(t, ['--modules', 'frustration']);
    const site = await startSite(t, collector, {
        '/': PAGE,
        '/slow': (request, response) => setTimeout(() => response.end('at last'), 2 * HURRIED_MS),
        '/file': (request, response) => response.end('file'),
    });
    const page = await openPage(await startBrowser(t));
    if (isHurried) {
        await page.evaluateOnNewDocument((long, short) => {
            const later = window.setTimeout;
            window.setTimeout = (fn, ms) => later(fn, ms === long ? short : ms);
        }, WATCHED_MS, HURRIED_MS);
    }
    await page.goto(site.url);
    await page.waitForFunction(() => window.pipes.version);
    page.told = (count, options) => page
        .waitForFunction((n) => told.length >= n && told, options, count)
        .then((handle) => handle.jsonValue());
    /** Leaves; what the lake has then. */
    page.leave = async (count) => {
        await page.goto('about:blank');
        return until('the clicks arrived', () => {
            const clicks = rows(collector.data).filter((row) => row.type === 'click');
            return clicks.length >= count && clicks.sort((a, b) => a.seq - b.seq);
        });
    };
    return page;
}

/** Clicks on the dead marker until that is told; while another click is watched it is not. */
async function untilMarked(page, count) {
    for (let tries = 0; tries < 3; tries++) {
        await page.click('#marker');
        const told = await page.told(count, {timeout: 2 * HURRIED_MS}).catch(() => null);
        if (told) {
            return told;
        }
    }
    throw new Error('the dead marker is not told');
}

test('of all clicks only those are dead from which nothing comes', async (t) => {
    const page = await openFrustrating(t, true);
    const click = (selector) => () => page.click(selector);
    const select = async () => {
        await page.click('#select');
        await page.keyboard.press('Escape');
    };
    const down = async () => {
        await page.click('#hash');
        await page.waitForFunction(() => scrollY > 100);
    };
    let count = 0;
    for (const act of [click('#live'), click('#class'), click('#plus'), click('#popover'), select,
        click('#label'), click('#text'), down]) {
        await act();
        assert.strictEqual((await untilMarked(page, ++count)).pop(), 'dead marker', `${count}`);
    }
    for (const id of ['dead', 'hand', 'stopped']) {
        await page.click(`#${id}`);
        assert.strictEqual((await page.told(++count)).pop(), `dead ${id}`);
    }
    // Neither is dead, and the second leads away at last.
    await page.click('#file');
    await Promise.all([page.waitForNavigation(), page.click('#slow')]);
    const clicks = await page.leave(count);
    assert.strictEqual(clicks.length, count);
    const [dead] = clicks.filter((row) => row.properties.id === 'dead');
    const {x, y, ...others} = dead.properties;
    assert.deepStrictEqual([dead.name, others],
        ['dead', {shelf: '3', path: 'button#dead', tag: 'button', id: 'dead'}]);
    assert.ok(x > 0 && y > 0);
    assert.deepStrictEqual(page.errors, []);
});

test('rage is told with its count, selecting a text and quick use are not', async (t) => {
    const page = await openFrustrating(t);
    await page.click('#text', {count: 3});
    assert.ok(await page.evaluate(() => getSelection().toString().length > 20), 'it is selected');
    await page.click('#minus', {count: 4});
    await page.click('#number', {count: 4});
    await page.click('#label', {count: 4});
    await page.click('#dead', {count: 5});
    assert.deepStrictEqual(await page.told(2), ['rage dead', 'dead dead']);
    await page.click('#hand', {count: 3});
    assert.deepStrictEqual((await page.told(4)).slice(2), ['rage hand', 'dead hand']);
    // The page is left before this one is over.
    await page.click('#live', {count: 3});
    const clicks = await page.leave(5);
    const counts = clicks.map((row) => [row.name, row.properties.id, row.properties.count]);
    assert.deepStrictEqual(counts, [
        ['rage', 'dead', 5], ['dead', 'dead', undefined], ['rage', 'hand', 3],
        ['dead', 'hand', undefined], ['rage', 'live', 3]]);
    const {duration_ms: duration} = clicks[0].properties;
    assert.ok(duration >= 0 && duration < 4000, `${duration} ms`);
    assert.deepStrictEqual(page.errors, []);
});
