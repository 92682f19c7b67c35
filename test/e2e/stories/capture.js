/** Stories of what is captured unasked: the same hands on the same page, in each engine. */
'use strict';
const assert = require('node:assert');
const {until, rows} = require('../collector');
const {open} = require('../story');

/** Puts a shop's page into the one that is open. */
const furnish = (page) => page.evaluate(() => {
    document.body.innerHTML = `
        <ul data-pipes-list="shelf" data-pipes-policy="v7">
            <li data-pipes-item="fern" data-pipes-propensity="0.2"><b id="fern">Fern</b></li>
            <li data-pipes-item="moss">Moss</li></ul>
        <main id="shop"><button id="buy" data-pipes-name="buy" data-pipes-sku="fern">Buy it</button>
        <div data-pipes-ignore><button id="quiet">Quiet</button></div>
        <form id="order"><input id="who" name="who"><button id="send">Send</button></form>
        <form id="quick" action="/next"><input name="count" type="number"></form>
        <a id="away" href="https://away.example/page">away</a>
        <a id="file" href="/plants.pdf">list</a></main>
        <div style="height: 4000px"></div>`;
    document.addEventListener('submit', (event) => event.preventDefault());
    document.addEventListener('click', (event) => {
        if (event.target.tagName === 'A') { event.preventDefault(); }
    });
});

/** All rows in the order of their making, once one of them is that. */
const seen = (story, type, name) => until(`${type} ${name} is in the lake`, () => {
    const all = rows(story.collector.data);
    return all.some((row) => row.type === type && (!name || row.name === name)) &&
        all.sort((a, b) => a.seq - b.seq);
});

/** Of the type, as name and the properties asked for. */
const told = (all, type, keys) => all.filter((row) => row.type === type)
    .map((row) => [row.name, ...keys.map((key) => row.properties[key])]);

module.exports = [{
    name: 'clicks, links and downloads, with names and data, and not what is to be ignored',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await furnish(page);
        for (const id of ['buy', 'quiet', 'away', 'file']) {
            await page.click(`#${id}`);
        }
        await seen(story, 'click', 'download');
        // The click itself is told beside what it leads to.
        await page.evaluate(() => window.pipes.flush());
        await until('all clicks are there', () =>
            told(rows(story.collector.data), 'click', []).length >= 5);
        const all = (await story.judge([])).sort((a, b) => a.seq - b.seq);
        const clicks = told(all, 'click', ['path', 'sku', 'target_url', 'text'])
            .map((one) => one.map((value) => value && value.replace(story.url, '')));
        assert.deepStrictEqual(clicks.sort(), [
            ['buy', 'button#buy', 'fern', undefined, undefined],
            ['download', undefined, undefined, '/plants.pdf', undefined],
            ['outbound', undefined, undefined, 'https://away.example/page', undefined],
            [undefined, 'a#away', undefined, undefined, undefined],
            [undefined, 'a#file', undefined, undefined, undefined]].sort());
        await page.close();
    },
}, {
    name: 'a form is begun and sent, by its names, and nothing that was typed',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await furnish(page);
        await page.type('#who', 'ann');
        await page.click('#send');
        await seen(story, 'form', 'form_submit');
        await page.evaluate(() => document.querySelector('#quick').submit());
        await story.pagesTaken(2);
        // What the page had to tell when it was left may have gone by beacon, which has no answer.
        const all = (await story.judge([], 2)).sort((a, b) => a.seq - b.seq);
        const fields = [{name: 'who', kind: 'text'}, {name: 'send', kind: 'submit'}];
        assert.deepStrictEqual(told(all, 'form', ['form_id', 'fields', 'changes']), [
            ['form_start', 'order', fields, 0], ['form_submit', 'order', fields, 1],
            ['form_submit', 'quick', [{name: 'count', kind: 'number'}], 0]]);
        assert.doesNotMatch(JSON.stringify(all), /ann/);
        await page.close();
    },
}, {
    name: 'how far a page was scrolled, and how long it was read',
    storages: ['cookie'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await furnish(page);
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
        await seen(story, 'engagement', 'scroll');
        await page.waitFor(() => performance.now() > 2500);
        await page.evaluate(() => history.pushState({}, '', '/two'));
        await story.pagesTaken(2);
        const all = (await story.judge([])).sort((a, b) => a.seq - b.seq);
        assert.deepStrictEqual(told(all, 'engagement', ['depth']).filter(([name]) => name),
            [25, 50, 75, 90, 100].map((depth) => ['scroll', depth]));
        const [read] = all.filter((row) => row.type === 'engagement' && !row.name);
        assert.strictEqual(read.path, '/one');
        assert.strictEqual(read.properties.depth, 100);
        assert.ok(read.properties.scrolls > 0);
        await page.close();
    },
}, {
    name: 'what a list showed, and the click on one of it',
    storages: ['cookie'],
    options: ['--modules', 'page_view,impressions'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        await furnish(page);
        const isImpression = (row) => row.type === 'impression';
        await until('the list is told', () => rows(story.collector.data).some(isImpression));
        await page.click('#fern');
        await seen(story, 'click', 'item');
        await page.evaluate(() => {
            const list = document.querySelector('ul');
            list.innerHTML = list.innerHTML + '<li data-pipes-item="reed">Reed</li>';
        });
        await until('what came is told', () =>
            rows(story.collector.data).filter(isImpression).length === 2);
        const all = (await story.judge([])).sort((a, b) => a.seq - b.seq);
        const [shown, more] = all.filter(isImpression);
        assert.deepStrictEqual(more.properties.items, [{id: 'reed', position: 2}],
            'and what was drawn anew is not');
        assert.strictEqual(shown.name, 'shelf');
        assert.strictEqual(shown.properties.policy, 'v7');
        assert.deepStrictEqual(shown.properties.items.map(({id, position, propensity}) =>
            [id, position, propensity]), [['fern', 0, 0.2], ['moss', 1, undefined]]);
        const [click] = all.filter((row) => row.type === 'click');
        assert.deepStrictEqual([click.properties.item_id, click.properties.list_id],
            ['fern', shown.properties.list_id]);
        await page.close();
    },
}, {
    name: 'what fails in the page, thrown and rejected, each once',
    storages: ['cookie'],
    options: ['--modules', 'page_view,errors'],
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        // As a script of the page's own: what a driver runs is no error of the page everywhere.
        await page.evaluate((text) => {
            const script = document.createElement('script');
            script.textContent = text;
            document.head.appendChild(script);
        }, `for (let i = 0; i < 3; i++) {
            setTimeout(() => { throw new RangeError('too far'); }, 0);
            setTimeout(() => { Promise.reject(new TypeError('no promise')); }, 0);
        }`);
        await seen(story, 'error', 'RangeError');
        const all = await seen(story, 'error', 'TypeError');
        assert.deepStrictEqual(told(all, 'error', ['message', 'handled']).sort(),
            [['RangeError', 'too far', false], ['TypeError', 'no promise', false]]);
        await story.judge([]);
        page.errors.length = 0;
        await page.close();
    },
}];
