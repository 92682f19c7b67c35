'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows, ROOT} = require('./collector');
const {startBrowser, openPage} = require('./browser');

const SHOP = path.join(ROOT, 'examples', 'shop');
const startShop = (t, options = []) => startCollector(t,
    ['--www', SHOP, '--user-id', 'keep', '--traits', 'keep', '--click-ids', 'kind', ...options]);

/** Waits until the collector has taken that many events. */
const accepted = (collector, events) => until(`${events} events arrived`, async () =>
    (await collector.counts()).front.accepted >= events);

/** What an event is called in the tests below: its name, or its type and path. */
const label = (row) => row.name || `${row.type} ${row.path}`;

/** The labels of what the collector has on disk, while it runs. */
const arrived = (collector) => new Set(collector.run('tail', '--follow=false', '--last', '100')
    .trim().split('\n').map((line) => label(JSON.parse(line))));

const VISIT = ['page /', 'identify /', 'product_list_viewed', 'product_clicked', 'click /',
    'page /product.html', 'product_viewed', 'product_added', 'click /product.html',
    'page /checkout.html', 'checkout_started', 'form_start', 'form_submit', 'page /thanks.html',
    'order_completed'];

test('a visit to the shop is in the lake, event by event, with who, when and where', async (t) => {
    const collector = await startShop(t);
    const page = await openPage(await startBrowser(t));
    await page.goto(collector.url + '/?utm_source=letter&utm_medium=email&gclid=secret');
    await page.waitForSelector('.card a');
    await page.click('.card a');
    await page.waitForSelector('#add');
    await page.click('#add');
    await page.goto(collector.url + '/checkout.html');
    await page.type('[name=full_name]', 'Very Private');
    await page.type('[name=address]', 'Hidden Street 1');
    await Promise.all([page.waitForNavigation(), page.click('#checkout button')]);
    // The last page's script and the tracker load side by side: its event may be asked for late.
    await until('every event of the visit arrived', () => {
        const labels = arrived(collector);
        return VISIT.every((name) => labels.has(name));
    });
    await page.waitForFunction(() => window.pipes.get &&
        !localStorage.getItem('pipes_queue_' + window.pipes.get('load_id')));
    assert.deepStrictEqual(page.errors, []);
    assert.strictEqual(await collector.stop(), 0);

    const seen = rows(collector.data).sort((a, b) => a.created_at < b.created_at ? -1 : 1);
    const names = new Set(seen.map(label));
    for (const name of VISIT) {
        assert.ok(names.has(name), `${name} is missing in ${[...names]}`);
    }
    const known = ['page', 'track', 'identify', 'click', 'form', 'engagement'];
    assert.ok(seen.every((row) => known.includes(row.type)));
    assert.strictEqual(seen.filter((row) => row.type === 'page').length, 4);
    assert.strictEqual(new Set(seen.map((row) => row.anonymous_id)).size, 1);
    assert.strictEqual(new Set(seen.map((row) => row.session_id)).size, 1);
    assert.strictEqual(new Set(seen.map((row) => row.load_id)).size, 4);
    const [first] = seen;
    assert.strictEqual(first.campaign_source, 'letter');
    assert.strictEqual(first.click_id_kind, 'gclid');
    assert.strictEqual(first.site, 'main');
    const text = JSON.stringify(seen);
    assert.ok(!/Very Private|Hidden Street/.test(text), 'what was typed is nowhere');
    assert.ok(!/Mozilla|AppleWebKit|"ip"/.test(text), 'neither agent nor address is kept');
    assert.deepStrictEqual([first.browser, first.is_bot], ['HeadlessChrome', true]);
    assert.match(first.bot_reason, /headless/);
});

test('the single-page application gives one page event per view, with the right referrers',
    async (t) => {
        const collector = await startShop(t, ['--modules', 'page_view']);
        const page = await openPage(await startBrowser(t));
        await page.goto(collector.url + '/app/room/office');
        await page.waitForSelector('#rooms a');
        // One after the other: what follows at once on a view is a redirect, not a view.
        await accepted(collector, 1);
        await page.click('#rooms a:nth-child(2)');
        await accepted(collector, 2);
        await page.click('#rooms a:nth-child(1)');
        await accepted(collector, 3);
        await page.goBack();
        await accepted(collector, 4);
        await collector.stop();
        const pages = rows(collector.data).filter((row) => row.type === 'page')
            .sort((a, b) => a.seq - b.seq);
        const base = collector.url;
        assert.deepStrictEqual(pages.map((row) => [row.path, row.referrer]), [
            ['/app/room/office', ''],
            ['/app/room/living', `${base}/app/room/office`],
            ['/app/', `${base}/app/room/living`],
            ['/app/room/living', `${base}/app/`],
        ]);
    });

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

test('opted out, nothing leaves the browser and nothing stays in it but the refusal', async (t) => {
    const collector = await startShop(t);
    const page = await openPage(await startBrowser(t));
    await page.goto(collector.url + '/about.html');
    await accepted(collector, 1);
    await page.click('#privacy');
    const before = (await collector.counts()).front.requests;
    await page.goto(collector.url + '/');
    await page.waitForSelector('.card a');
    await page.click('.card a');
    await page.waitForSelector('#add');
    const kept = await page.evaluate(() => [document.cookie,
        Object.keys(localStorage).concat(Object.keys(sessionStorage)).filter((key) =>
            key.startsWith('pipes'))]);
    assert.deepStrictEqual(kept, ['pipes_disabled=1', []]);
    assert.strictEqual((await collector.counts()).front.requests, before);
});

for (const [name, script] of [
    ['Do Not Track', () => Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})],
    ['Global Privacy Control',
        () => Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})],
]) {
    test(`with ${name} nothing is sent and nothing is stored`, async (t) => {
        const collector = await startShop(t);
        const page = await openPage(await startBrowser(t));
        await page.evaluateOnNewDocument(script);
        await page.goto(collector.url + '/');
        await page.waitForSelector('.card a');
        await page.click('.card a');
        await page.waitForSelector('#add');
        assert.strictEqual(await page.evaluate(() => document.cookie), '');
        assert.strictEqual((await collector.counts()).front.requests, 0);
    });
}

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

test("a module of the site's own is part of the tracker", async (t) => {
    const www = temporaryFolder(t);
    const own = path.join(www, 'own.js');
    fs.writeFileSync(own, `pipesModules.push({name: 'own', start: function (core) {
        core.emit('track', 'own_module_started', {answer: 42});
        return {stop: function () {}};
    }});`);
    fs.writeFileSync(path.join(www, 'index.html'),
        '<!doctype html><title>own</title><script src="/pipes.js" async></script>');
    const collector = await startCollector(t, ['--www', www, '--modules', 'core', '--module', own]);
    const page = await openPage(await startBrowser(t));
    await page.goto(collector.url + '/');
    await accepted(collector, 1);
    await collector.stop();
    const [row] = rows(collector.data);
    assert.strictEqual(row.name, 'own_module_started');
    assert.deepStrictEqual(row.properties, {answer: 42});
    assert.throws(() => collector.run('build', '--module', '/no/such/file.js', '--out', www),
        (error) => /no\/such\/file/.test(error.stderr.toString()));
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

test('the pinned tag works, and other bytes are refused by the browser', async (t) => {
    const collector = await startShop(t);
    const out = path.join(temporaryFolder(t), 'dist');
    collector.run('build', '--out', out);
    const pinned = fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[4];
    const www = temporaryFolder(t);
    fs.writeFileSync(path.join(www, 'good.html'), `<!doctype html><title>good</title>${pinned}`);
    fs.writeFileSync(path.join(www, 'bad.html'), `<!doctype html><title>bad</title>${
        pinned.replace(/sha384-..../, 'sha384-AAAA')}`);
    const site = await startCollector(t, ['--www', www]);
    const page = await openPage(await startBrowser(t));
    await page.goto(site.url + '/good.html');
    await accepted(site, 1);
    await page.goto(site.url + '/bad.html', {waitUntil: 'networkidle0'});
    assert.strictEqual((await site.counts()).front.accepted, 1);
});
