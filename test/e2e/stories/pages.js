/** Stories of navigation: one page event for each, with the referrer that a reader would name. */
'use strict';
const assert = require('node:assert');
const {until} = require('../collector');
const {open, show} = require('../story');

/** Page events with address and referrer, and named ones, as they came to pass. */
function views(story, all) {
    const short = (address) => address.replace(story.url, '').replace(/\?[^#]*/, '');
    return all.filter((row) => row.type === 'page' || row.type === 'track')
        .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
        .map((row) => row.name ||
            `${row.properties.navigation} ${short(row.url)} from ${short(row.referrer)}`);
}

module.exports = [{
    name: 'routes by history and by hash are pages, anchors are not',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        await page.evaluate(() => history.pushState({}, '', '/two'));
        await story.pagesTaken(2);
        await page.evaluate(() => {
            location.hash = 'anchor';
        });
        // Were the anchor a page, that would be told before this.
        await page.waitFor(() => location.hash === '#anchor');
        await page.evaluate(() => window.pipes.track('anchored'));
        await page.evaluate(() => {
            location.hash = '#/three';
        });
        await story.pagesTaken(3);
        await page.back();
        await page.back();
        await story.pagesTaken(4);
        await page.back();
        await story.pagesTaken(5);
        assert.deepStrictEqual(views(story, await story.judge([])), ['load /one from ',
            'push /two from /one', 'anchored', 'hash /two#/three from /two',
            'hash /two from /two#/three', 'pop /one from /two']);
        await page.close();
    },
}, {
    name: 'what the Navigation API intercepts is a page, by call, link and on the way back',
    needs: 'navigation',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        await page.evaluate(() => {
            window.navigation.addEventListener('navigate', (event) => event.intercept());
            window.navigation.navigate('/two');
        });
        await story.pagesTaken(2);
        await page.click('#next');
        await story.pagesTaken(3);
        await page.back();
        await story.pagesTaken(4);
        await page.evaluate(() => window.navigation.navigate('/other', {history: 'replace'}));
        await story.pagesTaken(5);
        assert.deepStrictEqual(views(story, await story.judge([])), ['load /one from ',
            'push /two from /one', 'push /next from /two', 'pop /two from /next',
            'replace /other from /two']);
        await page.close();
    },
}, {
    name: 'the start looks into the cookie jar beside the page, and sees what the page would',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        const who = () => page.evaluate(() => window.pipes.get('anonymous_id'));
        const id = await who();
        await show(page, story.page('/two'));
        assert.deepStrictEqual([await who(), await page.evaluate(() => window.looks_beside)],
            [id, 1]);
        await page.evaluate(() => {
            document.cookie = 'a+b=1.x%20y; path=/; SameSite=Lax';
            window.cookieStore.getAll().then((list) => {
                window.seen = list.map(({name, value}) => `${name}=${value}`).sort();
            });
        });
        await page.waitFor(() => window.seen);
        const [beside, own] = await page.evaluate(() =>
            [window.seen, document.cookie.split('; ').sort()]);
        assert.deepStrictEqual(beside, own);
        assert.strictEqual(own.length, 2);
        await story.pagesTaken(2);
        await story.judge([]);
        await page.close();
    },
}, {
    name: 'a page that comes back from the back-forward cache is a page again',
    storages: ['cookie', 'memory'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        await page.evaluate(() => {
            window.mark = 'alive';
        });
        await page.click('#next');
        await page.waitFor(() => location.pathname === '/next' && window.isReady());
        await story.pagesTaken(2);
        await page.back();
        await page.waitFor(() => location.pathname === '/one' && window.mark === 'alive');
        await story.pagesTaken(3);
        // The click and how long the page was read went by beacon, which has no answer.
        const all = await story.judge([], 2);
        assert.deepStrictEqual(views(story, all),
            ['load /one from ', 'load /next from /one', 'restore /one from ']);
        await page.close();
    },
}, {
    name: 'a page that is prerendered counts when it is shown',
    needs: 'prerender',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        await page.evaluate(() => {
            const rules = Object.assign(document.createElement('script'), {type: 'speculationrules',
                textContent: JSON.stringify({prerender: [{source: 'list', urls: ['/prerendered'],
                    eagerness: 'immediate'}]})});
            document.head.append(rules);
        });
        await until('the page is prerendered', () => story.visits.includes('/ready/prerendered'));
        await page.evaluate(() => {
            window.pipes.track('before');
            window.pipes.flush();
        });
        await until('what is told before is taken', () => story.wire.taken.size === 2);
        await page.click('#prerendered');
        await story.pagesTaken(2);
        const told = story.named();
        assert.deepStrictEqual(told.length, 1);
        const all = await story.judge(told);
        assert.deepStrictEqual(views(story, all),
            ['load /one from ', 'told', 'before', 'load /prerendered from /one']);
        const [first, second] = ['told', 'page'].map((what) => all.find((row) =>
            (row.name || row.type) === what && row.path === '/prerendered'));
        assert.strictEqual(first.page_view_id, second.page_view_id);
        await page.close();
    },
}];
