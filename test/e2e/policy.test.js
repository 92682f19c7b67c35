'use strict';
const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, rows, ROOT} = require('./collector');
const {startBrowser, openPage, startServer} = require('./browser');

/** What `pipes build` says in tag.html: each tag with the policy that goes with it. */
function tagsOf(t, collector) {
    const out = path.join(temporaryFolder(t), 'dist');
    collector.run('build', '--out', out, '--base-url', collector.url);
    const page = fs.readFileSync(path.join(out, 'tag.html'), 'utf8');
    const [plain, pinned, nonce, external, external_pinned, external_stub] =
        page.match(/^<script.*<\/script>$/gm);
    const [of_plain, of_nonce, of_external] = page.match(/^script-src .*$/gm);
    return {
        plain: [plain, of_plain], pinned: [pinned, of_plain], nonce: [nonce, of_nonce],
        external: [external, of_external], external_pinned: [external_pinned, of_external],
        external_stub: [external_stub, of_external],
    };
}

test('the policy in tag.html names the hash of the very inline text', async (t) => {
    const tags = tagsOf(t, await startCollector(t));
    for (const [tag, policy] of [tags.plain, tags.pinned]) {
        const text = /^<script>([^]*?)<\/script>/.exec(tag)[1];
        const sum = crypto.createHash('sha256').update(text).digest('base64');
        assert.ok(policy.startsWith(`script-src 'sha256-${sum}' `), policy);
    }
});

test('every tag delivers under the policy it asks for, Trusted Types enforced', async (t) => {
    const collector = await startCollector(t);
    const tags = tagsOf(t, collector);
    // Another origin than the collector's: nothing is allowed that the policy does not name.
    const site = await startServer(t, (request, response) => {
        const name = request.url.slice(1);
        if (!tags[name]) {
            response.writeHead(404).end();
            return;
        }
        const [tag, policy] = tags[name].map((text) => text.replaceAll('NONCE', 'bm9uY2U'));
        response.writeHead(200, {'content-type': 'text/html', 'content-security-policy':
            `default-src 'none'; ${policy}; require-trusted-types-for 'script'; ` +
            "trusted-types 'none'"});
        response.end(`<!doctype html><html><head><title>${name}</title>${tag}</head></html>`);
    });
    const browser = await startBrowser(t);
    let count = 0;
    for (const name of Object.keys(tags)) {
        const page = await openPage(browser);
        const complaints = [];
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(`${site.url}/${name}`);
        count++;
        await until(`the tag ${name} delivers; the page says ${complaints}`, async () =>
            (await collector.counts()).front.accepted >= count);
        assert.deepStrictEqual(page.errors, [], name);
        assert.deepStrictEqual(complaints.filter((text) => /Content Security|Trusted/.test(text)),
            [], name);
        await page.close();
    }
    await collector.stop();
    assert.deepStrictEqual(new Set(rows(collector.data).map((row) => row.title)),
        new Set(Object.keys(tags)));
});

test('the npm package delivers from a page', async (t) => {
    const www = temporaryFolder(t);
    execFileSync(process.execPath, [path.join(ROOT, 'tracker/build.js'), path.join(www, 'parts')]);
    execFileSync(process.execPath, [path.join(ROOT, 'tracker/npm/build.js'),
        path.join(www, 'parts'), path.join(www, 'package')]);
    fs.writeFileSync(path.join(www, 'index.html'), `<!doctype html><title>npm</title>
        <script type="module">
        import {create, page_view} from './package/index.js';
        create({endpoint: '/e', site: 'npm', modules: [page_view]}).track('tried');
        </script>`);
    const collector = await startCollector(t, ['--www', www]);
    const page = await openPage(await startBrowser(t));
    await page.goto(collector.url + '/');
    await until('page view and event arrived', async () =>
        (await collector.counts()).front.accepted >= 2);
    assert.deepStrictEqual(page.errors, []);
    await collector.stop();
    assert.deepStrictEqual(rows(collector.data).map((row) => `${row.site} ${row.type}`).sort(),
        ['npm page', 'npm track']);
});
