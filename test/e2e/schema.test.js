'use strict';
/** `pipes schema` beside a real collector: what came, what was compacted, what changed. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync, spawnSync} = require('node:child_process');
const {startCollector, until, BINARY} = require('./collector');

/** Status and output of `pipes schema`, whatever it is. */
function schema(data, ...args) {
    const {status, stdout, stderr} = spawnSync(BINARY, ['schema', '--data', data, ...args],
        {encoding: 'utf8', timeout: 60000});
    return {status, stdout, stderr};
}

function schemaJson(data, ...args) {
    const answer = schema(data, '--format', 'json', ...args);
    assert.strictEqual(answer.status, 0, answer.stderr);
    return {...JSON.parse(answer.stdout), notes: answer.stderr};
}

const order = (seq, properties) => ({type: 'track', name: 'order_completed', seq, properties});

async function send(collector, load, events) {
    const body = JSON.stringify({v: 1, site: 'shop', load_id: load, events});
    const answer = await collector.post('/e', body);
    assert.strictEqual(answer.status, 200);
}

/** Ten orders, each with a total; every second has a currency; one total is a text. */
function tenOrders() {
    const events = [];
    for (let i = 1; i <= 10; i++) {
        const properties = {total: i === 7 ? '7' : i + 0.5, ship: {method: `m${i % 3}`}};
        events.push(order(i, i % 2 ? properties : {...properties, currency: 'EUR'}));
    }
    return events;
}

/** Bytes of all files of statistics. */
function statistics(folder) {
    return fs.readdirSync(folder, {recursive: true}).filter((name) => name.endsWith('.stats'))
        .map((name) => fs.readFileSync(path.join(folder, name)));
}

function find(report, name, property) {
    const event = report.events.find((one) => one.name === name);
    return property ? event.properties.find((one) => one.path === property) : event;
}

function assertTenOrders(report) {
    assert.strictEqual(report.rows, 10);
    assert.strictEqual(find(report, 'order_completed').rows, 10);
    const total = find(report, 'order_completed', 'total');
    assert.deepStrictEqual(total.types, {double: 9, string: 1});
    assert.deepStrictEqual(total.double, {min: 1.5, max: 10.5});
    assert.strictEqual(total.different, 10);
    assert.strictEqual(total.different_is, 'exact');
    const currency = find(report, 'order_completed', 'currency');
    assert.strictEqual(currency.rows, 5);
    assert.strictEqual(currency.absent, 5);
    assert.strictEqual(find(report, 'order_completed', 'ship.method').different, 3);
    assert.ok(!JSON.stringify(report).includes('EUR'), 'no text of a value is told');
}

test('what was acknowledged is counted at once, and the same after it was compacted', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '1h']);
    await send(collector, 'one', tenOrders());
    assertTenOrders(schemaJson(collector.data)); /* from the journal's tail */
    await send(collector, 'one', tenOrders()); /* once more: the same events */
    assertTenOrders(schemaJson(collector.data));
    assert.strictEqual(await collector.stop(), 0);
    assertTenOrders(schemaJson(collector.data)); /* from parts */
    collector.run('compact', '--open');
    const stats = path.join(collector.data, 'lake', 'schema');
    assert.strictEqual(fs.readdirSync(stats).length, 1);
    const compacted = schemaJson(collector.data);
    assertTenOrders(compacted);
    assert.strictEqual(compacted.notes, '', 'the hour needed not be counted again');
    const counted = statistics(stats);
    fs.rmSync(stats, {recursive: true});
    const again = schemaJson(collector.data);
    assertTenOrders(again);
    assert.match(again.notes, /is counted again/);
    assert.strictEqual(schemaJson(collector.data).notes, '', 'it was kept');
    assert.deepStrictEqual(statistics(stats), counted, 'from rows and from the file: the same');
});

test('compacted rows and what came since are one', async (t) => {
    const collector = await startCollector(t);
    await send(collector, 'one', tenOrders());
    await collector.stop();
    collector.run('compact', '--open');
    await collector.start();
    await send(collector, 'two', [order(1, {total: 99}), {type: 'page', name: 'Home', seq: 2}]);
    const report = schemaJson(collector.data);
    assert.strictEqual(find(report, 'order_completed').rows, 11);
    assert.deepStrictEqual(find(report, 'order_completed', 'total').types,
        {integer: 1, double: 9, string: 1});
    const only = schemaJson(collector.data, '--event', 'page');
    assert.deepStrictEqual(only.events.map((one) => one.type), ['page']);
});

test('a table for people, and a hint where no such event came', async (t) => {
    const collector = await startCollector(t);
    await send(collector, 'one', tenOrders());
    const table = schema(collector.data, '--event', 'order_completed');
    assert.strictEqual(table.status, 0);
    assert.match(table.stdout, /^shop track order_completed\n    10 rows, /);
    assert.match(table.stdout, /\n    total +double 90 %, string 10 % +100 % +10 +1\.5 to 10\.5/);
    const missing = schema(collector.data, '--event', 'order_complete');
    assert.strictEqual(missing.status, 1);
    assert.match(missing.stderr, /did you mean order_completed\?/);
});

test('a tracking plan decides the exit status', async (t) => {
    const collector = await startCollector(t);
    await send(collector, 'one', tenOrders());
    const plan = path.join(collector.data, 'plan.json');
    const check = (properties) => {
        fs.writeFileSync(plan, JSON.stringify({plan: 1,
            events: [{type: 'track', name: 'order_completed', properties}]}));
        return schema(collector.data, '--check', plan);
    };
    const good = {total: {type: ['number', 'string'], required: true}, ship: {type: 'object'},
        currency: {type: 'string', values: ['EUR', 'USD']}};
    const conforming = check(good);
    assert.strictEqual(conforming.status, 0, conforming.stdout + conforming.stderr);
    const wrong = check({...good, total: {type: 'number'}, currency: {values: ['USD']}});
    assert.strictEqual(wrong.status, 1);
    assert.match(wrong.stdout, /, total: 1 of 10 values are string; allowed: number/);
    assert.match(wrong.stdout, /currency: 1 of 1 different values are not among the 1 allowed/);
    const broken = check({total: {type: 'float'}});
    assert.strictEqual(broken.status, 2);
    assert.match(broken.stderr, /property total: there is no such type; allowed: any, null/);
    assert.strictEqual(schema(collector.data, '--check', '/nowhere').status, 2);
});

/** A part of three hours ago, of a stream that is long done. */
function writeOldPart(data, rows) {
    const at = new Date(Date.now() - 3 * 3600000).toISOString();
    const hour = path.join(`date=${at.slice(0, 10)}`, `hour=${at.slice(11, 13)}`);
    const folder = path.join(data, 'lake', 'raw', hour);
    fs.mkdirSync(folder, {recursive: true});
    const text = rows.map((row, i) => JSON.stringify({event_id: `old-${i}`, ...row, site: 'shop',
        received_at: at, ingest_seq: i + 1})).join('\n');
    execFileSync('zstd', ['-q', '-o', path.join(folder, 'part-900001-1-99.ndjson.zst')],
        {input: `${text}\n`});
}

test('what changed since: new, of another type, likely a slip', async (t) => {
    const collector = await startCollector(t);
    writeOldPart(collector.data, Array.from({length: 50}, () =>
        ({type: 'track', name: 'order_completed', properties: {total: 1.5, currency: 'EUR'}})));
    await send(collector, 'one', [order(1, {total: 'free', curency: 'EUR'}),
        {type: 'track', name: 'orderCompleted', seq: 2}]);
    const {changes} = schemaJson(collector.data, '--diff', '1h');
    const told = changes.map((one) => [one.change, one.name, one.path, one.slip_of]);
    assert.deepStrictEqual(told, [
        ['new event', 'orderCompleted', undefined, 'order_completed'],
        ['new property', 'order_completed', 'curency', 'currency'],
        ['type changed', 'order_completed', 'total', undefined],
    ]);
    const nothing = schema(collector.data, '--diff', '9d');
    assert.strictEqual(nothing.status, 1);
    assert.match(nothing.stderr, /nothing was received before/);
    const bad = schema(collector.data, '--diff', 'yesterday');
    assert.match(bad.stderr, /2026-11-24T07:30:00Z, or how long ago: 90m, 24h, 7d/);
});

test('an hour that is broken is named, not passed over', async (t) => {
    const collector = await startCollector(t);
    await send(collector, 'one', tenOrders());
    await until('a part is closed', () => schemaJson(collector.data).rows === 10);
    await collector.stop();
    collector.run('compact', '--open');
    const events = path.join(collector.data, 'lake', 'events');
    const file = fs.readdirSync(events, {recursive: true}).find((one) => one.endsWith('.parquet'));
    fs.truncateSync(path.join(events, file), 100);
    const answer = schema(collector.data);
    assert.strictEqual(answer.status, 1);
    assert.match(answer.stderr, /cannot count lake\/events\/date=.*\/events\.parquet again/);
});
