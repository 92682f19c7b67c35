/**
 * make check-clickhouse: are the answers right? The same questions to `pipes query`, to plain
 * DuckDB and to ClickHouse's real engine, over the same Parquet, against what the generator knows.
 *
 *     node bench/lake/check_clickhouse.js DATA ENGINE_FOLDER
 *
 * The engine (npm chdb: 543 MB) is in ENGINE_FOLDER/node_modules, where the Makefile put it.
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {QUESTIONS, plain} = require('./answers');
const {clickhouseExamples} = require('./examples');
const {PIPES, duckSql, rowsOf, readTruth} = require('./tools');

const GLOB = 'lake/events/*/*/events.parquet';

/** Ask an engine: name -> function of a question that gives rows, or undefined when it has none. */
function engines(data, truth, clickhouse) {
    const files = path.join(data, GLOB);
    return {
        'pipes query': (question) => rowsOf(execFileSync(PIPES,
            ['query', '--data', data, '--format', 'ndjson', question.pipes(truth)],
            {encoding: 'utf8', maxBuffer: 1 << 28})),
        'DuckDB': (question) => question.duckdb && duckSql("set timezone = 'UTC'",
            `create view events as
                select * from read_parquet('${files}', union_by_name = true)`,
            question.duckdb(truth)),
        'ClickHouse': (question) => question.clickhouse && rowsOf(clickhouse.query(
            question.clickhouse(truth)
                .replace(/\bfrom events\b/g, `from file('${files}', Parquet)`), 'JSONEachRow')),
    };
}

/** Whether it is right; says so. */
function check(name, question, ask, truth) {
    const begin = process.hrtime.bigint();
    let found;
    try {
        found = ask(question);
        if (!found) {
            return true;
        }
        assert.deepStrictEqual(plain(found), question.truth(truth));
    } catch (error) {
        console.log(`  WRONG  ${question.title.padEnd(22)} ${name}\n${error.message}`);
        return false;
    }
    const took = Number(process.hrtime.bigint() - begin) / 1e6;
    console.log(`  equal  ${question.title.padEnd(22)} ${name.padEnd(12)} ` +
        `${String(found.length).padStart(4)} rows ${took.toFixed(0).padStart(6)} ms`);
    return true;
}

/** Those that ask must answer with rows; the view that is made must have all events. */
function runExample(clickhouse, sql, truth) {
    const answer = rowsOf(clickhouse.query(sql, 'JSONEachRow'));
    if (/^create view/i.test(sql)) {
        const [{n}] = plain(rowsOf(clickhouse.query('select count() as n from events',
            'JSONEachRow')));
        assert.strictEqual(n, truth.events);
    } else {
        assert.ok(answer.length > 0, 'no rows');
    }
}

function checkExamples(clickhouse, data, truth) {
    return clickhouseExamples(data).map(({name, sql}) => {
        try {
            runExample(clickhouse, sql, truth);
            console.log(`  runs   ${name}`);
            return true;
        } catch (error) {
            console.log(`  FAILS  ${name}\n${sql}\n${error.message}`);
            return false;
        }
    });
}

function main(data, folder) {
    const {Session} = require(require.resolve('chdb', {paths: [path.resolve(folder)]}));
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-clickhouse-'));
    const clickhouse = new Session(scratch);
    try {
        const truth = readTruth(data);
        const version = clickhouse.query('select version()', 'TabSeparated').trim();
        console.log(`${truth.events} events, ClickHouse ${version}`);
        const asked = engines(path.resolve(data), truth, clickhouse);
        const results = QUESTIONS.flatMap((question) => Object.entries(asked)
            .map(([name, ask]) => check(name, question, ask, truth)));
        console.log('examples of docs/reading.md for ClickHouse');
        const ran = checkExamples(clickhouse, path.resolve(data), truth);
        return ran.length > 0 && [...results, ...ran].every(Boolean) ? 0 : 1;
    } finally {
        clickhouse.close();
        fs.rmSync(scratch, {recursive: true, force: true});
    }
}

process.exitCode = main(...process.argv.slice(2));
