/**
 * What an operator's tools see: /metrics in Prometheus' format, /readyz, and the dashboard that is
 * made for them.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, until, batch} = require('./collector');

const DASHBOARD = path.join(__dirname, '..', '..', 'deploy', 'grafana', 'pipes.json');
const EVENT = JSON.stringify({v: 1, site: 's', events: [{type: 'track', name: 'seen'}]});

/** Samples by name and labels; fails where the text is not the format (version 0.0.4). */
function parse(text) {
    const samples = new Map();
    const types = new Map();
    let family;
    assert.ok(text.endsWith('\n'));
    for (const line of text.slice(0, -1).split('\n')) {
        const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
        if (type) {
            assert.ok(!types.has(type[1]), `${type[1]} stands at two places`);
            family = type[1];
            types.set(family, type[2]);
            continue;
        }
        if (/^# HELP [a-z_]+ \S.*$/.test(line)) {
            continue;
        }
        const sample = /^([a-z_]+)(\{[a-z_]+="[^"\\]*"\})? (\S+)$/.exec(line);
        assert.ok(sample, `not a sample: ${line}`);
        const [, name, labels = '', value] = sample;
        const suffix = types.get(family) === 'histogram' ? /^(_bucket|_sum|_count)$/ : /^$/;
        assert.ok(name.startsWith(family) && suffix.test(name.slice(family.length)),
            `${name} stands among those of ${family}`);
        assert.ok(types.get(family) !== 'counter' || name.endsWith('_total'), `${name} counts`);
        assert.ok(Number.isFinite(Number(value)), line);
        assert.ok(!samples.has(name + labels), `${name}${labels} is there twice`);
        samples.set(name + labels, Number(value));
    }
    return samples;
}

async function metrics(collector) {
    const answer = await fetch(`${collector.admin}/metrics`);
    assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    return parse(await answer.text());
}

test('metrics say the same as the counts, in the format of Prometheus', async (t) => {
    const collector = await startCollector(t);
    for (let i = 0; i < 5; i++) {
        assert.strictEqual((await collector.post('/e', EVENT)).status, 200);
    }
    await collector.post('/e', 'no JSON');
    await collector.post('/e', EVENT, {'Sec-GPC': '1'});
    await until('all of it is counted', async () =>
        (await metrics(collector)).get('pipes_events_total{outcome="accepted"}') === 5);
    const seen = await metrics(collector);
    const {front} = await (await fetch(`${collector.admin}/counts`)).json();
    assert.strictEqual(seen.get('pipes_requests_total'), front.requests);
    assert.strictEqual(seen.get('pipes_requests_refused_total{reason="not_json"}'), 1);
    assert.strictEqual(seen.get('pipes_events_total{outcome="dropped_signal"}'), 1);
    assert.strictEqual(seen.get('pipes_events_received_total'), 6);
    assert.strictEqual(seen.get('pipes_ready'), 1);
    assert.ok(seen.get('process_resident_memory_bytes') > 1e6);
    assert.ok(seen.get('process_open_fds') > 5);
});

test('each commit is in the histogram once, and its buckets only grow', async (t) => {
    const collector = await startCollector(t);
    for (let i = 0; i < 3; i++) {
        await collector.post('/e', EVENT);
    }
    const seen = await metrics(collector);
    const buckets = [...seen].filter(([name]) =>
        name.startsWith('pipes_journal_commit_seconds_bucket')).map(([, value]) => value);
    assert.ok(buckets.length > 10);
    assert.deepStrictEqual(buckets, [...buckets].sort((a, b) => a - b));
    assert.strictEqual(buckets.at(-1), seen.get('pipes_journal_commit_seconds_count'));
    assert.strictEqual(buckets.at(-1), seen.get('pipes_journal_commits_total'));
    assert.ok(seen.get('pipes_journal_commit_seconds_sum') > 0);
});

test('a collector that cannot take events says so, and why', async (t) => {
    const collector = await startCollector(t,
        ['--disk-budget=256KiB', '--retention-check=100ms']);
    const ready = async () => {
        const answer = await fetch(`${collector.admin}/readyz`);
        return {status: answer.status, ...await answer.json()};
    };
    assert.deepStrictEqual(await ready(),
        {status: 200, ready: true, journal: {ok: true}, disk: {ok: true}, lake: {ok: true}});
    let load = 0;
    const full = await until('the budget is used up', async () => {
        await collector.post('/e', batch(`load-${load++}`, 1, 100));
        const now = await ready();
        return now.status === 503 && now;
    });
    assert.strictEqual(full.ready, false);
    assert.strictEqual(full.disk.ok, false);
    assert.match(full.disk.why, /disk-budget/);
    assert.strictEqual(full.lake.ok, true);
    assert.strictEqual((await collector.post('/e', EVENT)).status, 503);
    assert.strictEqual((await metrics(collector)).get('pipes_ready'), 0);
    assert.strictEqual((await fetch(`${collector.admin}/healthz`)).status, 200);
});

test('the dashboard asks only for metrics that there are', async (t) => {
    const collector = await startCollector(t);
    const names = new Set([...(await metrics(collector)).keys()].map((one) => one.split('{')[0]));
    names.add('pipes_disk_days_left'); // on the second day
    const {panels} = JSON.parse(fs.readFileSync(DASHBOARD, 'utf8'));
    const asked = panels.flatMap((panel) => panel.targets.flatMap(({expr}) =>
        expr.match(/\b(pipes|process)_[a-z_]+/g)));
    assert.ok(asked.length > 10);
    assert.deepStrictEqual(asked.filter((name) => !names.has(name)), []);
});
