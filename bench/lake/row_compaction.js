/** Compaction: events per second of processor, memory; a plain COPY in turn. */
'use strict';
const path = require('node:path');
const {PIPES, measured} = require('./tools');

const MEMORY = '512MB';

function compact(copy) {
    const data = copy.fresh();
    const used = measured(PIPES, 'compact', '--data', data, '--compact-memory', MEMORY);
    copy.keep(data);
    return used;
}

function plain(data, out) {
    return measured(process.execPath, path.join(__dirname, 'plain_copy.js'), data, out);
}

const perSecond = (events, used) => events / ((used.user_ms + used.system_ms) / 1000);

async function run({data, rounds, truth, report, copy}) {
    const ours = [];
    const theirs = [];
    for (let i = 0; i < Math.min(rounds, 3); i++) {
        ours.push(compact(copy));
        theirs.push(plain(data, path.join(copy.folder, `plain-${i}`)));
    }
    report.figure(`compaction, ${MEMORY}, one thread`,
        ours.map((used) => perSecond(truth.events, used)), 'events/CPU s', {least: 100000});
    report.figure('  peak of resident memory', ours.map((used) => used.rss_bytes / 1e6), 'MB',
        {most: 450});
    report.figure('  wall', ours.map((used) => used.wall_ms / 1000), 's');
    report.figure('  plain COPY from read_json, zstd, one thread',
        theirs.map((used) => perSecond(truth.events, used)), 'events/CPU s');
}

module.exports = {name: 'compaction', run};
