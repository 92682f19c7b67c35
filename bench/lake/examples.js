/**
 * The examples of docs/reading.md, taken out of it to be run: blocks whose info string has a second
 * word that says by what ("```sql duckdb"), with the lake of a test in place of theirs.
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {ROOT} = require('./tools');

/** [{kind, name, text}]: name is the heading that it stands under, and its number there. */
function examples() {
    const text = fs.readFileSync(path.join(ROOT, 'docs', 'reading.md'), 'utf8');
    const found = [];
    let heading = '';
    for (const [, title, kind, body] of
        text.matchAll(/^(?:#+ (.*)|```\w+ (\w+)\n([^]*?)^```)$/gm)) {
        if (title) {
            heading = title;
        } else {
            const number = found.filter((one) => one.heading === heading).length + 1;
            found.push({kind, heading, name: `${heading} (${number})`, text: body});
        }
    }
    return found;
}

/** Statements of a block: they end with a semicolon at the end of a line. */
const statements = (text) => text.split(/;\s*$/m).map((part) => part.trim()).filter(Boolean);

function examplesOf(kind) {
    return examples().filter((one) => one.kind === kind);
}

/** DuckDB's, each a list of statements over the data folder. */
function duckExamples(data) {
    return examplesOf('duckdb').map((one) => ({...one,
        statements: statements(one.text.replace(/'data\/lake/g, `'${data}/lake`))}));
}

/** ClickHouse's, a statement each; what is in a bucket there is in files here. */
function clickhouseExamples(data) {
    const here = (text) => text
        .replace(/s3\(\s*'https:\/\/BUCKET[^']*?\/lake/g, `file('${data}/lake`)
        .replace(/'data\/lake/g, `'${data}/lake`);
    return examplesOf('clickhouse').flatMap((one) => statements(here(one.text))
        .map((sql, i) => ({name: `${one.name}, statement ${i + 1}`, sql})));
}

module.exports = {examples, examplesOf, duckExamples, clickhouseExamples};
