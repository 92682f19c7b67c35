/** What has been kept for as long as was asked goes, by itself; the disk budget is kept to. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {Collector, startCollector, atEnd, until, batch, BINARY} =
    require('./collector');

/** Sites that keep their own ids of users. */
const KEEP = ['--user-id', 'keep', '--traits', 'keep'];

const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;

function folderOf(data, tree, ms) {
    const text = new Date(ms).toISOString();
    return path.join(data, 'lake', tree, `date=${text.slice(0, 10)}`, `hour=${text.slice(11, 13)}`);
}

let seq = 1;

/** A closed part of that hour, as a collector would have left it. */
function writePart(data, ms, rows, tree = 'raw') {
    const folder = folderOf(data, tree, ms);
    const first = seq;
    const lines = rows.map((row) => JSON.stringify({event_id: `old-${seq}`, ...row,
        received_at: new Date(ms).toISOString(), site: 'main', ingest_seq: seq++}));
    fs.mkdirSync(folder, {recursive: true, mode: 0o700});
    const file = path.join(folder, `part-1-${first}-${seq - 1}.ndjson.zst`);
    execFileSync('zstd', ['-q', '-o', file], {input: lines.join('\n') + '\n'});
    return file;
}

function run(data, ...words) {
    return execFileSync(BINARY, [...words, '--data', data], {encoding: 'utf8', timeout: 60000});
}

function ids(data) {
    return JSON.parse(run(data, 'query', '--format', 'json',
        'select event_id from events_all order by 1')).map((row) => row.event_id);
}

/** A data folder that a collector made and left; its ledger begins with what stands there then. */
async function emptyData(t) {
    const collector = await startCollector(t, KEEP);
    await collector.stop();
    fs.rmSync(path.join(collector.data, 'ledger'), {recursive: true});
    return collector;
}

/** What `pipes schema` keeps of Parquet files, unpacked. */
function statistics(data) {
    const folder = path.join(data, 'lake', 'schema');
    return fs.readdirSync(folder, {recursive: true}).filter((name) => name.endsWith('.stats'))
        .map((name) => execFileSync('zstd', ['-dcq'],
            {input: fs.readFileSync(path.join(folder, name)).subarray(64), encoding: 'latin1'}));
}

const MIXED = [
    {type: 'page', anonymous_id: 'a'},
    {type: 'click', anonymous_id: 'a'},
    {type: 'track', anonymous_id: 'a', user_id: 'u', name: 'told-by-u', properties: {'u-likes': 1}},
    {type: 'track', anonymous_id: 'a', is_test: true},
];

test('whole hours, types and purposes go when they are over, and the ledger says so', async (t) => {
    const {data} = await emptyData(t);
    seq = 1;
    const now = Date.now();
    writePart(data, now - 30 * DAY_MS, MIXED); /* 1-4 */
    writePart(data, now - 20 * DAY_MS, MIXED); /* 5-8 */
    run(data, 'compact');
    writePart(data, now - 31 * DAY_MS, MIXED); /* 9-12: too old as well, and still raw */
    writePart(data, now - 19 * DAY_MS, MIXED); /* 13-16 */
    writePart(data, now - 40 * DAY_MS, [{raw: 'x', reason: 'not JSON'}], 'quarantine');
    assert.strictEqual(statistics(data).filter((one) => /told-by-u.*u-likes/s.test(one)).length, 2);
    const words = ['retention', '--retention.events=25d', '--retention.identified=10d',
        '--retention.click=15d', '--retention.quarantine=35d', '--retention.test=400d'];
    const before = ids(data);
    assert.strictEqual(before.length, 16);
    const dry = JSON.parse(run(data, ...words, '--dry-run', '--format', 'json'));
    assert.deepStrictEqual(ids(data), before);
    const done = JSON.parse(run(data, ...words, '--format', 'json'));
    for (const said of [dry, done]) {
        assert.strictEqual(said.hours, 2);
        assert.strictEqual(said.rows, 12);
        assert.strictEqual(said.rewritten_rows, 4);
        assert.strictEqual(said.quarantine_rows, 1);
    }
    assert.deepStrictEqual(ids(data), ['old-13', 'old-16', 'old-5', 'old-8']);
    for (const tree of ['raw', 'events']) {
        assert.ok(!fs.existsSync(folderOf(data, tree, now - 30 * DAY_MS)), 'its folder, too');
    }
    assert.strictEqual(statistics(data).length, 1);
    assert.doesNotMatch(statistics(data).join(), /told-by-u|u-likes/);
    assert.match(run(data, 'verify'), /is sound/);
    const ledger = JSON.parse(execFileSync(BINARY, ['ledger', '--data', data, '--format', 'json'],
        {encoding: 'utf8'}));
    assert.strictEqual(ledger.rows.reduce((sum, row) => sum + row.expired, 0), 12);
    /* Again: there is nothing left to do. */
    const again = JSON.parse(run(data, ...words, '--format', 'json'));
    assert.strictEqual(again.rows, 0);
});

test('a collector does it by itself, beside what comes in', async (t) => {
    const made = await emptyData(t);
    seq = 1;
    const old = writePart(made.data, Date.now() - 3 * DAY_MS, MIXED);
    const collector = new Collector(made.data, ['--lake-roll', '200ms', '--retention.events=2d',
        '--retention-check=100ms', '--compact=false']);
    atEnd(t, () => collector.stop());
    await collector.start();
    let sent = 0;
    await until('the old hour is gone', async () => {
        const answer = await collector.post('/e', batch(`l${sent++}`, 1, 1));
        assert.strictEqual(answer.status, 200);
        return !fs.existsSync(old);
    });
    await until('what came is stored', async () =>
        (await collector.counts()).lake.stored === sent);
    assert.strictEqual(ids(made.data).length, sent);
    const {disk} = await collector.counts();
    assert.ok(disk.bytes > 0 && disk.free_bytes > 0 && disk.budget === 0);
});

test('at its budget it takes nothing more and drops nothing', async (t) => {
    const made = await emptyData(t);
    seq = 1;
    writePart(made.data, Date.now() - 3 * DAY_MS, MIXED);
    const collector = new Collector(made.data, ['--retention-check=100ms', '--disk-budget=64KiB']);
    atEnd(t, () => collector.stop());
    await collector.start();
    await until('it answers 503', async () => {
        const answer = await collector.post('/e', batch('full', 1, 1));
        return answer.status === 503 && answer.headers.get('retry-after');
    });
    assert.match(collector.output, /disk-budget is used up/);
    assert.doesNotMatch(collector.output, /lasts for/, 'of a pace that nobody knows yet');
    const {disk} = await collector.counts();
    assert.ok(disk.bytes >= disk.budget && disk.budget === 65536);
    assert.ok(ids(made.data).length >= 4, 'everything is still there');
});

test('the oldest hours go at the limit where that was asked for', async (t) => {
    const made = await emptyData(t);
    seq = 1;
    const now = Date.now();
    const parts = [];
    for (let age = 12; age > 4; age--) {
        const noise = crypto.randomBytes(750000).toString('base64');
        parts.push(writePart(made.data, now - age * DAY_MS,
            [{type: 'track', properties: {noise}}]));
    }
    const collector = new Collector(made.data, ['--retention-check=100ms', '--segment-size=1MiB',
        '--workers=1', '--disk-budget=7MB', '--disk-budget-drop=oldest', '--compact=false']);
    atEnd(t, () => collector.stop());
    await collector.start();
    await collector.post('/e', batch('first', 1, 1));
    await until('it is within its budget', async () => {
        const {disk} = await collector.counts();
        return disk.bytes > 0 && disk.bytes < 7e6 && !fs.existsSync(parts[0]);
    });
    assert.ok(fs.existsSync(parts[parts.length - 1]), 'the newest stay');
    await until('it takes events', async () =>
        (await collector.post('/e', batch('more', 1, 1))).status === 200);
    assert.match(collector.output, /the oldest hours go/);
});
