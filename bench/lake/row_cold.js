/** The first answer of a new process; and when nothing of its files is in memory. */
'use strict';
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {ROOT, PIPES, measured, rowsOf, filesBelow} = require('./tools');

const TIMES = 4;

/** The kernel forgets what it holds of these files. */
function forget(files) {
    for (const file of files) {
        execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], {stdio: 'ignore'});
    }
}

async function run({rounds, truth, report, copy}) {
    const data = copy.compacted();
    const files = [PIPES, ...filesBelow(path.join(data, 'lake'), /./),
        ...filesBelow(path.join(ROOT, 'node_modules', '@duckdb'), /^libduckdb\.so$/)];
    const warm = [];
    const cold = [];
    let isRight = true;
    for (let i = 0; i < rounds * TIMES; i++) {
        const isCold = i % TIMES === 0;
        if (isCold) {
            forget(files);
        }
        const one = measured(PIPES, 'query', '--data', data, '--format', 'ndjson',
            'select count(*) as n from events_all');
        (isCold ? cold : warm).push(one.wall_ms);
        isRight = isRight && Number(rowsOf(one.output)[0].n) === truth.events;
    }
    report.figure('select count(*), a new process', warm, 'ms wall', {most: 150});
    report.figure('  nothing of program, library and lake in memory', cold, 'ms wall');
    report.fact('  and the count is right', isRight);
}

module.exports = {name: 'cold', run};
