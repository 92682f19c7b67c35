/**
 * The yardstick: a plain COPY of DuckDB, zstd, of a lake's raw rows, an hour a file, in the order
 * in which they came. Nothing of ours reads or writes here.
 *
 *     node bench/lake/plain_copy.js DATA OUT       OUT/events/date=/hour=/events.parquet
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {ROOT, duckSql, filesBelow, bytesOf} = require('./tools');

const TYPES = {string: 'VARCHAR', integer: 'BIGINT', real: 'DOUBLE', boolean: 'BOOLEAN',
    time: 'TIMESTAMPTZ', json: 'JSON'};

/** name -> type of DuckDB, from docs/event.md, which the tests hold equal to the table in C. */
function columns() {
    const text = fs.readFileSync(path.join(ROOT, 'docs', 'event.md'), 'utf8');
    return Object.fromEntries([...text.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)]
        .map(([, name, type]) => [name, TYPES[type]]));
}

/** Statements that copy each hour of the lake's raw tree. */
function copyStatements(data, out) {
    const raw = path.join(data, 'lake', 'raw');
    const hours = new Set(filesBelow(raw, /^part-.*\.zst$/).map((file) => path.dirname(file)));
    const types = Object.entries(columns()).map(([name, type]) => `${name}: '${type}'`).join(', ');
    return [...hours].map((hour) => {
        const folder = path.join(out, 'events', path.relative(raw, hour));
        fs.mkdirSync(folder, {recursive: true});
        return `copy (select * from read_json('${hour}/part-*.ndjson.zst',
            format = 'newline_delimited', compression = 'zstd', columns = {${types}}))
            to '${folder}/events.parquet' (format parquet, compression zstd)`;
    });
}

/** Bytes of the files that it wrote. */
function plainCopy(data, out) {
    const statements = copyStatements(data, out);
    const some = 48; // a command has so many words at most
    for (let i = 0; i < statements.length; i += some) {
        duckSql('--threads', '1', "set timezone = 'UTC'", ...statements.slice(i, i + some));
    }
    return bytesOf(filesBelow(path.join(out, 'events'), /\.parquet$/));
}

module.exports = {plainCopy, columns};

if (require.main === module) {
    const [data, out] = process.argv.slice(2);
    console.log(`${plainCopy(data, out)} bytes in ${out}/events`);
}
