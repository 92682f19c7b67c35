'use strict';
const test = require('node:test');
const assert = require('node:assert');
const acorn = require('acorn');
const {openPage, minified, assemble, Target} = require('./page.js');

const MODULES = require('../../tracker/modules.json').modules.map((one) => one.name);

test('every shipped file is ES5', () => {
    for (const name of ['core', 'stub', ...MODULES]) {
        acorn.parse(minified(name), {ecmaVersion: 5});
    }
    acorn.parse(assemble({}, MODULES), {ecmaVersion: 5});
});

test('the stub queues calls, and a second one leaves them alone', () => {
    const win = new Target();
    const run = () => new Function('window', minified('stub'))(win);
    run();
    win.pipes.track('a', {});
    run();
    assert.deepEqual(win.pipes.q.map((call) => [call[0], ...call[1]]), [['track', 'a', {}]]);
    assert.ok(Math.abs(win.pipes.q[0][2] - Date.now()) < 60000);
});

test('a page and a screen each begin a view, which knows the one before', async () => {
    const page = openPage();
    const views = [];
    page.pipes.page('home');
    for (const [call, url] of [['screen', '/list'], ['page', '/item']]) {
        page.win.history.pushState({}, '', url);
        page.pipes.track('before');
        views.push(page.pipes.get('page_view_id'));
        page.pipes[call]();
    }
    views.push(page.pipes.get('page_view_id'));
    await page.pass(1000);
    const site = 'https://www.shop.example';
    const came = page.requests[0].body.events.filter(({type}) => type !== 'track');
    assert.deepEqual(came.map(({type, url, referrer}) => [type, url, referrer]), [
        ['page', `${site}/a`, 'https://search.example/'],
        ['screen', `${site}/list`, `${site}/a`], ['page', `${site}/item`, `${site}/list`]]);
    assert.deepEqual(came.map((event) => event.page_view_id), views);
    assert.equal(new Set(views).size, 3);
});

test('properties of a page are found with a name, without one and behind null', async () => {
    const page = openPage();
    for (const args of [['home', {n: 1}], [{n: 2}], [null, {n: 3}], [undefined, {n: 4}]]) {
        page.pipes.page(...args);
        await page.pass(100);
    }
    const [first] = (await page.answer(200)).events;
    await page.pass(1000);
    const rest = (await page.answer(200)).events;
    assert.deepEqual([first, ...rest].map(({name, properties}) => [name, properties.n]),
        [['home', 1], [undefined, 2], [undefined, 3], [undefined, 4]]);
});

test('who waits for ready() is given what can be used, in its turn', () => {
    const said = [];
    const fn = (name) => (pipes) => { said.push([name, pipes.version, typeof pipes.track]); };
    const page = openPage({pipes: {q: [['ready', [fn('early')], 1.7e12]]}});
    page.pipes.ready(fn('late'));
    assert.deepEqual(said, ['early', 'late'].map((name) => [name, page.pipes.version, 'function']));
});
