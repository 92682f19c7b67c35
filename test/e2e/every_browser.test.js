/** The same stories in each engine, from the page to the lake. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {ENGINES, LACKS} = require('./engines');
const {startStory} = require('./story');

const STORIES = ['delivery', 'privacy', 'pages'].flatMap((file) => require(`./stories/${file}`));


for (const [id, engine] of Object.entries(ENGINES)) {
    test(engine.name, async (t) => {
        const browser = await engine.start(t);
        for (const {name, storages, needs, options, run} of STORIES) {
            for (const storage of storages) {
                const title = storages.length > 1 ? `${name} (storage ${storage})` : name;
                await t.test(title, {skip: LACKS[id][needs], timeout: 60000}, async (t) => {
                    const story = await startStory(t, ['--storage', storage, ...(options || [])]);
                    await run({t, story, browser, engine, storage});
                });
            }
        }
    });
}

test('nothing is said to be lacking that no story needs', () => {
    const needs = new Set(STORIES.map((story) => story.needs));
    for (const lacks of Object.values(LACKS)) {
        assert.deepStrictEqual(Object.keys(lacks).filter((one) => !needs.has(one)), []);
    }
});
