/**
 * Stories of modules that a site asks for: searches, missing pages, lists, long requests. Others
 * have their own file: media, errors, cross_domain, frustration, banner, vitals.
 */
'use strict';
const assert = require('node:assert');
const {openSite, told} = require('../module_site');

/** A search of an application without loads, in the place of the page that is open. */
async function searchHere(page, query, hits) {
    const before = await page.evaluate((query, hits) => {
        const before = pipes.get('page_view_id');
        history.pushState(null, '', `/app?q=${query}`);
        document.querySelector('.hits').textContent = hits;
        return before;
    }, query, hits);
    await page.waitFor((before) => pipes.get('page_view_id') !== before, before);
}

const searches = {
    name: 'a search is told once for all its pages, with its term and the number on the page',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, left} = await openSite(t, browser, 'site_search,page_view', {
            '/find': '<title>Found</title><p class="hits">1,234 results</p>',
            '/app': '<title>App</title><p class="hits"></p>',
        }, {moduleOptions: {site_search: {terms: true, results: '.hits'}}});
        await page.goto(`${site.url}/find?page=1&q=red+shoes%21#top`);
        await page.goto(`${site.url}/find?q=`);
        await page.goto(`${site.url}/app`);
        await searchHere(page, 'boots', '7 of them');
        await searchHere(page, 'boots&page=2', '7 of them');
        await searchHere(page, 'caf%C3%A9', 'none');
        assert.deepStrictEqual(told(await left(/site_search/, 3)), [
            ['site_search', {term: 'red shoes!', results: 1234}],
            ['site_search', {term: 'boots', results: 7}], ['site_search', {term: 'café'}]]);
        assert.deepStrictEqual(page.errors, []);
    },
};

const untold = {
    name: 'without being asked to, the search module tells no term',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, left} = await openSite(t, browser, 'site_search',
            {'/find': '<p>Found</p>'});
        await page.goto(`${site.url}/find?q=secret`);
        assert.deepStrictEqual(told(await left(/site_search/, 1)), [['site_search', {}]]);
    },
};

const missing = {
    name: 'a page that is not there is told by its mark or its title',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, seen, left} = await openSite(t, browser, 'not_found,page_view', {
            '/here': '<title>Here</title><p>Here</p>',
            '/marked': '<meta name="pipes-status" content="410"><title>Gone</title>',
            '/titled': '<title>Sorry: not found</title>',
        }, {moduleOptions: {not_found: {title: 'not found'}}});
        await page.goto(`${site.url}/here`);
        await seen(/^page /, 1);
        await page.evaluate(() => {
            history.pushState(null, '', '/lost');
            document.title = 'Not found';
        });
        await seen(/page_not_found/, 1);
        await page.goto(`${site.url}/marked`);
        await page.goto(`${site.url}/titled`);
        const events = await left(/page_not_found/, 3);
        assert.deepStrictEqual(events.map((row) => [row.path, row.properties.status]),
            [['/lost', undefined], ['/marked', 410], ['/titled', undefined]]);
        assert.deepStrictEqual(page.errors, []);
    },
};

const answered = {
    name: 'a page that is not there is told by its answer, once',
    ownStage: true,
    needs: 'response_status',
    async run({t, browser}) {
        const {page, site, seen, left} = await openSite(t, browser, 'not_found,page_view',
            {'/here': '<title>Here</title><p>Here</p>'});
        await page.goto(`${site.url}/here`);
        await page.goto(`${site.url}/missing?from=here`);
        await seen(/page_not_found/, 1);
        // The next view of the same document is not of that answer.
        await page.evaluate(() => history.pushState(null, '', '/found'));
        await seen(/^page /, 3);
        const events = await left(/page_not_found/, 1);
        assert.deepStrictEqual(events.map((row) => [row.path, row.properties.status]),
            [['/missing', 404]]);
        assert.deepStrictEqual(page.errors, []);
    },
};

const item = (id, more = '') => `<li data-pipes-item="${id}" ${more}><a href="#${id}">${id}</a>`;

/** Two items and a bit of the third are in view, whatever the size of the window. */
const LISTS = `<title>List</title><style>
    body, ul { margin: 0 } li { height: 45vh } .space { height: 400vh }</style>
    <ul data-pipes-list="near" data-pipes-policy="v7">
    ${item('fern', 'data-pipes-propensity="0.25"')}${item('moss')}${item('tree')}</ul>
    <div class="space"></div>
    <ul id="passed" data-pipes-list="passed">${item('weed')}</ul>
    <div class="space"></div>
    <ul id="far" data-pipes-list="far" data-pipes-list-id="L2">${item('rock')}${item('sand')}</ul>`;

/** Past a list that is seen for some frames, to the end of one that grew meanwhile. */
function scrollPast() {
    document.getElementById('passed').scrollIntoView();
    const later = (frames) => requestAnimationFrame(() => {
        if (frames) {
            later(frames - 1);
            return;
        }
        document.getElementById('far').insertAdjacentHTML('beforeend',
            '<li data-pipes-item="lake">lake');
        scrollTo(0, document.documentElement.scrollHeight);
    });
    later(10);
}

const lists = {
    name: 'items of a list that were seen for a second are told, and clicks are joined to them',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, seen, left} = await openSite(t, browser, 'impressions', {'/': LISTS});
        await page.goto(site.url);
        const [first] = await seen(/impression/, 1);
        const {list_id: near, ...others} = first.properties;
        assert.match(near, /^[0-9a-f]{32}$/);
        assert.deepStrictEqual([first.name, others], ['near', {policy: 'v7',
            items: [{id: 'fern', position: 0, propensity: 0.25}, {id: 'moss', position: 1}]}]);
        await page.click('[data-pipes-item=moss] a');
        await page.evaluate(scrollPast);
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
    },
};

const packed = {
    name: 'a long request is sent as gzip, without a preflight request, and is in the lake',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, wire, seen, left} = await openSite(t, browser, 'compress',
            {'/': '<title>Home</title>'});
        await page.goto(site.url);
        await page.waitFor(() => Boolean(window.pipes.get));
        await page.evaluate(() => {
            for (let i = 0; i < 100; i++) {
                pipes.track('counted', {i, text: 'the same words again and again '.repeat(3)});
            }
        });
        const events = await seen(/track counted/, 100);
        assert.deepStrictEqual(events.map((row) => row.properties.i), [...Array(100).keys()]);
        const {requests} = wire;
        const size = requests.filter(({line}) => line.startsWith('POST'))
            .reduce((sum, {headers}) => sum + +headers['content-length'], 0);
        const text = JSON.stringify(events.map((row) => row.properties)).length;
        assert.ok(size > 0 && size < text / 2, `${size} bytes for ${text}`);
        assert.ok(!requests.some(({line}) => line.startsWith('OPTIONS')));
        await left(/track counted/, 100);
        assert.deepStrictEqual(page.errors, []);
    },
};

module.exports = [searches, untold, missing, answered, lists, packed];
