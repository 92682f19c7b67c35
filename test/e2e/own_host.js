'use strict';
/**
 * A visit to a page whose tracker and events come by the page's own host, /s/ of which leads to the
 * collector.
 *
 *     await checkOwnHost(page, 'http://www.shop.localhost:8000', collector, 'pipes_anonymous_id');
 *
 * Fails unless a page view and an event arrive, nothing is asked of another host, and the cookie,
 * cut to a week as some browsers do with one that a script wrote, is set again by the answer.
 */
const assert = require('node:assert');
const {until} = require('./collector');

const WEEK_SEC = 7 * 86400;
const LIFE_SEC = 395 * 86400;

const PAGE = `<!doctype html><title>Shop</title>
<script src="/s/pipes-stub.js"></script><script async src="/s/pipes.js"></script>`;

/** When the cookie was created; it has a week from now. */
const cut = (page, cookie) => page.evaluate((name, seconds) => {
    const [, value] = new RegExp(`${name}=([^;]*)`).exec(document.cookie);
    const domain = location.hostname.replace('www.', '');
    document.cookie =
        `${name}=${value}; domain=${domain}; path=/; SameSite=Lax; max-age=${seconds}`;
    return +value.split('.')[2];
}, cookie, WEEK_SEC);

/** The hosts of all that the page loaded and sent. */
const hostsAsked = (page) => page.evaluate(() => [...new Set(
    performance.getEntriesByType('resource').map((one) => new URL(one.name).host))]);

/** `collector` has counts(). */
async function checkOwnHost(page, url, collector, cookie) {
    const accepted = async () => (await collector.counts()).front.accepted;
    const before = await accepted();
    const lastsTwoWeeks = async () =>
        await page.cookieEnds(cookie) > Date.now() / 1000 + 2 * WEEK_SEC;
    await page.goto(url);
    await until('the view arrived', async () => await accepted() === before + 1);
    const created = await cut(page, cookie);
    assert.ok(!await lastsTwoWeeks());
    await page.evaluate(() => pipes.track('told'));
    await until('the cookie is set again', lastsTwoWeeks);
    const late = await page.cookieEnds(cookie) - created / 1000 - LIFE_SEC;
    assert.ok(Math.abs(late) <= 1.5, `it ends ${late} s after its own end`);
    assert.deepStrictEqual(await hostsAsked(page), [new URL(url).host]);
    await until('the event arrived', async () => await accepted() === before + 2);
    assert.deepStrictEqual(page.errors, []);
}

module.exports = {PAGE, checkOwnHost};
