/**
 * What the scripts of bench/lake share: other programs, run and measured.
 */
'use strict';
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const built = (name) => path.join(ROOT, 'build', name);
const PIPES = process.env.PIPES_BINARY || built('pipes');
const OUTPUT_MAX = 1 << 28;

/** {wall_ms, user_ms, system_ms, rss_bytes, output} of a command; throws when it failed. */
function measured(command, ...words) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-measured-'));
    const report = path.join(folder, 'report');
    try {
        const output = execFileSync(built('bench/measured'), [report, command, ...words],
            {encoding: 'utf8', maxBuffer: OUTPUT_MAX});
        return {...JSON.parse(fs.readFileSync(report, 'utf8')), output};
    } finally {
        fs.rmSync(folder, {recursive: true, force: true});
    }
}

const rowsOf = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** What everybody's DuckDB answers to the last of these statements. */
function duckSql(...words) {
    return rowsOf(execFileSync(built('bench/duck_sql'), words,
        {encoding: 'utf8', maxBuffer: OUTPUT_MAX}));
}

function readTruth(data) {
    return JSON.parse(fs.readFileSync(`${data}.truth.json`, 'utf8'));
}

/** Full names of the files below a folder whose name fits, sorted. */
function filesBelow(folder, fits) {
    if (!fs.existsSync(folder)) {
        return [];
    }
    return fs.readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(full, fits) : fits.test(entry.name) ? [full] : [];
    }).sort();
}

const bytesOf = (files) => files.reduce((sum, file) => sum + fs.statSync(file).size, 0);

module.exports = {ROOT, PIPES, built, measured, duckSql, rowsOf, readTruth, filesBelow, bytesOf};
