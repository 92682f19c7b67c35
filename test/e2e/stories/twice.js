/**
 * Stories of what runs twice and is counted once: docs/decisions/0010-counted-once.md. Small pages
 * with the libraries themselves; the last page of each visit tells that no more of it can come.
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {until} = require('../collector');
const {INSTALLED, html, startSite, seen, pageSeen, clickWhenThere, ended, ofType, titles, bundle,
    packageScript} = require('../site');

const BUY = '<button id="buy" data-pipes-name="buy">Buy</button>';

const buySeen = (collector, times = 1) => until('the click was told', () =>
    seen(collector).filter((row) => row.name === 'buy').length >= times);

const clickBuy = async (collector, times) => {
    await collector.page.click('#buy');
    await buySeen(collector, times);
};

const clicks = (all) => ofType(all, 'click').map((row) => row.name);

const BUNDLE = '<script async src="/pipes.js"></script>';
const DOUBLE = {
    'the same tag twice': (tag) => tag + tag,
    'the script twice': () => BUNDLE + BUNDLE,
    'the tag and the script': (tag) => tag + BUNDLE,
    'the script, and the tag behind it': (tag) => `<script src="/pipes.js"></script>${tag}`,
};

const twice = ([name, tags]) => ({
    name: `${name}: one view, one click`,
    ownStage: true,
    async run({t, browser}) {
        const collector = await startSite(t, browser, (tag) =>
            ({'index.html': html('Once', tags(tag), BUY)}));
        await collector.page.goto(`${collector.url}/index.html`);
        await pageSeen(collector, 'Once');
        await clickBuy(collector);
        const all = await ended(collector);
        assert.deepStrictEqual([titles(all), clicks(all)], [['Once'], ['buy']]);
        assert.strictEqual(new Set(all.map((row) => row.load_id)).size, 1);
    },
});

const APP = `
import {create, clicks} from '/package.js';
const made = window.made = [];
function App() {
    React.useEffect(() => {
        const pipes = create({endpoint: '/e', modules: [clicks]});
        pipes.use({name: 'mine', start: (core) => core.emit('track', 'mine began')});
        pipes.page('home', {mounted: 'now'});
        made.push(pipes);
    }, []);
    return React.createElement('button', {id: 'buy', 'data-pipes-name': 'buy'}, 'Buy');
}
Client.createRoot(document.getElementById('root')).render(
    React.createElement(React.StrictMode, null, React.createElement(App)));`;

const strictMode = {
    name: 'React mounts all twice in strict mode: one instance, one view, one click',
    ownStage: true,
    async run({t, browser}) {
        const collector = await startSite(t, browser, () => ({
            'react.js': bundle({React: 'react', Client: 'react-dom/client'}, 'development'),
            'package.js': packageScript(t),
            'index.html': html('React', '<script src="/react.js"></script>',
                `<div id="root"></div><script type="module">${APP}</script>`),
        }));
        await collector.page.goto(`${collector.url}/index.html`);
        await pageSeen(collector, 'React');
        await clickBuy(collector);
        assert.deepStrictEqual(await collector.page.evaluate(() =>
            [window.made.length, window.made.every((one) => one === window.pipes)]), [2, true]);
        const all = await ended(collector);
        assert.deepStrictEqual([titles(all), clicks(all)], [['React'], ['buy']]);
        assert.deepStrictEqual(ofType(all, 'track').map((row) => row.name), ['mine began']);
    },
};

/** Three pages, each with a link to the others, and a visit: One, Two, Three, back, One. */
async function threePages(collector) {
    const {page} = collector;
    await page.goto(`${collector.url}/one.html`);
    await pageSeen(collector, 'One');
    const go = async (title) => {
        const count = ofType(seen(collector), 'page').length;
        await clickWhenThere(page, `#to-${title}`);
        await until(`a view of ${title}`, () => ofType(seen(collector), 'page').length > count);
        await page.waitFor((text) => document.title === text, title);
    };
    await go('Two');
    await clickBuy(collector);
    await go('Three');
    await page.evaluate(() => { window.pipes.track('by hand'); });
    await page.back();
    await until('a view of Two', () => ofType(seen(collector), 'page').length > 3);
    await page.waitFor(() => document.title === 'Two');
    await clickWhenThere(page, '#buy');
    await buySeen(collector, 2);
    await go('One');
    return ended(collector);
}

function assertThreePages(collector, all) {
    assert.deepStrictEqual(ofType(all, 'page').map((row) =>
        [row.title, row.path, row.referrer.replace(collector.url, '')]), [
        ['One', '/one.html', ''], ['Two', '/two.html', '/one.html'],
        ['Three', '/three.html', '/two.html'], ['Two', '/two.html', '/three.html'],
        ['One', '/one.html', '/two.html']]);
    assert.deepStrictEqual(clicks(all).filter((name) => name === 'buy'), ['buy', 'buy']);
    assert.deepStrictEqual(ofType(all, 'track').map((row) => row.name), ['by hand']);
    assert.strictEqual(new Set(all.map((row) => row.load_id)).size, 1);
}

const TITLES = ['One', 'Two', 'Three'];
const fileOf = (title) => `${title.toLowerCase()}.html`;
const pagesOf = (make) => Object.fromEntries(TITLES.map((title) => [fileOf(title), make(title)]));
const library = (file) => fs.readFileSync(path.join(INSTALLED, file), 'utf8');

const turbo = (place) => ({
    name: `Turbo changes pages, tag in the ${place}: each view once, by its title`,
    ownStage: true,
    async run({t, browser}) {
        const links = TITLES.map((title) =>
            `<a id="to-${title}" href="/${fileOf(title)}">${title}</a>`).join(' ') + BUY;
        const collector = await startSite(t, browser, (tag) => ({
            'turbo.js': library('@hotwired/turbo/dist/turbo.es2017-umd.js'),
            ...pagesOf((title) => html(title, '<script src="/turbo.js"></script>' +
                (place === 'head' ? tag : ''), (place === 'body' ? tag : '') + links)),
        }));
        assertThreePages(collector, await threePages(collector));
    },
});

const htmx = {
    name: 'htmx puts parts of pages in place, the tag with them: each view once, by its title',
    ownStage: true,
    async run({t, browser}) {
        const links = TITLES.map((title) => `<a id="to-${title}" href="/${fileOf(title)}" ` +
            `hx-get="/${fileOf(title)}" hx-push-url="true" hx-target="#main" hx-select="#main" ` +
            `hx-swap="outerHTML">${title}</a>`).join(' ') + BUY;
        const collector = await startSite(t, browser, (tag) => ({
            'htmx.js': library('htmx.org/dist/htmx.js'),
            ...pagesOf((title) => html(title, '<script src="/htmx.js"></script>',
                `<main id="main">${tag}${links}</main>`)),
        }));
        assertThreePages(collector, await threePages(collector));
    },
};

const frame = {
    name: 'a frame of the same site is no view and takes no time; what is done in it is told',
    ownStage: true,
    async run({t, browser}) {
        const tall = '<p style="height: 3000px">Long</p>';
        const collector = await startSite(t, browser, (tag) => ({
            'outer.html': html('Outer', tag, '<iframe src="/inner.html" height="300"></iframe>'),
            'inner.html': html('Inner', tag, `<a href="/second.html">Second</a>${BUY}${tall}`),
            'second.html': html('Second', tag, BUY + tall),
        }));
        const {page} = collector;
        const isIn = (file) => page.waitFor((end) => Boolean(window[0] &&
            window[0].location.pathname === end && window[0].pipes && window[0].pipes.get), file);
        await page.goto(`${collector.url}/outer.html`);
        await pageSeen(collector, 'Outer');
        await isIn('/inner.html');
        await page.clickInFrame('a');
        await isIn('/second.html');
        await page.clickInFrame('#buy');
        await buySeen(collector);
        await page.evaluate(() => window[0].scrollTo(0, 2000));
        await page.waitFor(() => window[0].scrollY > 0);
        const all = await ended(collector);
        assert.deepStrictEqual(titles(all), ['Outer']);
        assert.deepStrictEqual([...new Set(all.filter((row) => row.title !== 'Outer')
            .map((row) => row.type))], ['click']);
        assert.strictEqual(new Set(all.map((row) => row.session_id)).size, 1);
    },
};

module.exports = [...Object.entries(DOUBLE).map(twice), strictMode, turbo('head'), turbo('body'),
    htmx, frame];
