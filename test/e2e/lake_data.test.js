/**
 * The generator of bench/lake says itself what is in the lake it makes. Here its rows are counted
 * once more, by other code, so that queries can be held against what it says.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {parts, BINARY} = require('./collector');
const {generateLake, GENERATOR} = require('./lake_data');

const DAY_MS = 86400000;
const ms = (row) => Date.parse(row.time);
const order = (a, b) => ms(a) - ms(b);
const cents = (row) => Math.round(row.properties.revenue * 100);

/** All rows, by one process: there is a file for every hour. */
function rows(data) {
    const text = execFileSync('zstd', ['-dcq', ...parts(data)],
        {encoding: 'utf8', maxBuffer: 1 << 28});
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Rows by what `key` says of them; those without are left out. */
function groups(list, key) {
    const found = new Map();
    for (const row of list) {
        const name = key(row);
        if (name !== undefined) {
            found.set(name, [...(found.get(name) || []), row]);
        }
    }
    return found;
}

/** How far the best chain of steps comes whose last one is within the window of its first. */
function reached(list, steps, window) {
    let best = 0;
    list.forEach((first, at) => {
        let level = first.name === steps[0] ? 1 : 0;
        for (const row of level > 0 ? list.slice(at + 1) : []) {
            if (level < steps.length && row.name === steps[level] &&
                ms(row) - ms(first) <= window) {
                level++;
            }
        }
        best = Math.max(best, level);
    });
    return best;
}

function retention(visitors, truth) {
    const start = Date.parse(truth.start);
    const table = truth.retention.cohorts.map((cohort) => cohort.visitors.map(() => 0));
    for (const list of visitors.values()) {
        const days = [...new Set(list.map((row) => Math.floor((ms(row) - start) / DAY_MS)))];
        const first = Math.min(...days);
        days.forEach((day) => table[first][day - first]++);
    }
    return table;
}

function persons(list) {
    const owner = new Map();
    const find = (id) => owner.get(id) === id ? id : find(owner.get(id));
    for (const row of list) {
        const ids = [row.anonymous_id, row.user_id, row.previous_id].filter(Boolean)
            .map((id) => `${row.site} ${id}`);
        ids.forEach((id) => owner.has(id) || owner.set(id, id));
        ids.forEach((id) => owner.set(find(id), find(ids[0])));
    }
    return [...owner].filter(([id, other]) => id === other).length;
}

function sessions(list) {
    const found = groups(list, (row) => row.session_id);
    const all = [...found.values()];
    const views = (one) => one.filter((row) => row.type === 'page').length;
    return {
        count: found.size,
        events: all.flat().length,
        page_views: all.reduce((sum, one) => sum + views(one), 0),
        bounces: all.filter((one) => views(one) === 1).length,
        duration_ms: all.reduce((sum, one) => sum + ms(one[one.length - 1]) - ms(one[0]), 0),
    };
}

test('what the generator says of its lake is what is in the rows', (t) => {
    const {data, truth} = generateLake(t, 12000);
    execFileSync(BINARY, ['verify', '--data', data]);
    const all = rows(data).sort(order);
    const list = all.filter((row) => !row.is_test);
    const visitors = groups(list, (row) => row.anonymous_id);

    assert.strictEqual(all.length, truth.events);
    assert.strictEqual(new Set(all.map((row) => `${row.site} ${row.event_id}`)).size, truth.events);
    assert.ok(new Set(all.map((row) => row.event_id)).size < truth.events,
        'some ids are the same on two sites');
    assert.strictEqual(all.length - list.length, truth.test_events);
    for (const [site, events] of Object.entries(truth.by_site)) {
        assert.strictEqual(all.filter((row) => row.site === site).length, events);
    }
    const hours = groups(list, (row) => row.time.slice(0, 13));
    for (const {hour, events, visitors: count} of truth.hourly) {
        const here = hours.get(hour) || [];
        assert.strictEqual(here.length, events);
        const ids = here.map((row) => row.anonymous_id).filter(Boolean);
        assert.strictEqual(new Set(ids).size, count);
    }
    const pages = groups(list.filter((row) => row.type === 'page'),
        (row) => `${row.site} ${row.path}`);
    for (const {site, path: where, views, visitors: count} of truth.top_pages) {
        const here = pages.get(`${site} ${where}`);
        assert.strictEqual(here.length, views);
        assert.strictEqual(new Set(here.map((row) => row.anonymous_id)).size, count);
    }
    const {steps, window_ms: window} = truth.funnel;
    const levels = [...visitors.values()].map((visit) =>
        reached(visit.filter((row) => steps.includes(row.name)), steps, window));
    assert.deepStrictEqual(steps.map((_, i) => levels.filter((level) => level > i).length),
        truth.funnel.visitors);
    assert.deepStrictEqual(retention(visitors, truth),
        truth.retention.cohorts.map((cohort) => cohort.visitors));
    const {by_day: byDay, ...counted} = truth.sessions;
    assert.deepStrictEqual(sessions(list), counted);
    assert.strictEqual(byDay.reduce((a, b) => a + b), truth.sessions.count);
    assert.strictEqual(persons(list), truth.users.persons);
    assert.strictEqual(list.filter((row) => row.name === 'order_completed')
        .reduce((sum, row) => sum + cents(row), 0), truth.revenue_cents);
    const {many, few, user} = truth.subjects;
    for (const subject of [many, few]) {
        assert.strictEqual(visitors.get(subject.anonymous_id).length, subject.events);
    }
    assert.strictEqual(list.filter((row) => user.anonymous_ids.includes(row.anonymous_id) ||
        [user.user_id, user.previous_id].includes(row.user_id)).length, user.events);
    const added = all.filter((row) => row.name === 'product_added');
    assert.strictEqual(added.filter((row) => typeof row.properties.price === 'string').length,
        truth.drift.price_texts);
    assert.ok(truth.drift.price_texts > 0 && truth.subjects.user.events > 20);
});

test('the same seed makes the same lake, another one another', (t) => {
    const read = (options) => {
        const {data} = generateLake(t, 2000, '--days', '1', ...options);
        return JSON.stringify(rows(data));
    };
    const first = read(['--seed', '7']);
    assert.strictEqual(read(['--seed', '7']), first);
    assert.notStrictEqual(read(['--seed', '8']), first);
});

test('with --repeats what was sent twice is there twice, with --drift anything is', (t) => {
    const {data, truth} = generateLake(t, 4000, '--days', '1', '--repeats', '--drift');
    const all = rows(data);
    assert.ok(truth.repeats > 0);
    assert.strictEqual(all.length, truth.events + truth.repeats);
    assert.strictEqual(new Set(all.map((row) => `${row.site} ${row.event_id}`)).size, truth.events);
    const drifting = [...new Map(all.map((row) => [`${row.site} ${row.event_id}`, row])).values()]
        .filter((row) => (row.name || '').startsWith('drift_'));
    assert.strictEqual(drifting.length, truth.drift.events);
    assert.strictEqual(new Set(drifting.map((row) => row.name)).size, truth.drift.names);
    const names = drifting.flatMap((row) => Object.keys(row.properties));
    assert.strictEqual(new Set(names).size, truth.drift.properties);
    const values = drifting.map((row) => row.properties.prop_0000)
        .filter((value) => value !== undefined);
    const types = truth.drift.types.prop_0000;
    assert.strictEqual(values.filter((value) => typeof value === 'boolean').length, types.boolean);
    assert.strictEqual(values.filter((value) => value === null).length, types.null);
    assert.strictEqual(values.filter(Array.isArray).length, types.array);
    assert.strictEqual(values.filter((value) => typeof value === 'string').length,
        types.string + types.number_string + types.time_string);
});

test('it does not write into a lake that is there', (t) => {
    const {data} = generateLake(t, 100, '--days', '1');
    const before = fs.readFileSync(path.join(data, 'lake', 'CURSOR'), 'utf8');
    assert.throws(() => execFileSync(GENERATOR,
        ['--data', data, '--events', '100'], {stdio: 'pipe'}), /has a lake already/);
    assert.strictEqual(fs.readFileSync(path.join(data, 'lake', 'CURSOR'), 'utf8'), before);
});
