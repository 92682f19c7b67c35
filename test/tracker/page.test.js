'use strict';
const test = require('node:test');
const assert = require('node:assert');
const acorn = require('acorn');
const {openPage, minified, assemble, Target} = require('./page.js');

const MODULES = ['page_view', 'links', 'forms'];

test('every shipped file is ES5', () => {
    for (const name of ['core', 'stub', ...MODULES]) {
        acorn.parse(minified(name), {ecmaVersion: 5});
    }
    acorn.parse(assemble({}, MODULES), {ecmaVersion: 5});
});

test('pushState makes one page event with the right referrer', async () => {
    const page = openPage({modules: MODULES});
    await page.pass(1);
    await page.answer(200);
    page.win.history.pushState(null, '', '/b');
    page.win.history.replaceState(null, '', '/c');
    page.win.history.replaceState(null, '', '/c#part');
    page.win.fire('popstate');
    page.win.fire('hashchange');
    await page.pass(600);
    const events = page.requests[0].body.events;
    assert.deepEqual(events.map((e) => [e.type, e.url, e.referrer]),
        [['page', 'https://www.shop.example/c#part', 'https://www.shop.example/a']]);
});

test('a prerendered page counts when it is shown', async () => {
    const page = openPage({modules: MODULES, document: {prerendering: true}});
    await page.pass(600);
    assert.equal(page.requests.length, 0);
    page.doc.fire('prerenderingchange');
    await page.pass(600);
    assert.equal(page.requests[0].body.events[0].referrer, 'https://search.example/');
});

test('a return from the back-forward cache is a page event', async () => {
    const page = openPage({modules: MODULES});
    await page.pass(1);
    await page.answer(200);
    page.win.fire('pageshow', {persisted: true});
    await page.pass(600);
    assert.equal(page.requests[0].body.events[0].properties.navigation, 'restore');
});

test('hostile arguments never throw', async () => {
    const page = openPage({modules: MODULES});
    const cyclic = {a: 1};
    cyclic.self = cyclic;
    const hostile = [cyclic, {get x() { throw new Error('no'); }, y: 1}, null, undefined, 7n, NaN,
        Symbol('s'), () => { throw new Error('no'); }, {toJSON() { throw new Error('no'); }},
        {toString() { throw new Error('no'); }},
        new Proxy({}, {ownKeys() { throw new Error('no'); },
            get() { throw new Error('no'); }}), '\ud800', [[[]]], page.win];
    const isCall = (key) => typeof page.pipes[key] === 'function';
    for (const name of Object.keys(page.pipes).filter(isCall)) {
        if (name === 'disable' || name === 'consent') { continue; }
        for (const value of hostile) {
            page.pipes[name](value, value, value);
            page.pipes[name]('name', value);
        }
    }
    page.pipes.track('cycle', cyclic);
    page.pipes.flush();
    await page.pass(600);
    assert.ok(page.requests.length > 0);
});

test('outbound clicks and submits are sent without values', async () => {
    const page = openPage({modules: MODULES});
    await page.pass(1);
    await page.answer(200);
    page.doc.fire('click', {button: 0, target: {tagName: 'B', parentNode: {tagName: 'A',
        href: 'https://other.example/x', protocol: 'https:', hostname: 'other.example',
        pathname: '/x', hasAttribute: () => false}}});
    assert.equal(page.requests[0].body.events[0].name, 'outbound');
    await page.answer(200);
    const node = (attributes, more) => ({getAttribute: (name) => attributes[name], ...more});
    page.doc.fire('submit', {target: node({id: 'f'}, {elements: [
        node({name: 'mail'}, {type: 'email', value: 'SECRET'})]})});
    const body = await page.answer(200);
    assert.deepEqual(body.events[0].properties,
        {form_id: 'f', fields: [{name: 'mail', kind: 'email'}]});
});

test('the stub queues calls and loads the script', () => {
    const appended = [];
    const win = new Target();
    const doc = {createElement: () => ({}), head: {appendChild: (node) => appended.push(node)}};
    new Function('window', 'document', minified('stub') + '("/pipes.js","sha384-x");')(win, doc);
    win.pipes.track('a', {});
    assert.equal(win.pipes.q[0][0], 'track');
    assert.deepEqual([appended[0].src, appended[0].async, appended[0].integrity],
        ['/pipes.js', true, 'sha384-x']);
});
