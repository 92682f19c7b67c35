/**
 * Lakes whose every count is known: made by bench/lake, into a folder of the test.
 */
'use strict';
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {temporaryFolder, ROOT} = require('./collector');

const GENERATOR = process.env.PIPES_GENERATE || path.join(ROOT, 'build', 'bench', 'generate');

/** {data, truth}: a data folder of so many events, and what is true of them. */
function generateLake(t, events, ...options) {
    const data = path.join(temporaryFolder(t), 'data');
    execFileSync(GENERATOR, ['--data', data, '--events', String(events), ...options],
        {encoding: 'utf8', timeout: 300000});
    return {data, truth: JSON.parse(fs.readFileSync(`${data}.truth.json`, 'utf8'))};
}

module.exports = {generateLake, GENERATOR};
