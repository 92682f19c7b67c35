/**
 * A site whose tracker has the modules of one story, and what the lake has of them.
 *
 *     const {page, site, left} = await openSite(t, browser, 'site_search', {'/': '<p>Found</p>'});
 *     await page.goto(`${site.url}/?q=fern`);
 *     const [event] = await left(/site_search/, 1);
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows, ownAddress} = require('./collector');
const {startSite} = require('./browser');
const {startWire} = require('./wire');

const inOrder = (a, b) => a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 :
    a.seq - b.seq;

/**
 * A collector behind a wire, with these modules.
 * @param {Object<string, Object>} [moduleOptions]   by the module's name
 * @param {string[]} [options]   the collector's own
 */
async function startModules(t, modules, moduleOptions = {}, options = []) {
    const file = path.join(temporaryFolder(t), 'options.json');
    fs.writeFileSync(file, JSON.stringify(moduleOptions));
    const collector = await startCollector(t,
        ['--modules', modules, '--module-options', file, ...options]);
    return {collector, wire: await startWire(t, collector)};
}

/** A page that no site has been opened in, and how to read what becomes of what it tells. */
async function openPage(browser, collector) {
    const page = await browser.newPage();
    /** What the lake has of these types in the order of its making, once there are so many. */
    const seen = (wanted, count) => until(`${count} events of ${wanted}`, () => {
        const all = rows(collector.data).filter((row) => wanted.test(`${row.type} ${row.name}`));
        return all.length >= count && all.sort(inOrder);
    });
    /** Leaves the page, so that all of it is told; then what `seen` has. */
    const left = async (wanted, count) => {
        await page.goto('about:blank');
        const events = await seen(wanted, count);
        await page.close();
        return events;
    };
    return {page, seen, left};
}

/** One site with these pages, and a page of the browser; see above. */
async function openSite(t, browser, modules, pages, {moduleOptions, before} = {}) {
    const {collector, wire} = await startModules(t, modules, moduleOptions);
    const site = await startSite(t, wire, pages, {before, address: ownAddress()});
    return {site, collector, wire, ...await openPage(browser, collector)};
}

const told = (events) => events.map((row) => [row.name, row.properties]);

module.exports = {startModules, openPage, openSite, told};
