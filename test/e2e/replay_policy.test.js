/**
 * What is replayed is kept as if it came now: consent, policy, who was forgotten, scrubbing, and
 * the keys of the time at which it came; with a collector and without one.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows, parts, BINARY} = require('./collector');
const {mend, mustAddUp} = require('./quarantine');

const MAIL = 'anna.marked@mail.example';
const USER = 'marked-user-4711';
const HASH = ['--user-id', 'hash', '--traits', 'hash', '--scrub-hash', 'email'];
const KEEP = ['--user-id', 'keep', '--traits', 'keep', '--scrub=false'];

const sum = (data, name) => mustAddUp(data).rows.reduce((total, row) => total + row[name], 0);

const send = (collector, ...events) => collector.post('/e', JSON.stringify({site: 'shop', events}));

const person = (more) => ({anonymous_id: 'browser-1', user_id: USER,
    user_properties: {plan: 'gold'}, properties: {note: MAIL}, ...more});

async function restart(collector, options) {
    assert.strictEqual(await collector.stop(), 0);
    collector.options = options;
    await collector.start();
}

/** Runs it beside a collector with these options, or without one. */
async function replay(collector, isServed, options) {
    if (isServed) {
        collector.options = options;
        await collector.start();
        const told = collector.run('replay');
        assert.strictEqual(await collector.stop(), 0);
        return told;
    }
    return execFileSync(BINARY, ['replay', '--data', collector.data, ...options],
        {encoding: 'utf8'});
}

/**
 * The data folder of a collector that made hashes of one event, and then, when it was told to keep
 * everything, put others aside.
 */
async function startWithQuarantine(t, ...later) {
    const collector = await startCollector(t, HASH);
    await send(collector, person({type: 'track', name: 'first'}));
    await restart(collector, KEEP);
    await send(collector, ...later);
    assert.strictEqual(await collector.stop(), 0);
    assert.strictEqual(rows(collector.data, 'quarantine').length, later.length);
    mend(collector.data);
    return collector;
}

const named = (data, name) => rows(data).find((row) => row.name === name);

for (const isServed of [false, true]) {
    const how = isServed ? 'beside a collector' : 'without a collector';

    test(`${how} what is replayed has the hashes it would have had when it came`, async (t) => {
        const collector = await startWithQuarantine(t,
            person({kind: 'later', name: 'second', consent: {state: 'granted'}}),
            person({kind: 'later', name: 'nobody agreed to'}));
        assert.match(await replay(collector, isServed, [...HASH, '--consent-needed', 'granted']),
            /2 rows in quarantine, 2 of them understood by now: 1 events/);
        const [first, second] = ['first', 'second'].map((name) => named(collector.data, name));
        assert.match(first.user_id, /^[0-9a-f]{32}$/);
        assert.match(first.properties.note, /^hashed_[a-p]{24}$/);
        for (const column of ['user_id', 'user_properties', 'properties', 'anonymous_id']) {
            assert.deepStrictEqual(second[column], first[column], column);
        }
        assert.strictEqual(rows(collector.data).length, 2);
        assert.strictEqual(rows(collector.data, 'quarantine').length, 0);
        assert.deepStrictEqual(['dropped_signal', 'replayed'].map((name) =>
            sum(collector.data, name)), [1, 2]);
    });

    test(`${how} nothing is hashed anew once the key of its time was destroyed`, async (t) => {
        const collector = await startWithQuarantine(t, person({kind: 'later', name: 'second'}));
        for (const key of ['IDENTITY_KEY', 'SCRUB_KEY']) {
            fs.rmSync(path.join(collector.data, key));
        }
        await replay(collector, isServed, [...HASH, '--anonymous-id', 'daily']);
        const second = named(collector.data, 'second');
        assert.deepStrictEqual([second.user_id, second.user_properties, second.anonymous_id,
            second.properties], [undefined, undefined, undefined, {note: 'redacted'}]);
        assert.doesNotMatch(JSON.stringify(rows(collector.data)), /marked|gold/);
        mustAddUp(collector.data);
    });

    test(`${how} who was forgotten does not come back out of the quarantine`, async (t) => {
        const collector = await startCollector(t, HASH);
        await send(collector, person({type: 'track', name: 'first'}));
        await until('it is in the lake', async () => (await collector.counts()).lake.lag_ms === 0);
        collector.run('forget', USER);
        await restart(collector, KEEP);
        await send(collector, person({kind: 'later', name: 'late'}),
            person({kind: 'later', name: 'other', user_id: 'somebody-else'}));
        assert.strictEqual(await collector.stop(), 0);
        mend(collector.data);
        await replay(collector, isServed, HASH);
        assert.deepStrictEqual(rows(collector.data).map((row) => row.name), ['other']);
        assert.strictEqual(sum(collector.data, 'dropped_forgotten'), 1);
    });

    test(`${how} strangers stay aside until their site is served`, async (t) => {
        const file = path.join(temporaryFolder(t), 'sites.ini');
        const head = 'unknown-site = quarantine\n[site shop]\nkey = k-shop\n' +
            'origins = https://shop.example\n';
        fs.writeFileSync(file, head);
        const collector = await startCollector(t, ['--config', file]);
        const come = (site, headers, more) => collector.post('/e', JSON.stringify({v: 1, site,
            ...more, events: [{type: 'track', name: site, user_id: USER}]}), headers);
        await come('shop', {Origin: 'https://evil.example'});
        await come('shop', {}, {key: 'k-wrong'});
        await come('new', {Origin: 'https://new.example'});
        assert.strictEqual(await collector.stop(), 0);
        assert.strictEqual(rows(collector.data, 'quarantine').length, 3);
        await replay(collector, isServed, ['--config', file]);
        assert.deepStrictEqual([rows(collector.data).length, parts(collector.data).length], [0, 0]);
        fs.writeFileSync(file, `${head}[site new]\norigins = https://new.example\n`);
        await replay(collector, isServed, ['--config', file]);
        assert.deepStrictEqual(rows(collector.data).map((row) => [row.site, row.user_id]),
            [['new', undefined]]);
        assert.deepStrictEqual(rows(collector.data, 'quarantine').map((row) => row.reason).sort(),
            ['unknown key', 'unknown origin']);
        mustAddUp(collector.data);
    });
}
