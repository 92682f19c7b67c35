/**
 * A copy made while the collector takes events and its lake moves on: sound, and whole once it is
 * restored.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFile} = require('node:child_process');
const {Collector, startCollector, atEnd, temporaryFolder, until, rows, batch, BINARY, ROOT} =
    require('./collector');

const ROUNDS = 4;

function backup(data, copy) {
    return new Promise((resolve) => {
        execFile(path.join(ROOT, 'deploy', 'backup.sh'), [data, copy],
            {env: {...process.env, PIPES: BINARY}}, (error, stdout, stderr) =>
                resolve({status: error ? error.code : 0, stdout, stderr}));
    });
}

/** Posts until `state.isOver`; what was answered 200 is acknowledged. */
async function keepPosting(collector, state, load) {
    for (let seq = 1; !state.isOver; seq += 20) {
        const answer = await collector.post('/e', batch(load, seq, 20));
        if (answer.status === 200) {
            for (let i = 0; i < 20; i++) {
                state.acknowledged.push(`${load}-${seq + i}`);
            }
        }
    }
}

/** Every event of the restored copy, and how often. */
async function restored(t, copy) {
    const collector = new Collector(copy, ['--lake-roll', '200ms', '--compact=false']);
    atEnd(t, () => collector.child.hasEnded || collector.kill());
    await collector.start();
    assert.strictEqual((await collector.post('/e', batch('after', 1, 1))).status, 200);
    await until('the lake has taken all of it', async () => rows(copy).some((row) =>
        row.load_id === 'after') && (await collector.counts()).lake.lag_ms === 0);
    assert.strictEqual(await collector.stop(), 0, collector.output);
    assert.doesNotMatch(collector.output, /damage/);
    const seen = new Map();
    for (const row of rows(copy)) {
        seen.set(row.event_id, (seen.get(row.event_id) || 0) + 1);
    }
    return seen;
}

test('a copy of a busy collector is sound and has all that was acknowledged, once', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '50ms', '--segment-size', '1MiB',
        '--source-requests-max', '0']);
    const state = {acknowledged: [], isOver: false};
    const posting = ['a', 'b', 'c'].map((load) => keepPosting(collector, state, load));
    const folder = temporaryFolder(t);
    const copies = [];
    for (let i = 0; i < ROUNDS; i++) {
        const due = state.acknowledged.length + 2000;
        await until('more events came', () => state.acknowledged.length >= due);
        const before = state.acknowledged.length;
        const copy = path.join(folder, `copy-${i}`);
        const made = await backup(collector.data, copy);
        assert.strictEqual(made.status, 0, made.stderr + made.stdout);
        assert.match(made.stdout, /is sound/);
        copies.push({copy, before});
    }
    state.isOver = true;
    await Promise.all(posting);
    await collector.kill();
    fs.rmSync(collector.data, {recursive: true});
    for (const {copy, before} of copies) {
        const seen = await restored(t, copy);
        const lost = state.acknowledged.slice(0, before).filter((id) => !seen.has(id));
        assert.deepStrictEqual(lost, [], `${copy} lost some of ${before}`);
        assert.deepStrictEqual([...seen].filter(([, times]) => times !== 1), []);
    }
});

test('a copy has no keys that are to be gone, and nothing of the process that ran', async (t) => {
    const collector = await startCollector(t, ['--user-id', 'hash', '--scrub-hash',
        'email', '--keep-raw', '1h']);
    await collector.post('/e', batch('a', 1, 3, {context: {user_id: 'somebody'}}));
    await collector.post('/e', JSON.stringify({events: [{type: 'track', user_id: 'somebody',
        properties: {note: 'a@mail.example'}}]}));
    const KEYS = ['IDENTITY_KEY', 'SCRUB_KEY', 'raw-requests'];
    await until('keys are there', () => KEYS.every((name) =>
        fs.existsSync(path.join(collector.data, name))));
    const copy = path.join(temporaryFolder(t), 'copy');
    assert.strictEqual((await backup(collector.data, copy)).status, 0);
    const names = fs.readdirSync(copy);
    assert.ok(names.includes('SEED') && names.includes('lake') && names.includes('journal'));
    for (const name of [...KEYS, 'DAILY_SALT', 'RUNNING', 'OPTIONS', 'ADMIN_TOKEN']) {
        assert.ok(!names.includes(name), name);
    }
    const again = await backup(collector.data, copy);
    assert.strictEqual(again.status, 1);
    assert.match(again.stderr, /is there already/);
});
