/** What was not understood goes through today's code once more, each row once. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {execFileSync, spawn} = require('node:child_process');
const fs = require('node:fs');
const {startCollector, until, rows, parts, BINARY} = require('./collector');
const {mend, mustAddUp} = require('./quarantine');

const ROUNDS = +(process.env.PIPES_REPLAY_ROUNDS || 6);

const many = (count, make) => Array.from({length: count}, (_, i) => ({kind: 'later', ...make(i)}));

const mendable = (load, from, count) => JSON.stringify({site: 'shop', load_id: load,
    sent_at: 1.7e12, events: many(count, (i) => ({seq: from + i, name: `n${from + i}`}))});

/** An event without anything to know it by. */
const nameless = (count) =>
    JSON.stringify({events: many(count, (i) => ({name: `nameless ${i}`}))});

/** One count over all hours. */
const sum = (list, name) => list.reduce((total, one) => total + one[name], 0);

function saysReplayed({rows: sites, hours}) {
    assert.deepStrictEqual([sum(sites, 'quarantined'), sum(sites, 'quarantine_rows'),
        sum(hours, 'quarantine_replayed'), sum(sites, 'replayed')], [42, 1, 41, 41]);
}

/** A collector that has put aside 40 events of 45; stopped. */
async function startWithQuarantine(t, options = []) {
    const collector = await startCollector(t, options);
    await collector.post('/e', mendable('l1', 1, 20));
    await collector.post('/e', '{"events":[{"name":"no type, now or then"}]}');
    await until('there is a part', () => parts(collector.data, 'quarantine').length > 0);
    await collector.post('/e', nameless(20));
    await collector.post('/staging', '[{"kind":"later","event":"of the ancestor"}]');
    await collector.post('/e', '{"events":[{"type":"page"}]}');
    assert.strictEqual(await collector.stop(), 0);
    assert.strictEqual(rows(collector.data, 'quarantine').length, 42);
    mend(collector.data);
    return collector;
}

function isReplayed(data) {
    const stored = rows(data).filter((row) => row.type === 'track');
    const names = stored.map((row) => row.name).sort();
    assert.strictEqual(names.length, 41, names);
    assert.strictEqual(new Set(names).size, 41);
    const native = stored.filter((row) => row.load_id);
    assert.deepStrictEqual(native.map((row) => row.event_id).sort(),
        Array.from({length: 20}, (_, i) => `l1-${i + 1}`).sort());
    assert.ok(native.every((row) => row.site === 'shop' &&
        Date.parse(row.sent_at) === 1.7e12));
    const [old] = stored.filter((row) => row.name === 'of the ancestor');
    assert.deepStrictEqual([old.adapter, old.environment], ['ancestor', 'staging']);
    const left = rows(data, 'quarantine');
    assert.deepStrictEqual(left.map((row) => JSON.parse(row.raw).name), ['no type, now or then']);
    return stored;
}

test('without a collector it takes the data folder itself', async (t) => {
    const collector = await startWithQuarantine(t);
    const before = new Map(rows(collector.data, 'quarantine')
        .map((row) => [JSON.parse(row.raw).name || JSON.parse(row.raw).event, row.received_at]));
    assert.match(collector.run('replay'),
        /42 rows in quarantine, 41 of them understood by now: 41 events/);
    for (const row of isReplayed(collector.data)) {
        assert.strictEqual(row.received_at, before.get(row.name));
    }
    saysReplayed(mustAddUp(collector.data));
    assert.match(collector.run('replay'), /1 rows in quarantine, 0 of them/);
    assert.match(collector.run('verify'), /is sound/);
});

test('while a collector runs it goes through it', async (t) => {
    const collector = await startWithQuarantine(t);
    await collector.start();
    assert.match(collector.run('replay'),
        /42 rows in quarantine, 41 of them understood by now: 41 events/);
    await until('all of it is in the lake', () => rows(collector.data).length === 42);
    mustAddUp(collector.data);
    assert.strictEqual(await collector.stop(), 0);
    isReplayed(collector.data);
    saysReplayed(mustAddUp(collector.data));
});

test('what is replayed into an hour that is over becomes Parquet, and it adds up', async (t) => {
    const collector = await startWithQuarantine(t);
    const then = new Date(Date.now() - 3 * 3600e3).toISOString();
    for (const file of parts(collector.data, 'quarantine')) {
        const text = execFileSync('zstd', ['-dcq', file], {encoding: 'utf8'});
        fs.writeFileSync(file, execFileSync('zstd', ['-cq', '--check'],
            {input: text.replace(/"received_at":"[^"]*"/g, `"received_at":"${then}"`)}));
    }
    collector.run('replay');
    mustAddUp(collector.data);
    collector.run('compact');
    assert.ok(rows(collector.data).length < 41);
    const found = mustAddUp(collector.data);
    assert.ok(sum(found.hours, 'compacted') >= 41);
    saysReplayed(found);
});

test('nobody replays who cannot read the token', async (t) => {
    const collector = await startWithQuarantine(t);
    await collector.start();
    const answer = await fetch(collector.admin + '/replay', {method: 'POST', body: '{}'});
    assert.strictEqual(answer.status, 401);
});

/** Runs a replay and kills it, or what it goes through, at an instant nobody chose. */
async function killReplay(collector, whom) {
    const child = spawn(BINARY, ['replay', '--data', collector.data], {stdio: 'ignore'});
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const victim = whom === 'command' ? child : collector.child;
    const ms = Math.random() * 60;
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms))]);
    victim.kill('SIGKILL');
    if (whom === 'collector') {
        await collector.ended;
    }
    await ended;
}

for (const whom of ['command', 'collector']) {
    for (const isServed of whom === 'command' ? [false, true] : [true]) {
        test(`the ${whom} killed ${isServed ? 'beside' : 'without'} a collector, each row is an ` +
            'event once', async (t) => {
            const collector = await startWithQuarantine(t, ['--lake-roll', '20ms']);
            for (let round = 0; round < ROUNDS; round++) {
                if (isServed && (!collector.child || collector.child.hasEnded)) {
                    await collector.start();
                }
                await killReplay(collector, whom);
                if (!isServed || whom === 'collector') {
                    mustAddUp(collector.data);
                }
            }
            if (isServed && collector.child.hasEnded) {
                await collector.start();
            }
            collector.run('replay');
            if (isServed) {
                assert.strictEqual(await collector.stop(), 0);
            }
            isReplayed(collector.data);
            mustAddUp(collector.data);
        });
    }
}
