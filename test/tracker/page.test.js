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

test('the stub queues calls, and a second one leaves them alone', () => {
    const win = new Target();
    const run = () => new Function('window', minified('stub'))(win);
    run();
    win.pipes.track('a', {});
    run();
    assert.deepEqual(win.pipes.q.map((call) => [call[0], ...call[1]]), [['track', 'a', {}]]);
    assert.ok(Math.abs(win.pipes.q[0][2] - Date.now()) < 60000);
});
