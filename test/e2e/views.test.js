/** The views and macros of `pipes query` against a truth made by hand. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector} = require('./collector');
const {ask, run} = require('./asking');

/** Sites that keep their own ids of users. */
const KEEP = ['--user-id', 'keep', '--traits', 'keep'];

const DAY = 86400000;
const NOON = Math.floor(Date.now() / DAY) * DAY - 3 * DAY + DAY / 2;

let made = 0;

/** An event of site shop at `minutes` past that noon. */
const at = (minutes, type, name, more = {}) =>
    ({type, name, created_at: NOON + minutes * 60000, event_id: `e${made++}`, ...more});

async function collectorWith(t, events) {
    const collector = await startCollector(t, KEEP);
    // Each by itself: a sender's clock is judged by its batch.
    for (const event of events) {
        const answer = await collector.post('/e', JSON.stringify(
            {v: 1, site: 'shop', sent_at: Date.now(), events: [event]}));
        assert.strictEqual(answer.status, 200);
    }
    return collector;
}

test('sessions are the tracker\'s, and cut by silence where it gave none', async (t) => {
    const visit = {anonymous_id: 'a', session_id: 'S', session_index: 4};
    const {data} = await collectorWith(t, [
        at(1, 'page', 'Home', {...visit, url: 'https://shop.example/', page_view_id: 'p1'}),
        at(3, 'track', 'buy', {...visit, url: 'https://shop.example/cart', user_id: 'u'}),
        at(2, 'page', 'Cart', {...visit, url: 'https://shop.example/cart', page_view_id: 'p2'}),
        at(0, 'track', 'import', {user_id: 'w'}),
        at(29, 'track', 'import', {user_id: 'w'}),
        at(60, 'track', 'import', {user_id: 'w'}),
        at(5, 'track', 'lost'),
        at(6, 'page', 'Home', {...visit, is_test: true}),
    ]);
    const rows = await ask(t, data, `select session_id, anonymous_id, user_id, session_index,
        events, page_views, entry_path, exit_path, duration_ms from sessions order by session_id`);
    assert.deepStrictEqual(rows, [
        {session_id: 'S', anonymous_id: 'a', user_id: 'u', session_index: 4, events: 3,
            page_views: 2, entry_path: '/', exit_path: '/cart', duration_ms: 120000},
        {session_id: 'w/1', anonymous_id: null, user_id: 'w', session_index: null, events: 2,
            page_views: 0, entry_path: null, exit_path: null, duration_ms: 29 * 60000},
        {session_id: 'w/2', anonymous_id: null, user_id: 'w', session_index: null, events: 1,
            page_views: 0, entry_path: null, exit_path: null, duration_ms: 0},
    ]);
});

test('page views know their neighbours and how long somebody was engaged', async (t) => {
    const visit = {anonymous_id: 'a', session_id: 'S'};
    const {data} = await collectorWith(t, [
        at(0, 'page', 'Home', {...visit, url: 'https://shop.example/', page_view_id: 'p1'}),
        at(1, 'engagement', undefined,
            {...visit, page_view_id: 'p1', properties: {engaged_ms: 4000, depth: 0.5}}),
        at(2, 'engagement', undefined,
            {...visit, page_view_id: 'p1', properties: {engaged_ms: 9000, depth: 0.75}}),
        at(3, 'page', 'Cart', {...visit, url: 'https://shop.example/cart', page_view_id: 'p2'}),
        at(4, 'page', 'Else', {anonymous_id: 'b', session_id: 'T', page_view_id: 'p3'}),
    ]);
    const rows = await ask(t, data, `select page_view_id, previous_path, path, next_path,
        duration_ms, engaged_ms, depth from page_views order by time`);
    assert.deepStrictEqual(rows, [
        {page_view_id: 'p1', previous_path: null, path: '/', next_path: '/cart',
            duration_ms: 180000, engaged_ms: 9000, depth: 0.75},
        {page_view_id: 'p2', previous_path: '/', path: '/cart', next_path: null,
            duration_ms: null, engaged_ms: null, depth: null},
        {page_view_id: 'p3', previous_path: null, path: null, next_path: null,
            duration_ms: null, engaged_ms: null, depth: null},
    ]);
});

test('an id leads to its person, and a person to all ids', async (t) => {
    const {data} = await collectorWith(t, [
        at(0, 'page', 'Home', {anonymous_id: 'phone'}),
        at(1, 'identify', undefined, {anonymous_id: 'phone', user_id: 'u1',
            user_properties: {plan: 'free'}}),
        at(2, 'page', 'Home', {anonymous_id: 'laptop', user_id: 'u1'}),
        at(3, 'page', 'Home', {anonymous_id: 'laptop'}),
        // Another person on the same machine: what names its user is that user's.
        at(4, 'page', 'Home', {anonymous_id: 'laptop', user_id: 'guest'}),
        at(5, 'alias', undefined, {user_id: 'u2', previous_id: 'u1'}),
        at(6, 'identify', undefined, {user_id: 'u2', user_properties: {plan: 'pro'}}),
        at(7, 'alias', undefined, {user_id: 'u3', previous_id: 'old'}),
        at(8, 'page', 'Home', {anonymous_id: 'nobody'}),
        // A ring of aliases must end, too.
        at(9, 'alias', undefined, {user_id: 'r1', previous_id: 'r2'}),
        at(10, 'alias', undefined, {user_id: 'r2', previous_id: 'r1'}),
    ]);
    const ids = await ask(t, data, `select id, kind, person_id from identities
        where id not like 'r%' order by id`);
    assert.deepStrictEqual(ids.map((row) => [row.id, row.kind, row.person_id].join(' ')), [
        'guest user guest', 'laptop anonymous u2', 'nobody anonymous nobody', 'old replaced u3',
        'phone anonymous u2', 'u1 user u2', 'u2 user u2', 'u3 user u3']);
    const users = await ask(t, data, `select person_id, is_known, user_ids, anonymous_ids,
        replaced_ids, events, user_properties from users where person_id not like 'r%'
        order by person_id`);
    assert.deepStrictEqual(users, [
        {person_id: 'guest', is_known: true, user_ids: ['guest'], anonymous_ids: [],
            replaced_ids: [], events: 1, user_properties: null},
        {person_id: 'nobody', is_known: false, user_ids: [], anonymous_ids: ['nobody'],
            replaced_ids: [], events: 1, user_properties: null},
        {person_id: 'u2', is_known: true, user_ids: ['u1', 'u2'],
            anonymous_ids: ['laptop', 'phone'], replaced_ids: [], events: 6,
            user_properties: {plan: 'pro'}},
        {person_id: 'u3', is_known: true, user_ids: ['u3'], anonymous_ids: [],
            replaced_ids: ['old'], events: 1, user_properties: null},
    ]);
});

test('a funnel counts who went its steps in order and in time', async (t) => {
    const of = (anonymous_id, ...steps) =>
        steps.map(([minutes, name]) => at(minutes, 'track', name, {anonymous_id}));
    const {data} = await collectorWith(t, [
        ...of('all', [0, 'view'], [10, 'add'], [20, 'buy']),
        ...of('wrong order', [0, 'add'], [10, 'view'], [20, 'buy']),
        ...of('too late', [0, 'view'], [10, 'add'], [90, 'buy']),
        ...of('begins anew', [0, 'view'], [80, 'view'], [90, 'add'], [100, 'buy']),
        ...of('only looks', [0, 'view']),
        ...of('never looks', [0, 'add'], [1, 'buy']),
    ]);
    const rows = await ask(t, data,
        'from funnel([\'view\', \'add\', \'buy\'], within := interval 1 hour)');
    assert.deepStrictEqual(rows, [
        {step: 1, event: 'view', persons: 5, of_first: 1, of_previous: 1},
        {step: 2, event: 'add', persons: 3, of_first: 0.6, of_previous: 0.6},
        {step: 3, event: 'buy', persons: 2, of_first: 0.4, of_previous: 0.6667},
    ]);
    const [, , last] = await ask(t, data, `create temp view picked as select * from events
        where anonymous_id <> 'all'; from funnel(['view', 'add', 'buy'], source := 'picked')`);
    assert.strictEqual(last.persons, 2, 'within the seven days that are meant without a word');
    const {code, err} = await run(t, data,
        ['query', 'from funnel([\'view\'], person := \'visitor\')']);
    assert.strictEqual(code, 1);
    assert.match(err, /visitor/);
});

test('a funnel of persons joins what one did on two machines', async (t) => {
    const {data} = await collectorWith(t, [
        at(0, 'track', 'view', {anonymous_id: 'phone'}),
        at(1, 'identify', undefined, {anonymous_id: 'phone', user_id: 'u'}),
        at(2, 'track', 'buy', {anonymous_id: 'laptop', user_id: 'u'}),
    ]);
    const counts = async (more) => (await ask(t, data, `from funnel(['view', 'buy']${more})`))
        .map((row) => row.persons);
    assert.deepStrictEqual(await counts(''), [1, 0]);
    assert.deepStrictEqual(
        await counts(', person := \'person_id\', source := \'person_events\''), [1, 1]);
});

test('retention counts who came again, by the day they first came', async (t) => {
    const day = 24 * 60;
    const of = (anonymous_id, ...days) => days.map((n) =>
        at(n * day, 'track', n === 0 ? 'join' : 'use', {anonymous_id}));
    const {data} = await collectorWith(t,
        [...of('a', 0, 1, 2), ...of('b', 0, 2), ...of('c', 1, 2), ...of('d', 0)]);
    const counts = async (words) => (await ask(t, data,
        `select size, after, persons from retention(${words})`)).map(Object.values);
    assert.deepStrictEqual(await counts('periods := 2'), [
        [3, 0, 3], [3, 1, 1], [3, 2, 2],
        [1, 0, 1], [1, 1, 1], [1, 2, 0],
    ]);
    assert.deepStrictEqual(await counts('periods := 1, first := \'join\', again := \'use\''),
        [[3, 0, 0], [3, 1, 1]]);
});

test('utc() is an instant as the clock of UTC has it, before 1970, too', async (t) => {
    const {data} = await collectorWith(t, [at(0, 'track', 'one')]);
    const rows = await ask(t, data, `select strftime(utc(time), '%Y-%m-%dT%H:%M:%S.%gZ') = time_text
        as is_same, typeof(utc(time)) as type, date_trunc('hour', utc(time)) =
        date_trunc('hour', time at time zone 'UTC') as has_hour from (select *,
        strftime(time, '%Y-%m-%dT%H:%M:%S.%gZ') as time_text from (select time from events union all
        select timestamptz '1969-12-31T23:59:59.999Z'))`);
    assert.deepStrictEqual(rows, [1, 2].map(() =>
        ({is_same: true, type: 'TIMESTAMP', has_hour: true})));
});

/** Two days ago: a collector that runs removes what is years old. */
const DAY_0 = Math.floor(Date.now() / 864e5) - 2;
const HOUR_0 = 24 * DAY_0; // since 1970

/** Puts a file of an hour of that day, made by SQL over what was collected. */
async function putHour(t, data, hour, sql) {
    const {code, out, err} = await run(t, data, ['query', '--format', 'parquet', sql]);
    assert.strictEqual(code, 0, err);
    const day = new Date(864e5 * DAY_0).toISOString().slice(0, 10);
    const folder = path.join(data, 'lake', 'events', `date=${day}`, `hour=0${hour}`);
    fs.mkdirSync(folder, {recursive: true});
    fs.writeFileSync(path.join(folder, 'events.parquet'), out);
}

/** What a compaction writes once all files have all columns of this version, but for some. */
async function writeColumns(t, data, since = {}) {
    const names = await ask(t, data, 'select column_name as name from (describe events_all)');
    fs.writeFileSync(path.join(data, 'lake', 'COLUMNS'), names
        .filter(({name}) => !name.startsWith('p_'))
        .map(({name}) => `${since[name] || 0} ${name}\n`).join(''));
}

test('hours that an older version wrote have a column that came later, without values',
    async (t) => {
        const {data} = await collectorWith(t, [at(0, 'track', 'buy', {properties: {n: 1}})]);
        await putHour(t, data, 0, 'select * exclude (dropped, density) from events_all');
        await putHour(t, data, 1, 'select * exclude (density) from events_all limit 1');
        const counted = async () => (await ask(t, data, `select count(*) as n,
            count(dropped) as dropped, count(density) as density, count(site) as sites
            from events`))[0];
        const wanted = {n: 3, dropped: 0, density: 0, sites: 3};
        assert.deepStrictEqual(await counted(), wanted, 'nothing is known of the files');
        const since = {dropped: HOUR_0 + 1, density: HOUR_0 + 2};
        await writeColumns(t, data, since);
        assert.deepStrictEqual(await counted(), wanted, 'it is known since when they have it');
        await putHour(t, data, 2, 'select * replace (2.5::double as density) from events_all ' +
            'limit 1');
        assert.deepStrictEqual(await counted(), {...wanted, n: 4, density: 1, sites: 4});
    });

test('a promoted property is what it says everywhere, wherever the row stands', async (t) => {
    const PRICES = [12.5, 'free', null, 3, true, {a: 1}, 12345678901234567890, [1], 'x'];
    const {data} = await collectorWith(t, PRICES.map((price, i) =>
        at(i, 'track', 'buy', {properties: {price, 'a b': `t\u00e9${i}`}})));
    // Not promoted yet: a file without these columns.
    await putHour(t, data, 0, 'from events_all');
    fs.writeFileSync(path.join(data, 'lake', 'PROMOTED'), `${HOUR_0 + 1} DOUBLE p_price price\n` +
        `${HOUR_0 + 1} VARCHAR p_a_b a b\n${HOUR_0 + 2} BOOLEAN p_sold sold\n`);
    await putHour(t, data, 1, 'select * exclude (p_sold) from events_all limit 9');
    const look = () => ask(t, data, `select ingest_seq, count(*) as times,
        count(p_price) as numbers, count(distinct p_price) as one, any_value(p_price) as price,
        list(distinct p_a_b) as texts, count(p_sold) as sold
        from events group by all order by ingest_seq`);
    const check = async (known) => {
        const rows = await look();
        assert.deepStrictEqual(rows.map(({price}) => price),
            [12.5, null, null, 3, null, null, null, null, null], known);
        rows.forEach((row, i) => {
            assert.strictEqual(row.times, 3, known);
            assert.strictEqual(row.numbers, row.price === null ? 0 : 3, known);
            assert.deepStrictEqual(row.texts, [`t\u00e9${i}`], known);
            assert.strictEqual(row.sold, 0, known);
        });
    };
    await check('nothing is known of the files');
    await writeColumns(t, data);
    await check('all is known');
    const names = (await ask(t, data, 'describe events')).map((row) => row.column_name);
    assert.deepStrictEqual(names.slice(-3), ['p_price', 'p_a_b', 'p_sold']);
    const {out} = await run(t, data, ['export']);
    assert.ok(!out.toString().includes('p_price'), 'an export has rows as they are');
});
