/** From the answer to an event until `pipes query` shows it, its own start included. */
'use strict';
const {PIPES, measured, rowsOf} = require('./tools');
const {Collecting} = require('./collecting');

const TIMES = 4;

function isVisible(data, id) {
    const {output} = measured(PIPES, 'query', '--data', data, '--format', 'ndjson',
        `select count(*) as n from events_all where event_id = '${id}'`);
    return Number(rowsOf(output)[0].n) === 1;
}

async function run({rounds, report, copy}) {
    const data = copy.compacted();
    const collecting = await Collecting.start(data);
    const waits = [];
    try {
        for (let i = 0; i < rounds * TIMES; i++) {
            await collecting.send(`visible-${i}`);
            const begin = process.hrtime.bigint();
            while (!isVisible(data, `visible-${i}`)) {
                if (process.hrtime.bigint() - begin > 30e9) {
                    throw new Error('an accepted event is not visible after 30 s');
                }
            }
            waits.push(Number(process.hrtime.bigint() - begin) / 1e9);
        }
    } finally {
        await collecting.stop();
    }
    report.figure('event accepted -> seen by a query that began then', waits, 's wall', {most: 2});
}

module.exports = {name: 'visible', run};
