'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows} = require('./collector');
const {startBrowser, openPage, startServer} = require('./browser');

const PAGES = 20;
const EVENTS_PER_PAGE = 50;
const KILLS = 10;

/** A page with a tag, and a way out. */
function writePage(www, tag) {
    fs.writeFileSync(path.join(www, 'index.html'),
        `<!doctype html><html><head><title>Page</title>${tag}</head>` +
        '<body><a id="next" href="/next.html">next</a></body></html>');
    fs.writeFileSync(path.join(www, 'next.html'),
        `<!doctype html><html><head><title>Next</title>${tag}</head><body>next</body></html>`);
}

function tagOf(collector, out, base = '') {
    collector.run('build', '--out', out, '--base-url', base, '--modules', 'core');
    return fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[1];
}

test('1,000 events of 20 page lives, the collector killed ten times: each in the lake once',
    async (t) => {
        const www = temporaryFolder(t);
        const collector = await startCollector(t, ['--www', www, '--modules', 'core']);
        writePage(www, tagOf(collector, path.join(temporaryFolder(t), 'dist')));
        const page = await openPage(await startBrowser(t));
        for (let life = 0; life < PAGES; life++) {
            await page.goto(`${collector.url}/index.html?life=${life}`);
            await page.waitForFunction(() => window.pipes && window.pipes.get);
            const isKilled = life % (PAGES / KILLS) === 0;
            const half = EVENTS_PER_PAGE / 2;
            const track = (from, to) => page.evaluate((number, first, last) => {
                for (let i = first; i < last; i++) {
                    window.pipes.track('counted', {life: number, i});
                }
            }, life, from, to);
            await track(0, half);
            if (isKilled) {
                await collector.kill();
            }
            await track(half, EVENTS_PER_PAGE);
            if (isKilled) {
                await collector.start();
            }
        }
        await page.goto(`${collector.url}/next.html`);
        const waiting = () => page.evaluate(() => Object.keys(localStorage).filter((key) =>
            key.startsWith('pipes_queue')).length);
        await until('the browser has delivered all its queues', async () => await waiting() === 0,
            120000);
        assert.deepStrictEqual(page.errors, []);
        assert.strictEqual(await collector.stop(), 0);
        const times = new Map();
        for (const row of rows(collector.data).filter((row) => row.name === 'counted')) {
            const key = `${row.properties.life}-${row.properties.i}`;
            times.set(key, (times.get(key) || 0) + 1);
        }
        assert.strictEqual(times.size, PAGES * EVENTS_PER_PAGE);
        assert.deepStrictEqual([...times].filter(([, n]) => n !== 1), []);
        assert.match(collector.run('verify'), /sound/);
    });

const FAULTS = {
    'is unreachable': (request) => request.socket.destroy(),
    'answers 500': (request, response) => response.writeHead(500, CORS(request)).end('broken'),
    'answers nonsense': (request, response) =>
        response.writeHead(200, CORS(request)).end('<html>\0not what you think'),
    'answers nothing for long': () => undefined,
    'answers 503': (request, response) =>
        response.writeHead(503, {...CORS(request), 'Retry-After': '3600'}).end(),
    'answers 413': (request, response) => response.writeHead(413, CORS(request)).end(),
};

function CORS(request) {
    return {
        'Access-Control-Allow-Origin': request.headers.origin || '*',
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': 'Retry-After',
    };
}

for (const [name, fault] of Object.entries(FAULTS)) {
    test(`a collector that ${name} costs the page nothing`, async (t) => {
        const builder = await startCollector(t);
        const out = path.join(temporaryFolder(t), 'dist');
        const broken = await startServer(t, fault);
        builder.run('build', '--out', out, '--endpoint', `${broken.url}/e`);
        const tag = fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[1];
        writePage(out, tag);
        const site = await startCollector(t, ['--www', out, '--modules', 'core',
            '--endpoint', `${broken.url}/e`]);
        const page = await openPage(await startBrowser(t));
        await page.goto(`${site.url}/index.html`);
        await page.waitForFunction(() => window.pipes && window.pipes.get);
        await page.evaluate(() => {
            for (let i = 0; i < 3000; i++) {
                window.pipes.track('lost', {i, filling: 'x'.repeat(300)});
            }
        });
        const bytes = await page.evaluate(() => Object.entries(localStorage)
            .filter(([key]) => key.startsWith('pipes'))
            .reduce((sum, [key, value]) => sum + key.length + value.length, 0));
        assert.ok(bytes < 600 * 1024, `${bytes} characters are stored`);
        const began = Date.now();
        await Promise.all([page.waitForNavigation({waitUntil: 'domcontentloaded'}),
            page.click('#next')]);
        t.diagnostic(`navigation: ${Date.now() - began} ms, stored: ${bytes} characters`);
        assert.strictEqual(await page.title(), 'Next');
        assert.deepStrictEqual(page.errors, []);
    });
}
