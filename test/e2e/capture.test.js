'use strict';
/** The modules a site asks for, in a real browser: what each of them has in the lake. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows} = require('./collector');
const {startBrowser, openPage, startServer, startSite} = require('./browser');

/** A page on a site with these pages and modules; `options` are the modules' own, by name. */
async function openSite(t, modules, pages, options = {}) {
    const file = path.join(temporaryFolder(t), 'options.json');
    fs.writeFileSync(file, JSON.stringify(options, null, 4));
    const collector = await startCollector(t, ['--modules', modules, '--module-options', file,
        ...(modules.includes('cross_domain') ? ['--cross-domain', 'on'] : [])]);
    const site = await startSite(t, collector, pages);
    const page = await openPage(await startBrowser(t));
    /** What the lake has of these types in the order of its making, once there are so many. */
    const seen = (wanted, count) => until(`${count} events of ${wanted}`, () => {
        const all = rows(collector.data).filter((row) => wanted.test(`${row.type} ${row.name}`));
        return all.length >= count && all.sort((a, b) =>
            a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.seq - b.seq);
    });
    /** Leaves the page, so that all of it is told; then what `seen` has. */
    const left = async (wanted, count) => {
        await page.goto('about:blank');
        return seen(wanted, count);
    };
    return {page, site, collector, seen, left};
}

const told = (events) => events.map((row) => [row.name, row.properties]);

test('a search is told once for all its pages, with its term and the number on the page',
    async (t) => {
        const found = '<title>Found</title><p class="hits">1,234 results</p>';
        const {page, site, left} = await openSite(t, 'site_search,page_view',
            {'/find': found, '/app': '<title>App</title><p class="hits"></p>'},
            {site_search: {terms: true, results: '.hits'}});
        await page.goto(`${site.url}/find?page=1&q=red+shoes%21#top`);
        await page.goto(`${site.url}/find?q=`);
        await page.goto(`${site.url}/app`);
        const search = async (term, hits) => {
            const view = await page.evaluate((query, text) => {
                const before = pipes.get('page_view_id');
                history.pushState(null, '', `/app?q=${query}`);
                document.querySelector('.hits').textContent = text;
                return before;
            }, term, hits);
            await page.waitForFunction((before) => pipes.get('page_view_id') !== before, {}, view);
        };
        await search('boots', '7 of them');
        await search('boots&page=2', '7 of them');
        await search('caf%C3%A9', 'none');
        const events = await left(/site_search/, 3);
        assert.deepStrictEqual(told(events), [
            ['site_search', {term: 'red shoes!', results: 1234}],
            ['site_search', {term: 'boots', results: 7}], ['site_search', {term: 'café'}]]);
        assert.deepStrictEqual(page.errors, []);
    });

test('without being asked to, the search module tells no term', async (t) => {
    const {page, site, left} = await openSite(t, 'site_search', {'/find': '<p>Found</p>'});
    await page.goto(`${site.url}/find?q=secret`);
    const [event] = await left(/site_search/, 1);
    assert.deepStrictEqual(event.properties, {});
});

test('a page that is not there is told by its answer, its mark or its title', async (t) => {
    const {page, site, left, seen} = await openSite(t, 'not_found,page_view', {
        '/here': '<title>Here</title><p>Here</p>',
        '/marked': '<meta name="pipes-status" content="410"><title>Gone</title>',
        '/titled': '<title>Sorry: not found</title>',
    }, {not_found: {title: 'not found'}});
    await page.goto(`${site.url}/here`);
    await page.goto(`${site.url}/missing?from=here`);
    await seen(/page_not_found/, 1);
    // The next view of the same document is not of that answer.
    await page.evaluate(() => history.pushState(null, '', '/found'));
    await seen(/^page /, 3);
    await page.evaluate(() => {
        history.pushState(null, '', '/lost');
        document.title = 'Not found';
    });
    await seen(/page_not_found/, 2);
    await page.goto(`${site.url}/marked`);
    await page.goto(`${site.url}/titled`);
    const events = await left(/page_not_found/, 4);
    assert.deepStrictEqual(events.map((row) => [row.path, row.properties.status]),
        [['/missing', 404], ['/lost', undefined], ['/marked', 410], ['/titled', undefined]]);
    assert.deepStrictEqual(page.errors, []);
});

const RATE = 8000;

/** A sound of a quiet tone: 8 bits, one channel. */
function wav(seconds) {
    const data = Buffer.alloc(RATE * seconds, (_, i) => i);
    for (let i = 0; i < data.length; i++) {
        data[i] = 128 + 8 * Math.sin(i / 3);
    }
    const head = Buffer.alloc(44);
    head.write('RIFF', 0);
    head.writeUInt32LE(36 + data.length, 4);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(1, 20);
    head.writeUInt16LE(1, 22);
    head.writeUInt32LE(RATE, 24);
    head.writeUInt32LE(RATE, 28);
    head.writeUInt16LE(1, 32);
    head.writeUInt16LE(8, 34);
    head.write('data', 36);
    head.writeUInt32LE(data.length, 40);
    return Buffer.concat([head, data]);
}

/** Answers a part of the file, without which a player cannot jump. */
function sendSound(file) {
    return (request, response) => {
        const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.range) || [];
        const begin = +first || 0;
        const end = last ? +last : file.length - 1;
        response.writeHead(first ? 206 : 200, {'content-type': 'audio/wav',
            'accept-ranges': 'bytes', 'content-length': end + 1 - begin,
            ...(first && {'content-range': `bytes ${begin}-${end}/${file.length}`})});
        response.end(file.subarray(begin, end + 1));
    };
}

test('what is played tells how far: to the end, paused, and past a jump', async (t) => {
    const {page, site, left} = await openSite(t, 'media', {
        '/': '<title>Sounds</title><audio muted id="whole" src="/short.wav?token=secret"></audio>' +
            '<video muted id="jumped" src="/long.wav"></video>' +
            '<div data-pipes-ignore><audio muted id="ignored" src="/short.wav"></audio></div>',
        '/short.wav': sendSound(wav(2)), '/long.wav': sendSound(wav(20)),
    });
    await page.goto(site.url);
    const play = (id) => page.evaluate(async (name) => {
        const node = document.getElementById(name);
        await node.play();
        await new Promise((resolve) => { node.onended = resolve; });
    }, id);
    await play('ignored');
    await play('whole');
    await page.evaluate(async () => {
        const node = document.getElementById('jumped');
        await node.play();
        node.currentTime = 14.8;
        await new Promise((resolve) => {
            node.ontimeupdate = () => node.currentTime > 15.4 && resolve();
        });
        node.pause();
    });
    const events = await left(/media/, 9);
    const said = (id, kind) => events.filter((row) => row.properties.kind === kind)
        .map((row) => row.name.slice(6) + ' ' + row.properties.percent);
    assert.deepStrictEqual(said('whole', 'audio'), ['play 0', 'progress 25', 'progress 50',
        'progress 75', 'progress 90', 'end 100']);
    const [begun, , , , , end] = events.map((row) => row.properties);
    assert.deepStrictEqual(begun, {kind: 'audio', position_ms: 0, duration_ms: 2000, percent: 0,
        src: `${site.url}/short.wav`});
    assert.strictEqual(end.position_ms, 2000);
    const video = said('jumped', 'video');
    assert.deepStrictEqual(video.slice(0, 2), ['play 0', 'progress 75']);
    assert.match(video[2], /^pause 7[78]$/);
    assert.strictEqual(events.length, 9);
    assert.deepStrictEqual(page.errors, []);
});

test('errors tell what failed and where; those of a stranger tell only that', async (t) => {
    const stranger = await startServer(t, (request, response) => {
        response.writeHead(200, {'content-type': 'text/javascript'});
        response.end('null.secret();');
    });
    const {page, site, left} = await openSite(t, 'errors', {
        '/': `<title>Broken</title><img src="/missing.png"><script src="${stranger.url}"></script>
            <script src="/app.js"></script>`,
        '/app.js': (request, response) => response.end(`function fail() {
            undefined.f();
        }
        for (var i = 0; i < 3; i++) { setTimeout(fail); }
        setTimeout(function () { Promise.reject(new RangeError('too far')); });
        setTimeout(function () { Promise.reject('no reason'); });
        setTimeout(function () { throw 'a word'; });
        try { JSON.parse('{'); } catch (e) { pipes.error(e, {order: 7}); }`),
    });
    await page.goto(site.url);
    await until('all have been thrown', () => page.errors.length >= 7);
    const events = await left(/^error/, 6);
    const app = `${site.url}/app.js`;
    const find = (pattern) => {
        const [{name, properties}, ...others] = events.filter((row) =>
            pattern.test(row.properties.message));
        assert.deepStrictEqual(others, []);
        const {stack, ...rest} = properties;
        return [name, rest, !!stack];
    };
    assert.deepStrictEqual(find(/Script error/),
        ['Error', {message: 'Script error.', handled: false}, false]);
    assert.deepStrictEqual(find(/undefined/), ['TypeError', {
        message: "Cannot read properties of undefined (reading 'f')", source: app, line: 2,
        column: 23, handled: false}, true]);
    assert.deepStrictEqual(find(/too far/), ['RangeError', {message: 'too far', source: app,
        line: 5, column: 49, handled: false}, true]);
    assert.deepStrictEqual(find(/no reason/),
        ['Error', {message: 'no reason', handled: false}, false]);
    assert.deepStrictEqual(find(/a word/), ['Error', {message: 'a word', source: app, line: 7,
        column: 34, handled: false}, false]);
    const [name, caught] = find(/JSON/);
    assert.deepStrictEqual([name, caught.handled, caught.order, caught.line],
        ['SyntaxError', true, 7, 8]);
    assert.strictEqual(events.length, 6);
    assert.doesNotMatch(JSON.stringify(events), /secret/);
});

test('items of a list that were seen for a second are told, and clicks are joined to them',
    async (t) => {
        const item = (id, more = '') =>
            `<li data-pipes-item="${id}" ${more}><a href="#${id}">${id}</a>`;
        const {page, site, left, seen} = await openSite(t, 'impressions', {
            '/': `<title>List</title><style>body { margin: 0 } li { height: 300px }
                .space { height: 3000px }
                </style><ul data-pipes-list="near" data-pipes-policy="v7">
                ${item('fern', 'data-pipes-propensity="0.25"')}${item('moss')}${item('tree')}</ul>
                <div class="space"></div>
                <ul id="passed" data-pipes-list="passed">${item('weed')}</ul>
                <div class="space"></div>
                <ul id="far" data-pipes-list="far" data-pipes-list-id="L2">
                ${item('rock')}${item('sand')}</ul>`,
        });
        await page.setViewport({width: 800, height: 700});
        await page.goto(site.url);
        const [first] = await seen(/impression/, 1);
        const {list_id: near, ...others} = first.properties;
        assert.match(near, /^[0-9a-f]{32}$/);
        assert.deepStrictEqual([first.name, others], ['near', {policy: 'v7',
            items: [{id: 'fern', position: 0, propensity: 0.25}, {id: 'moss', position: 1}]}]);
        await page.click('[data-pipes-item=moss] a');
        await page.evaluate(async () => {
            passed.scrollIntoView();
            for (let frames = 0; frames < 10; frames++) {
                await new Promise(requestAnimationFrame);
            }
            far.insertAdjacentHTML('beforeend', '<li data-pipes-item="lake">lake');
            scrollTo(0, document.documentElement.scrollHeight);
        });
        const [, second] = await seen(/impression/, 2);
        assert.deepStrictEqual([second.name, second.properties], ['far', {list_id: 'L2',
            items: [{id: 'sand', position: 1}, {id: 'lake', position: 2}]}]);
        await page.click('[data-pipes-item=lake]');
        const events = await left(/impression|click/, 6);
        assert.deepStrictEqual(told(events.filter((row) => row.type === 'click')), [
            ['item', {list_id: near, item_id: 'moss', position: 1}],
            ['item', {list_id: 'L2', item_id: 'lake', position: 2}]]);
        const last = events.filter((row) => row.type === 'impression').slice(2);
        const items = last.flatMap((row) => row.properties.items);
        assert.deepStrictEqual(items.map((one) => one.id), ['fern', 'moss', 'sand', 'lake']);
        assert.ok(items.every((one) => one.dwell_ms >= 1000 && one.dwell_ms < 20000),
            JSON.stringify(items));
        assert.deepStrictEqual(page.errors, []);
    });

test('a long request is sent as gzip, without a preflight request, and all of it is in the lake',
    async (t) => {
        const {page, site, seen} = await openSite(t, 'compress', {'/': '<title>Home</title>'});
        const methods = [];
        page.on('request', (request) => methods.push(request.method()));
        await page.evaluateOnNewDocument(() => {
            const {fetch} = window;
            window.bodies = [];
            window.fetch = (url, init) => {
                window.bodies.push(init.body instanceof Blob ? init.body.size : 'text');
                return fetch(url, init);
            };
        });
        await page.goto(site.url);
        await page.waitForFunction(() => window.pipes.get);
        await page.evaluate(() => {
            for (let i = 0; i < 100; i++) {
                pipes.track('counted', {i, text: 'the same words again and again '.repeat(3)});
            }
        });
        const events = await seen(/track counted/, 100);
        assert.deepStrictEqual(events.map((row) => row.properties.i), [...Array(100).keys()]);
        const sizes = (await page.evaluate(() => window.bodies)).filter((size) => size !== 'text');
        const text = JSON.stringify(events.map((row) => row.properties)).length;
        const sum = sizes.reduce((all, size) => all + size, 0);
        assert.ok(sizes.length > 0 && sum < text / 2, `${sizes} bytes for ${text}`);
        assert.ok(!methods.includes('OPTIONS'));
        assert.deepStrictEqual(page.errors, []);
    });

test('a visitor who follows a link to another domain of the owner stays the same one',
    async (t) => {
        const {page, site, left} = await openSite(t, 'cross_domain,page_view,links',
            {'/': '<title>Home</title><a id="away">away</a>', '/there': '<title>There</title>'},
            {cross_domain: {hosts: ['127.0.0.1', 'localhost']}});
        const there = site.url.replace('127.0.0.1', 'localhost') + '/there?a=1';
        await page.goto(site.url);
        await page.waitForFunction(() => window.pipes.get && window.pipes.get('page_view_id'));
        await page.$eval('#away', (link, href) => { link.href = href; }, there);
        const id = await page.evaluate(() => pipes.get('anonymous_id'));
        await Promise.all([page.waitForNavigation(), page.click('#away')]);
        await page.waitForFunction(() => window.pipes.version);
        assert.strictEqual(page.url(), there, 'the id has left the address');
        assert.strictEqual(await page.evaluate(() => pipes.get('anonymous_id')), id);
        const events = await left(/^page/, 2);
        assert.deepStrictEqual(events.map((row) => [row.anonymous_id, row.url]),
            [[id, site.url + '/'], [id, there]]);
        assert.deepStrictEqual(page.errors, []);
    });

test('an address with an id that is passed on makes nobody somebody else', async (t) => {
    const {page, site} = await openSite(t, 'cross_domain', {'/': '<title>Home</title>'},
        {cross_domain: {hosts: ['127.0.0.1', 'localhost']}});
    const id = 'a'.repeat(32);
    await page.goto(`${site.url}/?pipes_id=1.${id}.${Date.now() - 5000}.${Date.now()}`);
    await page.waitForFunction(() => window.pipes.get);
    assert.notStrictEqual(await page.evaluate(() => pipes.get('anonymous_id')), id);
    assert.strictEqual(page.url(), site.url + '/');
});
