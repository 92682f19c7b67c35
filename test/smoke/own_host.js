'use strict';
/**
 * own_host.js URL ADMIN: visits a site whose own host leads to the collector, which has its private
 * address at ADMIN, with each browser.
 */
const test = require('node:test');
const {ENGINES} = require('../e2e/engines');
const {checkOwnHost} = require('../e2e/own_host');

const [url, admin] = process.argv.slice(2);
const collector = {counts: async () => (await fetch(`${admin}/counts`)).json()};

for (const engine of Object.values(ENGINES)) {
    test(`${engine.name}`, async (t) => {
        const page = await (await engine.start(t)).newPage();
        await checkOwnHost(page, url, collector, 'pipes_anonymous_id');
    });
}
