'use strict';
const test = require('node:test');
const assert = require('node:assert');
const acorn = require('acorn');
const {minified, assemble, Target} = require('./page.js');

const MODULES = require('../../tracker/modules.json').modules.map((one) => one.name);

test('every shipped file is ES5', () => {
    for (const name of ['core', 'stub', ...MODULES]) {
        acorn.parse(minified(name), {ecmaVersion: 5});
    }
    acorn.parse(assemble({}, MODULES), {ecmaVersion: 5});
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
