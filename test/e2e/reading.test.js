/** The examples of docs/reading.md that can run here, over lakes that were compacted, or not. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const path = require('node:path');
const {execFileSync, spawnSync} = require('node:child_process');
const {BINARY} = require('./collector');
const {generateLake} = require('./lake_data');
const {examples, examplesOf, duckExamples} = require('../../bench/lake/examples');
const {duckSql, filesBelow} = require('../../bench/lake/tools');

const PYTHON = ['pandas', 'pyarrow', 'polars', 'json'];

function makeLake(t) {
    const lake = generateLake(t, 3000, '--days', '2');
    execFileSync(BINARY, ['compact', '--data', lake.data], {timeout: 120000});
    return lake;
}

test('every block of code in docs/reading.md is of a kind that somebody runs', () => {
    const kinds = new Set(examples().map((one) => one.kind).filter(Boolean));
    assert.deepStrictEqual([...kinds].sort(), ['clickhouse', 'duckdb', ...PYTHON].sort());
});

test('the examples for DuckDB run as they stand, over Parquet and over raw rows', (t) => {
    const compacted = makeLake(t);
    const raw = generateLake(t, 3000, '--days', '2');
    const isRaw = (text) => text.includes('read_json');
    for (const example of duckExamples('DATA')) {
        const lake = isRaw(example.text) ? raw : compacted;
        const statements = example.statements
            .map((sql) => sql.replace(/'DATA\//g, `'${lake.data}/`));
        const isView = /^create view/i.test(statements[statements.length - 1]);
        const rows = duckSql(...statements, ...(isView ? ['select count(*) as n from raw'] : []));
        assert.ok(rows.length > 0, example.name);
        assert.ok(!isView || rows[0].n === lake.truth.events, example.name);
    }
    const [hours] = duckExamples(compacted.data);
    assert.deepStrictEqual(duckSql(...hours.statements).map((row) => row.events),
        compacted.truth.hourly.map((row) => row.events).filter(Boolean));
});

for (const kind of PYTHON) {
    test(`the example for Python with ${kind} runs as it stands`, (t) => {
        if (spawnSync('python3', ['-c', `import ${kind}`]).status !== 0) {
            t.skip(`python3 has no ${kind} here`);
            return;
        }
        const lake = kind === 'json' ? generateLake(t, 500, '--days', '1') : makeLake(t);
        const [example] = examplesOf(kind);
        const output = execFileSync('python3', ['-c', example.text],
            {cwd: path.dirname(lake.data), encoding: 'utf8', timeout: 60000});
        assert.match(output, /page|\d/);
    });
}

test('a compacted hour is one file, and nothing else in the tree has its name', (t) => {
    const {data, truth} = makeLake(t);
    const hours = truth.received.filter((row) => row.events > 0).length;
    assert.strictEqual(filesBelow(path.join(data, 'lake', 'events'), /^events\.parquet$/).length,
        hours);
});
