/* The whole bundle in two engines that know ES5 and no more, as child processes. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {spawnSync} = require('node:child_process');
const {assemble} = require('./page.js');

const MODULES = require('../../tracker/modules.json').modules.map((one) => one.name);
const VISIT = path.join(__dirname, 'old_engine', 'visit.js');
const BOUND_MS = 60000;

const SO = [
    'the page loads',
    'a request goes by XHR',
    'the page event tells where and who',
    'a track event has its properties, scrubbed',
    'identity names the user',
    'what was answered for is not kept',
    'a click is told as the page is left, by beacon',
    'a view that the page made itself is counted',
    'how long the page was read is told',
    'without beacons what was not sent is kept',
    'the next page sends it, by XHR',
    'and keeps nothing',
];

/**
 * MuJS takes x{0,40} for forty times x?, and tries all ways to leave some out: years for one word.
 * That is its own; here such parts may repeat without end.
 */
function forMujs(bundle) {
    const made = bundle.replace(/\{(\d+),\d+\}/g, '{$1,}');
    assert.notEqual(made, bundle);
    return made;
}

function run(t, engine, bundle) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-engine-'));
    t.after(() => fs.rmSync(folder, {recursive: true}));
    const file = path.join(folder, 'visit.js');
    fs.writeFileSync(file, `function loadBundle(){${bundle}}\n` +
        fs.readFileSync(VISIT, 'utf8'));
    return spawnSync(engine, [file], {encoding: 'utf8', timeout: BOUND_MS});
}

for (const [name, engine, adapted] of [['Duktape', 'duk', String], ['MuJS', 'mujs', forMujs]]) {
    test(`a visit with every module, in ${name}`, (t) => {
        const bundle = assemble({site: 'shop', consent: 'granted'}, MODULES);
        const ended = run(t, engine, adapted(bundle));
        assert.ifError(ended.error);
        assert.deepEqual(ended.stdout.trim().split('\n'), SO, ended.stderr);
        assert.equal(ended.status, 0, ended.stderr);
    });
}
