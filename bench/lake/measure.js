/**
 * make bench-lake: every figure that the lake promises, from one lake of bench/lake, with the
 * yardsticks measured in turn beside it.
 *
 *     node bench/lake/measure.js [--data DIR] [--rounds N] [--only NAME,...] [--save]
 *
 * DIR (build/bench/lake) is left as it is: compaction and erasure work on copies beside it. What
 * must be right is checked on the way: answers against the generator's truth, the lake by
 * `pipes verify`.
 */
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {parseArgs} = require('node:util');
const {ROOT, PIPES, measured, readTruth} = require('./tools');
const {Report} = require('./report');
const {LakeCopy} = require('./lake_copy');

const ROWS = [
    require('./row_compaction'),
    require('./row_bytes'),
    require('./row_queries'),
    require('./row_cold'),
    require('./row_visible'),
    require('./row_forget'),
];

function options() {
    const {values} = parseArgs({options: {
        data: {type: 'string', default: path.join(ROOT, 'build', 'bench', 'lake')},
        rounds: {type: 'string', default: '5'},
        only: {type: 'string', default: ''},
        save: {type: 'boolean', default: false},
    }});
    return {...values, rounds: Number(values.rounds), only: values.only.split(',').filter(Boolean)};
}

function begin(report, given, truth) {
    const cpus = os.cpus();
    report.say(`date       ${new Date().toISOString()}`);
    report.say(`processor  ${cpus[0].model}, ${cpus.length} in all`);
    report.say(`kernel     ${os.type()} ${os.release()}`);
    report.say(`program    ${measured(PIPES, 'version').output.trim()}`);
    report.say(`lake       ${truth.events} events of ${truth.days} days, seed ${truth.seed}, ` +
        `${truth.raw_files} parts; ${given.rounds} rounds, in turn`);
    report.say(`load       ${os.loadavg().map((one) => one.toFixed(1)).join(' ')} before`);
    report.head();
}

async function main() {
    const given = options();
    const truth = readTruth(given.data);
    const report = new Report();
    const copy = new LakeCopy(given.data);
    try {
        begin(report, given, truth);
        for (const row of ROWS) {
            if (given.only.length === 0 || given.only.includes(row.name)) {
                await row.run({...given, truth, report, copy});
            }
        }
        report.say(`load       ${os.loadavg().map((one) => one.toFixed(1)).join(' ')} after`);
    } finally {
        copy.remove();
    }
    if (given.save) {
        const day = new Date().toISOString().slice(0, 10);
        const file = path.join(ROOT, 'bench', 'results', `${day}-lake.txt`);
        fs.appendFileSync(file, report.text());
        console.log(`saved in ${file}`);
    }
    return report.isGood() ? 0 : 1;
}

main().then((status) => {
    process.exitCode = status;
}, (error) => {
    console.error(error);
    process.exitCode = 1;
});
