/** Stories of two domains of one owner, between which a link carries who follows it. */
'use strict';
const assert = require('node:assert');
const {ownAddress} = require('../collector');
const {startSite} = require('../browser');
const {startModules, openPage} = require('../module_site');

/** Two sites of other hosts and one collector, and a page that has seen neither. */
async function openTwo(t, browser, pages) {
    const hosts = [ownAddress(), ownAddress()];
    const {collector, wire} = await startModules(t, 'cross_domain,page_view,links',
        {cross_domain: {hosts}}, ['--cross-domain', 'on']);
    const [here, there] = await Promise.all(hosts.map((address) =>
        startSite(t, wire, pages, {address})));
    return {here: here.url, there: there.url, ...await openPage(browser, collector)};
}

const isCounted = () => Boolean(window.pipes && pipes.get && pipes.get('page_view_id'));
const idOf = (page) => page.evaluate(() => pipes.get('anonymous_id'));
const address = (page) => page.evaluate(() => location.href);

const followed = {
    name: 'a visitor who follows a link to another domain of the owner stays the same one',
    ownStage: true,
    async run({t, browser}) {
        const {page, here, there, left} = await openTwo(t, browser, {
            '/': '<title>Home</title><a id="away">away</a>', '/there': '<title>There</title>'});
        await page.goto(`${here}/`);
        await page.waitFor(isCounted);
        await page.evaluate((href) => { document.getElementById('away').href = href; },
            `${there}/there?a=1`);
        const id = await idOf(page);
        await page.click('#away');
        await page.waitFor((text) => document.title === text && pipes.get('page_view_id'), 'There');
        assert.strictEqual(await address(page), `${there}/there?a=1`,
            'the id has left the address');
        assert.strictEqual(await idOf(page), id);
        const events = await left(/^page/, 2);
        assert.deepStrictEqual(events.map((row) => [row.anonymous_id, row.url]),
            [[id, `${here}/`], [id, `${there}/there?a=1`]]);
        assert.deepStrictEqual(page.errors, []);
    },
};

const passedOn = {
    name: 'an address with an id that is passed on makes nobody somebody else',
    ownStage: true,
    async run({t, browser}) {
        const {page, here} = await openTwo(t, browser, {'/': '<title>Home</title>'});
        const id = 'a'.repeat(32);
        await page.goto(`${here}/?pipes_id=1.${id}.${Date.now() - 5000}.${Date.now()}`);
        await page.waitFor(isCounted);
        assert.match(await idOf(page), /^[0-9a-f]{32}$/);
        assert.notStrictEqual(await idOf(page), id);
        assert.strictEqual(await address(page), `${here}/`);
        await page.close();
    },
};

module.exports = [followed, passedOn];
