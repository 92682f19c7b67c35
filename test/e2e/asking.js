/** `pipes query` and `pipes export` as a test runs them, with a TMPDIR of its own. */
'use strict';
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {temporaryFolder, BINARY} = require('./collector');

/** Starts the command; its `done` gives {code, signal, out (bytes), err}. */
function begin(t, data, words, {input = '', temp = temporaryFolder(t)} = {}) {
    const [command, ...rest] = words;
    const child = spawn(BINARY, [command, '--data', data, ...rest],
        {env: {...process.env, TMPDIR: temp}, stdio: ['pipe', 'pipe', 'pipe']});
    const out = [];
    let err = '';
    child.stdout.on('data', (bytes) => out.push(bytes));
    child.stderr.on('data', (text) => {
        err += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.temp = temp;
    child.done = new Promise((resolve) => child.on('close', (code, signal) =>
        resolve({code, signal, out: Buffer.concat(out), err})));
    return child;
}

function run(t, data, words, options) {
    return begin(t, data, words, options).done;
}

/** The rows of an answer; fails with what the command said. */
async function ask(t, data, sql, ...options) {
    const {code, out, err} = await run(t, data, ['query', '--format', 'json', ...options, sql]);
    if (code !== 0) {
        throw new Error(`exit status ${code}: ${err}`);
    }
    return JSON.parse(out);
}

/**
 * Puts what was collected so far into an hour's Parquet file of two days ago: a lake with one. A
 * collector that runs removes what is years old.
 */
async function putIntoParquet(t, data, sql = 'from events_all') {
    const {code, out, err} = await run(t, data, ['query', '--format', 'parquet', sql]);
    if (code !== 0) {
        throw new Error(`exit status ${code}: ${err}`);
    }
    const day = new Date(Date.now() - 2 * 864e5).toISOString().slice(0, 10);
    const folder = path.join(data, 'lake', 'events', `date=${day}`, 'hour=00');
    fs.mkdirSync(folder, {recursive: true});
    fs.writeFileSync(path.join(folder, 'events.parquet'), out);
    return path.join(folder, 'events.parquet');
}

module.exports = {begin, run, ask, putIntoParquet};
