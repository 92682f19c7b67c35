/**
 * Stories of pages whose policy allows nothing but what `tag.html` asks for, and of the package.
 * What a browser refuses it reports to the site. Pictures are allowed: some ask for an icon.
 */
'use strict';
const assert = require('node:assert');
const {until, rows, startCollector, ownAddress} = require('../collector');
const {startServer} = require('../browser');
const {html, startSite, pageSeen, packageScript, tagsOf} = require('../site');

const TRUSTED = "require-trusted-types-for 'script'; trusted-types 'none'; ";

/** Breaks the policy: what may not run at all, and what may run and sets HTML. */
const BROKEN = {
    inline: '<script>document.title = "inline";</script>',
    sink: '<script nonce="NONCE">document.head.innerHTML = "<b>sink</b>";</script>',
};

/** A site of another origin than the collector's; `reports` are what browsers refused, by page. */
async function startStrictSite(t, tags, more) {
    const [, nonced] = tags.nonce;
    const pages = {...tags, inline: [BROKEN.inline, nonced], sink: [BROKEN.sink, nonced]};
    const reports = [];
    const site = await startServer(t, (request, response, body) => {
        const name = request.url.slice(1);
        if (name.startsWith('report')) {
            reports.push(new URL(JSON.parse(body)['csp-report']['document-uri']).pathname.slice(1));
        }
        if (!pages[name]) {
            response.writeHead(404).end();
            return;
        }
        const [tag, policy] = pages[name].map((text) => text.replaceAll('NONCE', 'bm9uY2U'));
        response.writeHead(200, {'content-type': 'text/html', 'content-security-policy':
            `default-src 'none'; img-src 'self'; ${policy}; ${more}report-uri /report`});
        response.end(`<!doctype html><html><head><title>${name}</title>${tag}</head></html>`);
    }, ownAddress());
    return {site, reports};
}

/** @param {string} broken   a page that must be reported: all that came before it is, too */
const delivers = (name, needs, more, broken) => ({
    name,
    needs,
    ownStage: true,
    async run({t, browser}) {
        const collector = await startCollector(t);
        const tags = tagsOf(t, collector);
        const {site, reports} = await startStrictSite(t, tags, more);
        const page = await browser.newPage();
        for (const name of Object.keys(tags)) {
            await page.goto(`${site.url}/${name}`);
            await pageSeen(collector, name);
        }
        assert.deepStrictEqual(page.errors, []);
        await page.goto(`${site.url}/${broken}`);
        await until(`${broken} is reported`, () => reports.includes(broken));
        assert.deepStrictEqual([...new Set(reports)], [broken]);
        await page.close();
        await collector.stop();
        assert.deepStrictEqual(new Set(rows(collector.data).map((row) => row.title)),
            new Set(Object.keys(tags)));
    },
});

const npm = {
    name: 'the npm package delivers from a page',
    ownStage: true,
    async run({t, browser}) {
        const collector = await startSite(t, browser, () => ({
            'package.js': packageScript(t),
            'index.html': html('npm', '', `<script type="module">
                import {create, page_view} from './package.js';
                create({endpoint: '/e', site: 'npm', modules: [page_view]}).track('tried');
                </script>`),
        }));
        const {page} = collector;
        await page.goto(collector.url + '/');
        await until('page view and event arrived', async () =>
            (await collector.counts()).front.accepted >= 2);
        assert.deepStrictEqual(page.errors, []);
        await page.close();
        await collector.stop();
        assert.deepStrictEqual(rows(collector.data).map((row) => `${row.site} ${row.type}`).sort(),
            ['npm page', 'npm track']);
    },
};

module.exports = [
    delivers('every tag delivers under the policy it asks for', undefined, '', 'inline'),
    delivers('every tag delivers with Trusted Types enforced', 'trusted_types', TRUSTED, 'sink'),
    npm,
];
