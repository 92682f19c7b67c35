/** The pinned tag of `pipes build`, in each browser: these bytes run, and no others do. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startServer} = require('./browser');
const {startCollector, temporaryFolder, until, rows} = require('./collector');
const {ENGINES} = require('./engines');

/** What is told on a page's behalf when its script failed to load. */
const WATCH = `<script>addEventListener('error', function (event) {
    window.refused = event.target.src;
}, true)</script>`;

/**
 * A site whose tracker comes from another origin: the very file of the pinned tag, or one that has
 * one byte changed and would run as well. /PAGE shows the pinned tag; /PAGE?free the same without
 * its hash.
 */
async function startPinned(t, collector) {
    const dist = path.join(temporaryFolder(t), 'dist');
    let script = '';
    const cdn = await startServer(t, (request, response) => {
        response.writeHead(200, {'Content-Type': 'text/javascript',
            'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store'});
        response.end(script);
    });
    collector.run('build', '--out', dist, '--base-url', cdn.url, '--endpoint',
        `${collector.url}/e`);
    const {integrity, hash} = JSON.parse(fs.readFileSync(path.join(dist, 'manifest.json')));
    const tag = fs.readFileSync(path.join(dist, 'tag.html'), 'utf8').split('\n')
        .find((line) => line.startsWith('<script>') && line.includes(integrity));
    assert.ok(tag.includes(`src="${cdn.url}/pipes.${hash}.js"`));
    const right = fs.readFileSync(path.join(dist, `pipes.${hash}.js`), 'utf8');
    const changed = right.replace(/version="0/, 'version="1');
    assert.strictEqual(changed.length, right.length);
    assert.notStrictEqual(changed, right);
    const site = await startServer(t, (request, response) => {
        script = request.url.startsWith('/changed') ? changed : right;
        response.writeHead(200, {'Content-Type': 'text/html'});
        response.end(`<!doctype html><title>${request.url}</title>${WATCH}` +
            (request.url.endsWith('?free') ? tag.replace(`integrity="${integrity}"`, '') : tag));
    });
    return site.url;
}

for (const engine of Object.values(ENGINES)) {
    test(`${engine.name}: the pinned tag runs these bytes and refuses others`, async (t) => {
        const collector = await startCollector(t);
        const url = await startPinned(t, collector);
        const browser = await engine.start(t);
        const accepted = (count) => until(`${count} views arrived`, async () =>
            (await collector.counts()).front.accepted >= count);
        const page = await browser.newPage();
        await page.goto(`${url}/right`);
        await accepted(1);
        await page.close();
        const refused = await browser.newPage();
        await refused.goto(`${url}/changed`);
        await refused.waitFor(() => window.refused);
        assert.strictEqual(await refused.evaluate(() => typeof window.pipes.version), 'undefined');
        await refused.close();
        // Without the hash the changed bytes run, so it was the hash that refused them.
        const free = await browser.newPage();
        await free.goto(`${url}/changed?free`);
        await accepted(2);
        await collector.stop();
        assert.deepStrictEqual(rows(collector.data).map((row) => row.title).sort(),
            ['/changed?free', '/right']);
    });
}
