/** Forgetting who has very many events, and who has one, while events come in. */
'use strict';
const {PIPES, measured, rowsOf} = require('./tools');
const {spawn} = require('node:child_process');
const {Collecting} = require('./collecting');

const PAUSE_MS = 20;

/** Runs it beside; resolves to seconds. */
function forget(data, id) {
    const begin = process.hrtime.bigint();
    const child = spawn(PIPES, ['forget', '--data', data, id], {stdio: ['ignore', 'pipe', 'pipe']});
    let said = '';
    child.stdout.on('data', (text) => {
        said += text;
    });
    child.stderr.on('data', (text) => {
        said += text;
    });
    return new Promise((resolve, reject) => child.on('exit', (code) => code === 0
        ? resolve(Number(process.hrtime.bigint() - begin) / 1e9)
        : reject(new Error(`pipes forget ended with ${code}: ${said}`))));
}

/** Sends an event now and then while `work` goes on; how long each took. */
async function sendDuring(collecting, label, work) {
    const waits = [];
    let isOver = false;
    const done = work.finally(() => {
        isOver = true;
    });
    for (let i = 0; !isOver; i++) {
        waits.push(await collecting.send(`${label}-${i}`));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return {took: await done, waits};
}

function count(data, id) {
    const {output} = measured(PIPES, 'query', '--data', data, '--format', 'ndjson',
        `select count(*) as n from events_all where anonymous_id = '${id}'`);
    return Number(rowsOf(output)[0].n);
}

async function run({truth, report, copy}) {
    const data = copy.compacted();
    const {many, few} = truth.subjects;
    const collecting = await Collecting.start(data);
    try {
        const {waits: before} = await sendDuring(collecting, 'quiet',
            new Promise((resolve) => setTimeout(resolve, 3000)));
        report.figure('an event is accepted, nothing else going on', before, 'ms');
        for (const [who, subject] of [['few', few], ['many', many]]) {
            const had = count(data, subject.anonymous_id);
            const {took, waits} = await sendDuring(collecting, who,
                forget(data, subject.anonymous_id));
            report.figure(`forget one id of ${subject.events} events in ${subject.hours} hours`,
                [took], 's wall', {most: 30});
            report.figure('  an event is accepted meanwhile', waits, 'ms');
            report.fact('  it was there, and is gone',
                had === subject.events && count(data, subject.anonymous_id) === 0);
        }
    } finally {
        await collecting.stop();
    }
    measured(PIPES, 'verify', '--data', data);
    report.fact('  and `pipes verify` has nothing to say', true);
}

module.exports = {name: 'forget', run};
