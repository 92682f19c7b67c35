'use strict';
/**
 * The lake's hours become Parquet: beside a running collector, killed at any moment, on a disk
 * that is full. PIPES_COMPACT_KILLS=200 kills it as often (`make fault`), PIPES_SEED repeats a run.
 */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {spawn, spawnSync, execFileSync} = require('node:child_process');
const {startCollector, Collector, atEnd, temporaryFolder, until, parts, batch, BINARY}
    = require('./collector');

const HOUR_MS = 3600000;
const NOON_MS = Date.UTC(2026, 2, 2, 12);
const KILLS = Number(process.env.PIPES_COMPACT_KILLS || 8);

/** A sequence of numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6D2B79F5) >>> 0;
        let mixed = Math.imul(state ^ state >>> 15, state | 1);
        mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
        return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
    };
}

/** A data folder whose raw parts were written by hand, and what is in it. */
class Lake {
    constructor(data) {
        this.data = data;
        this.rows = new Map(); // by event_id: properties, as text
        this.seq = 0;
        fs.mkdirSync(data, {recursive: true});
        fs.writeFileSync(path.join(data, 'FORMAT'), 'read 2\nwrite 2\n');
    }

    /** One more part of the hour that begins `hours` after noon. */
    add(hours, count) {
        const first = this.seq + 1;
        const lines = [];
        for (let i = 0; i < count; i++) {
            this.seq += 1;
            const time = new Date(NOON_MS + hours * HOUR_MS + (this.seq * 7919) % HOUR_MS);
            const properties =
                `{"price":${this.seq % 90}.50,"long":1234567890123456789${this.seq},` +
                `"note":"caf\\u00e9 \\ud800 ${'x'.repeat(this.seq % 50)}"}`;
            lines.push(`{"event_id":"e-${this.seq}","type":"track","properties":${properties},` +
                `"anonymous_id":"v-${this.seq % 97}","time":"${time.toISOString()}",` +
                `"received_at":"${time.toISOString()}","site":"shop","ingest_seq":${this.seq}}`);
            this.rows.set(`e-${this.seq}`, properties);
        }
        const day = new Date(NOON_MS + hours * HOUR_MS).toISOString();
        const folder = path.join(this.data, 'lake', 'raw', `date=${day.slice(0, 10)}`,
            `hour=${day.slice(11, 13)}`);
        fs.mkdirSync(folder, {recursive: true});
        const name = `part-7-${first}-${this.seq}.ndjson.zst`;
        execFileSync('zstd', ['-q', '--check', '-o', path.join(folder, `_${name}`)],
            {input: lines.join('\n') + '\n'});
        fs.renameSync(path.join(folder, `_${name}`), path.join(folder, name));
    }

    run(...args) {
        return spawnSync(BINARY, [...args, '--data', this.data], 
            {encoding: 'utf8', timeout: 120000, maxBuffer: 1 << 28});
    }

    /** Every row as it was made, once. */
    assertWhole(what) {
        const asked = this.run('query', '--format', 'ndjson',
            'select event_id, properties || \'\' as text from events order by ingest_seq');
        assert.strictEqual(asked.status, 0, `${what}: ${asked.stderr}`);
        const found = asked.stdout.split('\n').filter(Boolean);
        assert.strictEqual(found.length, this.rows.size, what);
        for (const line of found) {
            const {event_id: id, text} = JSON.parse(line);
            assert.strictEqual(text, this.rows.get(id), `${what}: ${id}`);
        }
    }

    assertSound(what) {
        const asked = this.run('verify');
        assert.strictEqual(asked.status, 0, `${what}: ${asked.stdout}${asked.stderr}`);
    }

    parquet() {
        const events = path.join(this.data, 'lake', 'events');
        return fs.existsSync(events) ? fs.readdirSync(events, {recursive: true})
            .filter((name) => path.basename(name) === 'events.parquet') : [];
    }
}

function makeLake(t) {
    return new Lake(path.join(temporaryFolder(t), 'data'));
}

test('hours that are over become Parquet beside a collector, and nothing is lost', async (t) => {
    const lake = makeLake(t);
    lake.add(0, 500);
    lake.add(0, 300);
    lake.add(1, 400);
    const collector = new Collector(lake.data, ['--lake-roll', '200ms', '--compact-after', '0s']);
    atEnd(t, () => collector.stop());
    await collector.start();
    const answer = await collector.post('/e', batch('now', 1, 3));
    assert.strictEqual(answer.status, 200);
    await until('old hours are Parquet', () => lake.parquet().length === 2 &&
        parts(lake.data).every((file) => !file.includes('2026-03-02')));
    await until('new rows are in the lake', () => parts(lake.data).length > 0);
    assert.match(collector.output, /hour=12\/events\.parquet is written anew; 2 other files/);
    assert.strictEqual(await collector.stop(), 0, collector.output);
    const count = lake.run('query', '--format', 'csv', 'select count(*) from events').stdout;
    assert.match(count, /\b1203\b/);
    lake.assertSound('afterwards');
});

test('pipes compact goes through a running collector, which alone changes the lake', async (t) => {
    const collector = await startCollector(t, ['--compact=false']);
    const lake = new Lake(collector.data);
    lake.add(0, 500);
    const done = lake.run('compact');
    assert.strictEqual(done.status, 0, done.stderr);
    assert.match(done.stdout, /1 hours, 500 rows are Parquet now/);
    await until('it said so', () => collector.output.includes('is written anew'));
    lake.assertWhole('while it runs');
    assert.strictEqual(await collector.stop(), 0);
});

test('a late part goes into the hour\'s file, and an hour is one file always', (t) => {
    const lake = makeLake(t);
    lake.add(0, 500);
    assert.strictEqual(lake.run('compact').status, 0);
    lake.add(0, 20);
    assert.strictEqual(lake.run('compact').status, 0);
    assert.deepStrictEqual(parts(lake.data), []);
    assert.strictEqual(lake.parquet().length, 1);
    lake.assertWhole('after the second time');
    lake.assertSound('after the second time');
});

/** Starts the command in a group of its own, and kills the group after so many milliseconds. */
async function killed(args, ms) {
    const child = spawn(BINARY, args, {stdio: 'ignore', detached: true});
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms))]);
    try {
        process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
        assert.strictEqual(error.code, 'ESRCH'); // it was done already
    }
    await ended;
}

test(`killed at ${KILLS} random moments it loses nothing and doubles nothing`, {
    timeout: 60000 + KILLS * 20000,
}, async (t) => {
    const seed = Number(process.env.PIPES_SEED || Date.now() % 1000000);
    const random = randomFrom(seed);
    t.diagnostic(`PIPES_SEED=${seed}`);
    const lake = makeLake(t);
    lake.add(0, 2000);
    const begin = Date.now();
    assert.strictEqual(lake.run('compact').status, 0);
    const usualMs = Date.now() - begin;
    for (let i = 0; i < KILLS; i++) {
        lake.add(Math.floor(random() * 3), 200 + Math.floor(random() * 2000));
        const ms = random() * usualMs * 1.3;
        // By itself, or below a collector that dies with it.
        const args = i % 3 === 2
            ? ['serve', '--data', lake.data, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0',
                '--compact-after', '0s']
            : ['compact', '--data', lake.data];
        await killed(args, i % 3 === 2 ? ms + usualMs / 2 : ms);
        lake.assertSound(`kill ${i} after ${ms} ms, seed ${seed}`);
        lake.assertWhole(`kill ${i} after ${ms} ms, seed ${seed}`);
    }
    const last = lake.run('compact');
    assert.strictEqual(last.status, 0, last.stderr);
    assert.deepStrictEqual(parts(lake.data), []);
    lake.assertWhole('in the end');
    lake.assertSound('in the end');
    const left = fs.readdirSync(path.join(lake.data, 'lake'), {recursive: true})
        .filter((name) => /^_(?!reserve)/.test(path.basename(name)));
    assert.deepStrictEqual(left, []);
});

test('on a disk that is full nothing changes, and the next time it goes on', {
    skip: process.getuid() !== 0 && 'needs root to mount a small disk',
}, (t) => {
    const disk = temporaryFolder(t);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    if (mounted.status !== 0) {
        t.skip('the system allows no mounts');
        return;
    }
    atEnd(t, () => spawnSync('umount', ['-l', disk]));
    const lake = new Lake(path.join(disk, 'data'));
    lake.add(0, 20000);
    const filling = path.join(disk, 'filling');
    const room = fs.statfsSync(disk).bavail * fs.statfsSync(disk).bsize;
    fs.writeFileSync(filling, Buffer.alloc(room - 300000));
    const full = lake.run('compact', '--disk-reserve', '0');
    assert.strictEqual(full.status, 1);
    assert.match(full.stderr, /left|No space/);
    assert.strictEqual(parts(lake.data).length, 1);
    assert.deepStrictEqual(lake.parquet(), []);
    lake.assertSound('on a full disk');
    fs.rmSync(filling);
    const done = lake.run('compact', '--disk-reserve', '0');
    assert.strictEqual(done.status, 0, done.stderr);
    lake.assertWhole('with room again');
    lake.assertSound('with room again');
});

test('a part that is cut off is named, stays, and the rest becomes Parquet', (t) => {
    const lake = makeLake(t);
    lake.add(0, 300);
    lake.add(0, 4000);
    const torn = parts(lake.data).find((file) => file.includes('part-7-301-'));
    const whole = fs.readFileSync(torn);
    fs.writeFileSync(torn, whole.subarray(0, whole.length / 2));
    const done = lake.run('compact');
    assert.strictEqual(done.status, 1);
    assert.match(done.stderr, /part-7-301-4300\.ndjson\.zst is damaged and stays where it is/);
    assert.deepStrictEqual(parts(lake.data), [torn]);
    const verified = lake.run('verify');
    assert.strictEqual(verified.status, 1);
    assert.match(verified.stdout, /damaged: lake\/raw\/.*part-7-301-4300/);
    fs.writeFileSync(torn, whole);
    assert.strictEqual(lake.run('compact').status, 0);
    lake.assertWhole('once it was brought back');
    lake.assertSound('once it was brought back');
});

test('without DuckDB a collector works as ever, and says what is not done', async (t) => {
    const collector = await startCollector(t, ['--compact-after', '0s', '--duckdb', '/nowhere.so']);
    const lake = new Lake(collector.data);
    lake.add(0, 10);
    const done = lake.run('compact', '--duckdb', '/nowhere.so');
    assert.strictEqual(done.status, 1);
    assert.match(done.stderr, /there is no DuckDB at \/nowhere\.so/);
    assert.strictEqual((await collector.post('/e', batch('on', 1, 2))).status, 200);
    assert.strictEqual(await collector.stop(), 0);
    const verified = lake.run('verify', '--duckdb', '/nowhere.so');
    assert.strictEqual(verified.status, 0, verified.stdout);
});
