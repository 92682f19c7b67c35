/** The tracker's cookie, cut short as some browsers do, is set again by the answer to events. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {ENGINES} = require('./engines');
const {until, rows} = require('./collector');
const {tell} = require('./story');
const {startPage, accepted} = require('./telling_page');

const NAME = 'pipes_anonymous_id';
const WEEK_SEC = 7 * 86400;
const LIFE_SEC = 395 * 86400;

/** What such a browser does with a cookie that a script wrote. */
const cut = (page) => page.evaluate((name, seconds) => {
    const [, value] = new RegExp(`${name}=([^;]*)`).exec(document.cookie);
    document.cookie = `${name}=${value}; path=/; SameSite=Lax; max-age=${seconds}`;
    return +value.split('.')[2];
}, NAME, WEEK_SEC);

for (const engine of Object.values(ENGINES)) {
    test(`${engine.name}: a cookie cut to a week lasts to its own end again`, async (t) => {
        const browser = await engine.start(t);
        const {collector, page} = await startPage(t, browser, ['--server-cookie', 'on']);
        const created = await cut(page);
        assert.ok(await page.cookieEnds(NAME) < Date.now() / 1000 + 2 * WEEK_SEC);
        await tell(page, 1);
        await until('it is set again', async () =>
            await page.cookieEnds(NAME) > Date.now() / 1000 + 2 * WEEK_SEC);
        // The browser counts Max-Age, whole seconds, from when it has the answer.
        const late = await page.cookieEnds(NAME) - created / 1000 - LIFE_SEC;
        assert.ok(Math.abs(late) <= 1.5, `it ends ${late} s after its own end`);
        await accepted(collector, 2);
        await collector.stop();
        const all = rows(collector.data);
        assert.strictEqual(new Set(all.map((row) => row.anonymous_id)).size, 1);
    });
}

test('without the option the answer sets nothing', async (t) => {
    const browser = await ENGINES.chromium.start(t);
    const {collector, page} = await startPage(t, browser, []);
    await cut(page);
    await tell(page, 1);
    await accepted(collector, 2);
    await page.waitFor(() => !Object.keys(localStorage).some((key) => /^pipes_queue/.test(key)));
    assert.ok(await page.cookieEnds(NAME) < Date.now() / 1000 + 2 * WEEK_SEC);
});
