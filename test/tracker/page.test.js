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
