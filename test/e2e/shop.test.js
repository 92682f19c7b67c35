/**
 * The example shop and its collector: the live page, the tag, the trackers of before. What its
 * pages tell is in stories/shop.js, in three browsers. The live page is the collector's own and is
 * shown by Chromium alone, as its protocol brings one tab before the other.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, ROOT} = require('./collector');
const {startBrowser, openPage} = require('./browser');

const SHOP = path.join(ROOT, 'examples', 'shop');
const startShop = (t, options = []) => startCollector(t,
    ['--www', SHOP, '--user-id', 'keep', '--traits', 'keep', '--click-ids', 'kind', ...options]);

test('the live page and `pipes tail` show an event within a second, pushed', async (t) => {
    const collector = await startShop(t);
    const browser = await startBrowser(t);
    const live = await openPage(browser);
    await live.goto(collector.admin + '/');
    await live.waitForSelector('#state[data-state=open]');
    await live.evaluate(() => {
        window.arrivals = [];
        new MutationObserver(() => window.arrivals.push(Date.now()))
            .observe(document.getElementById('rows'), {childList: true});
    });
    const page = await openPage(browser);
    await page.goto(collector.url + '/about.html');
    await page.waitForSelector('#sign-in');
    await page.bringToFront();
    const clicked = await page.evaluate(() => {
        document.getElementById('sign-in').click();
        return Date.now();
    });
    await live.bringToFront();
    await live.waitForFunction(() =>
        [...document.querySelectorAll('.type')].some((badge) => badge.textContent === 'identify'));
    const last = await live.evaluate(() => window.arrivals[window.arrivals.length - 1]);
    t.diagnostic(`from the click to the live page: ${last - clicked} ms`);
    await live.evaluate(() => [...document.querySelectorAll('#rows li')]
        .find((item) => item.dataset.type === 'identify').querySelector('summary').click());
    await live.waitForSelector('#rows pre');
    const text = await live.$eval('#rows pre', (pre) => pre.textContent);
    assert.strictEqual(JSON.parse(text).user_id, 'user-1001');
    const tail = collector.run('tail', '--follow=false').trim().split('\n');
    assert.ok(tail.some((line) => JSON.parse(line).type === 'identify'));
    assert.deepStrictEqual([...live.errors, ...page.errors], []);
});

test('the shop carries the very tag that `pipes build` prints', async (t) => {
    const out = path.join(temporaryFolder(t), 'dist');
    const collector = await startShop(t);
    collector.run('build', '--out', out);
    const tag = fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[1];
    assert.match(tag, /^<script>.*<\/script>$/);
    const pages = fs.readdirSync(SHOP).filter((name) => name.endsWith('.html'));
    for (const name of [...pages, 'app/200.html']) {
        const text = fs.readFileSync(path.join(SHOP, name), 'utf8');
        assert.ok(text.includes(`<!-- pipes tag -->\n${tag}\n<!-- /pipes tag -->`),
            `${name} has another tag; the right one is\n${tag}`);
    }
    const built = fs.readFileSync(path.join(out, 'pipes.js'), 'utf8');
    const served = await (await fetch(collector.url + '/pipes.js')).text();
    assert.strictEqual(served, built);
    const manifest = JSON.parse(fs.readFileSync(path.join(out, 'manifest.json'), 'utf8'));
    const hashed = await fetch(`${collector.url}/pipes.${manifest.hash}.js`);
    assert.match(hashed.headers.get('cache-control'), /immutable/);
});

test('a tracker that was replaced is served under its hash for 13 months', async (t) => {
    const collector = await startShop(t, ['--site', 'first']);
    const folder = path.join(collector.data, 'site');
    const [first] = fs.readdirSync(folder).filter((name) => name.startsWith('pipes.'));
    const bytes = fs.readFileSync(path.join(folder, first), 'utf8');
    const again = async (days) => {
        await collector.stop();
        if (days) {
            const then = new Date(Date.now() - days * 86400000);
            fs.utimesSync(path.join(folder, first), then, then);
        }
        collector.options = collector.options.map((word) => word === 'first' ? 'second' : word);
        await collector.start();
        return fetch(`${collector.url}/${first}`);
    };
    for (const days of [0, 394]) {
        const answer = await again(days);
        assert.strictEqual(answer.status, 200);
        assert.match(answer.headers.get('cache-control'), /immutable/);
        assert.strictEqual(await answer.text(), bytes);
    }
    assert.strictEqual((await again(396)).status, 404);
    assert.ok(!fs.existsSync(path.join(folder, first)));
});
