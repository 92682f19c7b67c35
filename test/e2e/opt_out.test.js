/** A refusal outlives what browsers do to cookies of scripts, as the collector sets it, too. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const {ENGINES} = require('./engines');
const {startCollector, until, rows} = require('./collector');
const {tell} = require('./story');
const {startPage, accepted} = require('./telling_page');

const NAME = 'pipes_disabled';
const WEEK_SEC = 7 * 86400;
const LIFE_SEC = 395 * 86400;

/** From here on a cookie that a script writes lasts a week at most, as in Safari. */
const cutCookies = (page) => page.evaluate((seconds) => {
    const jar = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
    Object.defineProperty(document, 'cookie', {configurable: true,
        get: () => jar.get.call(document),
        set: (text) => jar.set.call(document, text.replace(/max-age=(\d+)/,
            (all, given) => `max-age=${Math.min(given, seconds)}`))});
}, WEEK_SEC);

for (const engine of Object.values(ENGINES)) {
    test(`${engine.name}: disable() lasts for 395 days, and enable() takes it back`, async (t) => {
        const browser = await engine.start(t);
        const {collector, page} = await startPage(t, browser);
        await cutCookies(page);
        await page.evaluate(() => { pipes.disable(); });
        await until('the collector has set it', async () =>
            await page.cookieEnds(NAME) > Date.now() / 1000 + 2 * WEEK_SEC);
        const left = await page.cookieEnds(NAME) - Date.now() / 1000;
        assert.ok(Math.abs(left - LIFE_SEC) < 60, `it ends in ${left} s`);
        await tell(page, 1);
        assert.equal(await page.evaluate(() => pipes.get('enabled')), false);
        await page.evaluate(() => { pipes.enable(); });
        assert.equal(await page.evaluate(() => document.cookie), '');
        await tell(page, 1);
        await accepted(collector, 2);
        await collector.stop();
        const all = rows(collector.data);
        assert.equal(all.length, 2, 'what was told in between was not');
        assert.notEqual(all[0].anonymous_id, all[1].anonymous_id);
    });
}

test('who takes a refusal back at once is not refused by the answer to it', async (t) => {
    const browser = await ENGINES.chromium.start(t);
    const {collector, page} = await startPage(t, browser);
    await page.evaluate(() => { pipes.disable(); pipes.enable(); });
    const asked = () => page.evaluate(() => performance.getEntriesByType('resource')
        .some((one) => /\?optout=/.test(one.name) && one.responseEnd > 0));
    await until('the refusal was answered', asked);
    await until('it is gone', async () =>
        await page.evaluate(() => document.cookie.includes('pipes_disabled')) === false);
    await tell(page, 1);
    await accepted(collector, 2);
});

/** What the collector sets for such a request. */
const setCookie = (collector, method, target, headers) => new Promise((resolve, reject) => {
    http.request(`${collector.url}${target}`, {method, headers}, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.headers['set-cookie']));
    }).on('error', reject).end();
});

test('the refusal is for the domain asked for, where the collector is in it', async (t) => {
    const collector = await startCollector(t, []);
    const line = (end) => [`pipes_disabled=1; Path=/; Max-Age=34128000${end}; SameSite=Lax`];
    const ask = (method, target, host = 'events.shop.example') =>
        setCookie(collector, method, target, {host});
    for (const [method, target] of [['POST', '/e?optout='], ['GET', '/optout?domain=']]) {
        assert.deepEqual(await ask(method, `${target}shop.example`), line('; Domain=shop.example'));
        const host = 'events.shop.example';
        assert.deepEqual(await ask(method, target + host, `${host}:8080`),
            line(`; Domain=${host}`));
        for (const other of ['', 'other.example', 'op.example', 'www.events.shop.example',
            'shop.example;+Secure', 'shop.example%0d%0aX:+1', '.', 'x'.repeat(300)]) {
            assert.deepEqual(await ask(method, target + other), line(''), other);
        }
    }
    assert.deepEqual(await ask('GET', '/optout'), line(''));
    assert.deepEqual(await ask('HEAD', '/optout'), line(''));
    assert.deepEqual(await setCookie(collector, 'POST', '/e?optout=shop.example', {
        host: 'events.shop.example', origin: 'https://www.shop.example'}),
    ['pipes_disabled=1; Path=/; Max-Age=34128000; Domain=shop.example; SameSite=Lax; Secure']);
    assert.equal((await collector.counts()).front.accepted, 0);
});

test('test traffic is marked by the option is-test', async (t) => {
    const browser = await ENGINES.chromium.start(t);
    const {collector} = await startPage(t, browser, ['--is-test', 'on']);
    await collector.stop();
    assert.deepEqual(rows(collector.data).map((row) => row.is_test), [true]);
});
