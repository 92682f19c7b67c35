/** Stories of rage clicks and dead clicks: what is told, and that nothing else is. */
'use strict';
const assert = require('node:assert');
const {startCollector, until, rows, ownAddress} = require('../collector');
const {startSite} = require('../browser');

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

const HURRY = `<script>
    const later = window.setTimeout;
    window.setTimeout = (fn, ms) => later(fn, ms === ${WATCHED_MS} ? ${HURRIED_MS} : ms);
</script>`;

async function openFrustrating(t, browser, before) {
    const collector = await startCollector(t, ['--modules', 'frustration']);
    const site = await startSite(t, collector, {
        '/': PAGE,
        '/slow': (request, response) => setTimeout(() => response.end('at last'), 2 * HURRIED_MS),
        '/file': (request, response) => response.end('file'),
    }, {before, address: ownAddress()});
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitFor(() => Boolean(window.pipes.version));
    const told = (count, boundMs) => until(`${count} clicks are told`, async () => {
        const all = await page.evaluate(() => window.told);
        return all.length >= count && all;
    }, boundMs);
    /** Leaves; what the lake has then. */
    const leave = async (count) => {
        await page.goto('about:blank');
        assert.deepStrictEqual(page.errors, []);
        const clicks = await until('the clicks arrived', () => {
            const all = rows(collector.data).filter((row) => row.type === 'click');
            return all.length >= count && all.sort((a, b) => a.seq - b.seq);
        });
        await page.close();
        return clicks;
    };
    return {page, told, leave};
}

/** Clicks on the dead marker until that is told; while another click is watched it is not. */
async function untilMarked({page, told}, count) {
    for (let tries = 0; tries < 3; tries++) {
        await page.click('#marker');
        const all = await told(count, 2 * HURRIED_MS).catch(() => null);
        if (all) {
            return all;
        }
    }
    throw new Error('the dead marker is not told');
}

module.exports = [{
    name: 'of all clicks only those are dead from which nothing comes',
    ownStage: true,
    async run({t, browser}) {
        const scene = await openFrustrating(t, browser, HURRY);
        const {page, told, leave} = scene;
        const click = (selector) => () => page.click(selector);
        const select = async () => {
            await page.click('#select');
            await page.press('Escape');
        };
        const down = async () => {
            await page.click('#hash');
            await page.waitFor(() => scrollY > 100);
        };
        let count = 0;
        for (const act of [click('#live'), click('#class'), click('#plus'), click('#popover'),
            select, click('#label'), click('#text'), down]) {
            await act();
            const all = await untilMarked(scene, ++count);
            assert.strictEqual(all.pop(), 'dead marker', `${count}`);
        }
        for (const id of ['dead', 'hand', 'stopped']) {
            await page.click(`#${id}`);
            assert.strictEqual((await told(++count)).pop(), `dead ${id}`);
        }
        // Neither is dead, and the second leads away at last.
        await page.click('#file');
        await page.click('#slow');
        await page.waitFor(() => location.pathname === '/slow');
        const clicks = await leave(count);
        assert.strictEqual(clicks.length, count);
        const [dead] = clicks.filter((row) => row.properties.id === 'dead');
        const {x, y, ...others} = dead.properties;
        assert.deepStrictEqual([dead.name, others],
            ['dead', {shelf: '3', path: 'button#dead', tag: 'button', id: 'dead'}]);
        assert.ok(x > 0 && y > 0);
    },
}, {
    name: 'rage is told with its count, selecting a text and quick use are not',
    ownStage: true,
    async run({t, browser}) {
        const {page, told, leave} = await openFrustrating(t, browser);
        await page.click('#text', 3);
        assert.ok(await page.evaluate(() => getSelection().toString().length > 20),
            'it is selected');
        await page.click('#minus', 4);
        await page.click('#number', 4);
        await page.click('#label', 4);
        await page.click('#dead', 5);
        assert.deepStrictEqual(await told(2), ['rage dead', 'dead dead']);
        await page.click('#hand', 3);
        assert.deepStrictEqual((await told(4)).slice(2), ['rage hand', 'dead hand']);
        // The page is left before this one is over.
        await page.click('#live', 3);
        const clicks = await leave(5);
        const counts = clicks.map((row) => [row.name, row.properties.id, row.properties.count]);
        assert.deepStrictEqual(counts, [
            ['rage', 'dead', 5], ['dead', 'dead', undefined], ['rage', 'hand', 3],
            ['dead', 'hand', undefined], ['rage', 'live', 3]]);
        const {duration_ms: duration} = clicks[0].properties;
        assert.ok(duration >= 0 && duration < 4000, `${duration} ms`);
    },
}];
