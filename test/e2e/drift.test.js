/**
 * A schema that never rests: 10,000 event names, 5,000 properties, of any type from one event to
 * the next. Nothing may grow with it but files, and every answer must be right.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {execFileSync} = require('node:child_process');
const {BINARY} = require('./collector');
const {generateLake} = require('./lake_data');
const {measured, rowsOf} = require('../../bench/lake/tools');

const MEMORY_MAX = 450e6;

/** What DuckDB calls the types of values, and what the generator does. */
const KINDS = {BIGINT: 'integer', UBIGINT: 'integer', DOUBLE: 'real', VARCHAR: 'string',
    BOOLEAN: 'boolean', NULL: 'null', ARRAY: 'array', OBJECT: 'object'};
const GENERATED = {big_integer: 'real', number_string: 'string', time_string: 'string'};

function ask(data, sql) {
    return rowsOf(execFileSync(BINARY, ['query', '--data', data, '--format', 'ndjson', sql],
        {encoding: 'utf8', timeout: 120000}));
}

/** [[kind, n], ...] summed by kind, without those that are not there, sorted. */
function sums(pairs) {
    const counts = {};
    for (const [kind, n] of pairs) {
        counts[kind] = (counts[kind] || 0) + Number(n);
    }
    return Object.entries(counts).filter(([, n]) => n > 0).sort();
}

/** How often each kind of value is there. */
function kindsOf(data, property) {
    const type = `json_type(properties::json, '$.${property}')`;
    return sums(ask(data, `select ${type} as type, count(*) as n from events_all
        where name like 'drift_%' and ${type} is not null group by 1`)
        .map((row) => [KINDS[row.type], row.n]));
}

const expected = (types) => sums(Object.entries(types)
    .map(([type, n]) => [GENERATED[type] || type, n]));

test('10,000 names and 5,000 properties of any type: compacted in bounded memory, answers right',
    (t) => {
        const {data, truth} = generateLake(t, 60000, '--days', '1', '--drift');
        assert.deepStrictEqual([truth.drift.names, truth.drift.properties], [10000, 5000]);
        const before = kindsOf(data, 'prop_0000');
        const used = measured(BINARY, 'compact', '--data', data);
        assert.ok(used.rss_bytes < MEMORY_MAX, `compaction took ${used.rss_bytes} bytes`);

        const [counts] = ask(data, `select count(*) as n, count(distinct name) as names
            from events_all where name like 'drift_%'`);
        assert.deepStrictEqual([Number(counts.n), Number(counts.names)],
            [truth.drift.events, truth.drift.names]);
        const [keys] = ask(data, `select count(distinct key) as n from (select
            unnest(json_keys(properties::json)) as key from events_all where name like 'drift_%')`);
        assert.strictEqual(Number(keys.n), truth.drift.properties);
        assert.deepStrictEqual(before, expected(truth.drift.types.prop_0000));
        for (const property of ['prop_0000', 'prop_0001', 'prop_4999']) {
            assert.deepStrictEqual(kindsOf(data, property),
                expected(truth.drift.types[property]), property);
        }
    });
