/** The questions that people ask, a process each, and whether the answers are true. */
'use strict';
const {isDeepStrictEqual} = require('node:util');
const {PIPES, measured, rowsOf} = require('./tools');
const {QUESTIONS, plain} = require('./answers');

const TIMED = ['hourly_uniques', 'top_pages', 'funnel', 'retention'];

async function run({rounds, truth, report, copy}) {
    const data = copy.compacted();
    const walls = new Map(QUESTIONS.map((question) => [question, []]));
    const used = new Map(QUESTIONS.map((question) => [question, []]));
    const wrong = new Set();
    for (let i = 0; i < rounds; i++) {
        for (const question of QUESTIONS) {
            const one = measured(PIPES, 'query', '--data', data, '--format', 'ndjson',
                question.pipes(truth));
            walls.get(question).push(one.wall_ms / 1000);
            used.get(question).push((one.user_ms + one.system_ms) / 1000);
            if (!isDeepStrictEqual(plain(rowsOf(one.output)), question.truth(truth))) {
                wrong.add(question.title);
            }
        }
    }
    for (const question of QUESTIONS) {
        report.figure(`query: ${question.title}`, walls.get(question), 's wall',
            TIMED.includes(question.name) ? {most: 1} : {});
        report.figure('  its processor time', used.get(question), 'CPU s');
    }
    report.fact(`answers are what is true${[...wrong].map((one) => `; not: ${one}`)}`,
        wrong.size === 0);
}

module.exports = {name: 'queries', run};
