/** The same stories in each engine, from the page to the lake. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {ENGINES, LACKS} = require('./engines');
const {startStory} = require('./story');

const STORIES = ['delivery', 'privacy', 'pages', 'capture']
    .flatMap((file) => require(`./stories/${file}`));

/** What `make browsers` says in the end: by story, storage mode and engine. */
const measured = new Map();

/** Seconds until all was taken, and posts per event. */
function note(story, name, storage, engine) {
    if (story.seconds >= 0) {
        const key = `${name} | ${storage}`;
        const cell = `${story.seconds.toFixed(1)} s, ${story.times.toFixed(2)}`;
        measured.set(key, {...measured.get(key), [engine]: cell});
    }
}

function table() {
    const names = Object.values(ENGINES).map(({name}) => name);
    return [...measured].map(([key, cells]) =>
        `| ${key} | ${names.map((name) => cells[name] || '-').join(' | ')} |`).join('\n');
}

/** All modes with `make browsers`; else one for each story, another one for the next. */
const modesOf = ({storages}, i) => process.env.PIPES_EVERY_STORAGE ? storages :
    [storages[i % storages.length]];

for (const [id, engine] of Object.entries(ENGINES)) {
    test(engine.name, async (t) => {
        const browser = await engine.start(t);
        for (const [i, one] of STORIES.entries()) {
            for (const storage of modesOf(one, i)) {
                await t.test(`${one.name} (storage ${storage})`, {skip: LACKS[id][one.needs],
                    timeout: 60000}, async (t) => {
                    const story = await startStory(t,
                        ['--storage', storage, ...(one.options || [])]);
                    await one.run({t, story, browser, engine, storage});
                    note(story, one.name, storage, engine.name);
                });
            }
        }
    });
}

if (process.env.PIPES_EVERY_STORAGE) {
    test('seconds until all was taken, and posts per event', (t) => t.diagnostic('\n' + table()));
}

test('nothing is said to be lacking that no story needs', () => {
    const needs = new Set(STORIES.map((story) => story.needs));
    for (const lacks of Object.values(LACKS)) {
        assert.deepStrictEqual(Object.keys(lacks).filter((one) => !needs.has(one)), []);
    }
});
