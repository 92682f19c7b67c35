/** `pipes export`: each row exactly once, whatever ends it. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, batch} = require('./collector');
const {begin, run, ask, putIntoParquet} = require('./asking');

/** A site that keeps its own ids of users, and events for ever: one file here is of 2020. */
const KEEP = ['--user-id', 'keep', '--traits', 'keep', '--retention.events', '0s'];

function idsOf(text) {
    return text.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line).event_id);
}

function piecesOf(folder) {
    return fs.readdirSync(folder).filter((name) => name.startsWith('events-')).sort();
}

test('runs that follow one another hold each row once, while events come in', async (t) => {
    const collector = await startCollector(t, KEEP);
    const out = path.join(temporaryFolder(t), 'rows');
    const acknowledged = new Set();
    let isStreaming = true;
    const stream = async (name) => {
        for (let i = 0; isStreaming; i++) {
            const answer = await collector.post('/e', batch(`${name}${i}`, 1, 3));
            for (let seq = 1; seq <= 3 && answer.status === 200; seq++) {
                acknowledged.add(`${name}${i}-${seq}`);
            }
        }
    };
    const streams = [stream('x'), stream('y')];
    const words = ['export', '--resume', '--out', out];
    for (let i = 0; i < 4; i++) {
        const {code, err} = await run(t, collector.data, words);
        assert.strictEqual(code, 0, err);
    }
    isStreaming = false;
    await Promise.all(streams);
    assert.strictEqual((await run(t, collector.data, words)).code, 0);
    await collector.stop();
    const {code, err} = await run(t, collector.data, words);
    assert.strictEqual(code, 0);
    assert.match(err, /^0 rows/, 'a collector that stopped left nothing more');
    const ids = piecesOf(out).flatMap((name) => idsOf(fs.readFileSync(path.join(out, name))));
    assert.strictEqual(ids.length, new Set(ids).size, 'none twice');
    assert.deepStrictEqual(new Set(ids), acknowledged);
    assert.ok(piecesOf(out).length > 1);
});

test('killed at any place it goes on without a row lost or twice', async (t) => {
    const collector = await startCollector(t, KEEP);
    for (let i = 0; i < 5; i++) {
        await collector.post('/e', batch(`k${i}`, 1, 100));
    }
    const out = path.join(temporaryFolder(t), 'rows');
    const words = ['export', '--resume', '--out', out];
    const child = begin(t, collector.data, words);
    await until('the first piece is begun', () =>
        fs.existsSync(out) && fs.readdirSync(out).length > 0);
    child.kill('SIGKILL');
    await child.done;
    assert.strictEqual((await run(t, collector.data, words)).code, 0);
    const all = () => piecesOf(out).flatMap((name) => idsOf(fs.readFileSync(path.join(out, name))));
    assert.strictEqual(new Set(all()).size, 500);
    assert.strictEqual(all().length, 500);

    // Cut off between the state and the last name.
    const [name] = piecesOf(out).slice(-1);
    fs.renameSync(path.join(out, name), path.join(out, `_${name}`));
    assert.strictEqual((await run(t, collector.data, words)).code, 0);
    assert.strictEqual(all().length, 500);
});

test('a range of numbers or time holds just that, from raw rows and from Parquet', async (t) => {
    const collector = await startCollector(t, KEEP);
    await collector.post('/e', batch('r', 1, 10));
    await collector.stop();
    await putIntoParquet(t, collector.data);
    fs.rmSync(path.join(collector.data, 'lake', 'raw'), {recursive: true});
    await collector.start();
    await collector.post('/e', batch('s', 1, 10));
    const [{first, last}] = await ask(t, collector.data,
        'select min(ingest_seq) as first, max(ingest_seq) as last from events');
    const count = async (...words) => {
        const {code, out, err} = await run(t, collector.data, ['export', ...words]);
        assert.strictEqual(code, 0, err);
        return idsOf(out).length;
    };
    assert.strictEqual(await count(), 20);
    assert.strictEqual(await count('--seq', `${first + 5}..`), 15);
    assert.strictEqual(await count('--seq', `..${last}`), 19);
    assert.strictEqual(await count('--seq', `${first}..${first}`), 0);
    assert.strictEqual(await count('--from', '1h'), 10, 'that file is of 2020');
    assert.strictEqual(await count('--to', '2026-01-01'), 0);
});

test('a file is there whole or not at all, in each format', async (t) => {
    const collector = await startCollector(t, KEEP);
    const event = {type: 'track', name: 'a', seq: 1, properties: {'k,"': [1, {}]}};
    await collector.post('/e', JSON.stringify(
        {v: 1, site: 'shop', load_id: 'f', sent_at: Date.now(), events: [event]}));
    const folder = temporaryFolder(t);
    const file = (name) => path.join(folder, name);
    for (const format of ['ndjson', 'csv', 'parquet']) {
        const {code, err} = await run(t, collector.data,
            ['export', '--format', format, '--out', file(`rows.${format}`)]);
        assert.strictEqual(code, 0, err);
        assert.match(err, /^1 rows, numbers from 0 to below \d+\n$/);
    }
    const row = JSON.parse(fs.readFileSync(file('rows.ndjson'), 'utf8'));
    assert.deepStrictEqual(row.properties, {'k,"': [1, {}]});
    assert.ok(!('user_id' in row), 'what has no value is left out, as in the lake');
    assert.match(fs.readFileSync(file('rows.csv'), 'utf8'), /^event_id,type,name,.*\r\n.*\r\n$/);
    assert.strictEqual(fs.readFileSync(file('rows.parquet')).subarray(0, 4).toString(), 'PAR1');

    fs.truncateSync(await putIntoParquet(t, collector.data), 100);
    const {code, err} = await run(t, collector.data, ['export', '--out', file('new.ndjson')]);
    assert.strictEqual(code, 1);
    assert.match(err, /^pipes: /);
    assert.deepStrictEqual(fs.readdirSync(folder).sort(),
        ['rows.csv', 'rows.ndjson', 'rows.parquet']);
});

test('what cannot be meant is refused with a sentence', async (t) => {
    const collector = await startCollector(t, KEEP);
    const said = async (...words) => {
        const {code, err} = await run(t, collector.data, ['export', ...words]);
        assert.strictEqual(code, 1);
        return err;
    };
    assert.match(await said('--seq', '1-2'), /100\.\.200/);
    assert.match(await said('--resume'), /--out DIR/);
    assert.match(await said('--resume', '--out', 'x', '--from', '1h'), /leave --from/);
    assert.match(await said('--out', '/nowhere/x'), /nowhere/);
});
