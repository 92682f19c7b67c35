/** Bytes of Parquet, beside what a plain COPY of DuckDB makes of the same rows and the raw ones. */
'use strict';
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {PIPES, filesBelow, bytesOf} = require('./tools');
const {plainCopy} = require('./plain_copy');

async function run({data, truth, report, copy}) {
    const compacted = copy.compacted();
    const events = path.join(compacted, 'lake', 'events');
    const parquet = bytesOf(filesBelow(events, /^events\.parquet$/));
    const plain = plainCopy(data, path.join(copy.folder, 'plain'));
    const raw = bytesOf(filesBelow(path.join(data, 'lake', 'raw'), /^part-.*\.zst$/));
    const each = (bytes) => [bytes / truth.events];
    report.figure('Parquet', each(parquet), 'bytes/event');
    report.figure('  plain COPY (zstd), a file an hour', each(plain), 'bytes/event');
    report.figure('  raw parts, NDJSON.zst', each(raw), 'bytes/event');
    report.figure('  raw NDJSON', each(truth.raw_bytes), 'bytes/event');
    report.figure('Parquet to plain COPY', [parquet / plain], 'times', {most: 0.9});
    report.figure('Parquet to raw NDJSON', [parquet / truth.raw_bytes], 'times');
    execFileSync(PIPES, ['verify', '--data', compacted], {stdio: 'pipe'});
    report.fact('  and `pipes verify` has nothing to say', true);
}

module.exports = {name: 'bytes', run};
