/** Stories of the example shop: visits, refusals, and the tags that `pipes build` prints for it. */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows, ownAddress, ROOT} = require('../collector');
const {clickWhenThere, ofType, tagsOf} = require('../site');

const SHOP = path.join(ROOT, 'examples', 'shop');
const KEEP = ['--user-id', 'keep', '--traits', 'keep', '--click-ids', 'kind'];

/** A collector that serves this folder itself, and a page of the browser. */
async function openShop(t, browser, options = KEEP, www = SHOP) {
    const collector = await startCollector(t, ['--www', www, ...options], ownAddress());
    return {collector, url: collector.url, page: await browser.newPage()};
}

/** Waits until the collector has taken that many events. */
const accepted = (collector, events) => until(`${events} events arrived`, async () =>
    (await collector.counts()).front.accepted >= events);

/** What an event is called here: its name, or its type and path. */
const label = (row) => row.name || `${row.type} ${row.path}`;

/** All rows in the order of their making, once these labels are among them. */
const seen = (collector, labels) => until(`${labels} arrived`, () => {
    const all = rows(collector.data);
    const there = new Set(all.map(label));
    return labels.every((one) => there.has(one)) &&
        all.sort((a, b) => a.created_at < b.created_at ? -1 : 1);
});

const VISIT = ['page /', 'identify /', 'product_list_viewed', 'product_clicked', 'click /',
    'page /product.html', 'product_viewed', 'product_added', 'click /product.html',
    'page /checkout.html', 'checkout_started', 'form_start', 'form_submit', 'page /thanks.html',
    'order_completed'];

/** What the agent of each engine says here: name, and whether it is a robot's. */
const AGENTS = {
    chromium: ['HeadlessChrome', true], firefox: ['Firefox', false], webkit: ['Safari', false],
};

async function buy({page, url}) {
    await page.goto(`${url}/?utm_source=letter&utm_medium=email&gclid=secret`);
    await clickWhenThere(page, '.card a');
    await clickWhenThere(page, '#add');
    await page.goto(`${url}/checkout.html`);
    await page.type('[name=full_name]', 'Very Private');
    await page.type('[name=address]', 'Hidden Street 1');
    await page.click('#checkout button');
    await page.waitFor(() => location.pathname === '/thanks.html' && Boolean(pipes.get));
}

const visit = {
    name: 'a visit to the shop is in the lake, event by event, with who, when and where',
    ownStage: true,
    async run({t, browser, id}) {
        const shop = await openShop(t, browser);
        const {page, collector} = shop;
        await buy(shop);
        await seen(collector, VISIT);
        await page.waitFor(() => !localStorage.getItem('pipes_queue_' + pipes.get('load_id')));
        assert.deepStrictEqual(page.errors, []);
        await page.close();
        assert.strictEqual(await collector.stop(), 0);

        const all = await seen(collector, VISIT);
        const known = ['page', 'track', 'identify', 'click', 'form', 'engagement'];
        assert.ok(all.every((row) => known.includes(row.type)));
        assert.strictEqual(ofType(all, 'page').length, 4);
        const distinct = (key) => new Set(all.map((row) => row[key])).size;
        assert.deepStrictEqual(['anonymous_id', 'session_id', 'load_id'].map(distinct), [1, 1, 4]);
        const [first] = all;
        assert.deepStrictEqual([first.campaign_source, first.click_id_kind, first.site],
            ['letter', 'gclid', 'main']);
        const text = JSON.stringify(all);
        assert.ok(!/Very Private|Hidden Street/.test(text), 'what was typed is nowhere');
        assert.ok(!/Mozilla|AppleWebKit|"ip"/.test(text), 'neither agent nor address is kept');
        assert.deepStrictEqual([first.browser, first.is_bot], AGENTS[id]);
        assert.strictEqual(/headless/.test(first.bot_reason), first.is_bot);
    },
};

const application = {
    name: 'the single-page application gives one page event per view, with the right referrers',
    ownStage: true,
    async run({t, browser}) {
        const {page, collector, url} = await openShop(t, browser, ['--modules', 'page_view']);
        await page.goto(`${url}/app/room/office`);
        // One after the other: what follows at once on a view is a redirect, not a view.
        await accepted(collector, 1);
        await clickWhenThere(page, '#rooms a:nth-child(2)');
        await accepted(collector, 2);
        await page.click('#rooms a:nth-child(1)');
        await accepted(collector, 3);
        await page.back();
        await accepted(collector, 4);
        await page.close();
        await collector.stop();
        const pages = ofType(rows(collector.data), 'page').sort((a, b) => a.seq - b.seq);
        assert.deepStrictEqual(pages.map((row) => [row.path, row.referrer]), [
            ['/app/room/office', ''],
            ['/app/room/living', `${url}/app/room/office`],
            ['/app/', `${url}/app/room/living`],
            ['/app/room/living', `${url}/app/`],
        ]);
    },
};

/** What there is of ours on the device: all cookies, and names in the two storages. */
const kept = (page) => page.evaluate(() => [document.cookie,
    [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) =>
        key.startsWith('pipes'))]);

/** Looks at the list and at one product of it. */
async function lookAround({page, url}) {
    await page.goto(`${url}/`);
    await clickWhenThere(page, '.card a');
    await page.waitFor(() => Boolean(document.querySelector('#add')) && pipes.version);
}

const optedOut = {
    name: 'opted out, nothing leaves the browser and nothing stays in it but the refusal',
    ownStage: true,
    async run({t, browser}) {
        const shop = await openShop(t, browser);
        const {page, collector} = shop;
        await page.goto(`${shop.url}/about.html`);
        await seen(collector, ['page /about.html']);
        await page.click('#privacy');
        const before = (await collector.counts()).front.requests;
        await lookAround(shop);
        assert.deepStrictEqual(await kept(page), ['pipes_disabled=1', []]);
        assert.strictEqual((await collector.counts()).front.requests, before);
        // Had anything been sent in between, it would be here before what this begins with.
        const enabled = await page.evaluate(() => {
            const now = Date.now();
            pipes.enable();
            pipes.track('back_again');
            return now;
        });
        const all = await seen(collector, ['page /product.html', 'back_again']);
        const others = all.filter((row) => row.path !== '/about.html');
        assert.deepStrictEqual(others.map(label).sort(), ['back_again', 'page /product.html']);
        assert.ok(others.every((row) => Date.parse(row.created_at) >= enabled));
        await page.close();
    },
};

/** The shop, whose list and product have a navigator that says no before any other script. */
function shopThatSays(t, name, value) {
    const www = path.join(temporaryFolder(t), 'shop');
    fs.cpSync(SHOP, www, {recursive: true});
    for (const file of ['index.html', 'product.html'].map((one) => path.join(www, one))) {
        fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('<head>',
            `<head><script>Object.defineProperty(navigator, '${name}',
                {get: () => ${value}});</script>`));
    }
    return www;
}

const saysNo = ([what, name, value]) => ({
    name: `with ${what} nothing is sent from the shop and nothing is stored`,
    ownStage: true,
    async run({t, browser}) {
        const shop = await openShop(t, browser, KEEP, shopThatSays(t, name, value));
        const {page, collector} = shop;
        await lookAround(shop);
        assert.deepStrictEqual(await kept(page), ['', []]);
        assert.strictEqual((await collector.counts()).front.requests, 0);
        await page.goto(`${shop.url}/about.html`);
        const all = await seen(collector, ['page /about.html']);
        assert.deepStrictEqual([...new Set(all.map((row) => row.path))], ['/about.html']);
        await page.close();
    },
});

const ownModule = {
    name: "a module of the site's own is part of the tracker",
    ownStage: true,
    async run({t, browser}) {
        const www = temporaryFolder(t);
        const own = path.join(www, 'own.js');
        fs.writeFileSync(own, `pipesModules.push({name: 'own', start: function (core) {
            core.emit('track', 'own_module_started', {answer: 42});
            return {stop: function () {}};
        }});`);
        fs.writeFileSync(path.join(www, 'index.html'),
            '<!doctype html><title>own</title><script src="/pipes.js" async></script>');
        const {page, collector, url} = await openShop(t, browser,
            ['--modules', 'core', '--module', own], www);
        await page.goto(`${url}/`);
        await accepted(collector, 1);
        assert.deepStrictEqual(page.errors, []);
        await page.close();
        await collector.stop();
        assert.deepStrictEqual(rows(collector.data).map((row) => [row.name, row.properties]),
            [['own_module_started', {answer: 42}]]);
    },
};

const pinned = {
    name: 'the pinned tag works, and other bytes are refused by the browser',
    ownStage: true,
    async run({t, browser}) {
        const www = temporaryFolder(t);
        const {page, collector, url} = await openShop(t, browser, [], www);
        const [tag] = tagsOf(t, collector).pinned;
        const watch = `<script>addEventListener('error', (event) => {
            window.refused = event.target.src;
        }, true);</script>`;
        const write = (name, text) => fs.writeFileSync(path.join(www, `${name}.html`),
            `<!doctype html><title>${name}</title>${watch}${text}`);
        write('good', tag);
        write('bad', tag.replace(/sha384-..../, 'sha384-AAAA'));
        await page.goto(`${url}/good.html`);
        await seen(collector, ['page /good.html']);
        await page.goto(`${url}/bad.html`);
        await page.waitFor(() => window.refused);
        assert.match(await page.evaluate(() => window.refused), /\/pipes\.[0-9a-f]+\.js$/);
        assert.strictEqual(await page.evaluate(() => typeof pipes.version), 'undefined');
        await page.close();
        await collector.stop();
        assert.deepStrictEqual(ofType(rows(collector.data), 'page').map(label),
            ['page /good.html']);
    },
};

module.exports = [visit, application, optedOut,
    ...[['Do Not Track', 'doNotTrack', "'1'"],
        ['Global Privacy Control', 'globalPrivacyControl', 'true']].map(saysNo),
    ownModule, pinned];
