/** The same stories in each engine, from the page to the lake. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {ENGINES, FEATURES, LACKS} = require('./engines');
const {startStory} = require('./story');

const STORIES = ['delivery', 'privacy', 'pages', 'capture', 'twice', 'routers', 'policy',
    'banner', 'frustration', 'vitals', 'modules', 'media', 'errors', 'cross_domain', 'shop',
    'lives', 'broken_collector']
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
const IS_ALL = Boolean(process.env.PIPES_EVERY_STORAGE);
const modesOf = ({storages}, i) => IS_ALL ? storages :
    [storages[i % storages.length]];

/**
 * A story that builds its own stage, for which the storage mode makes no difference: in each engine
 * with `make browsers`, else, as they take minutes, in Chromium.
 */
const alone = (t, one, scene) =>
    t.test(one.name, {skip: LACKS[scene.id][one.needs], timeout: 60000}, (t) =>
        one.run({t, ...scene}));

/** What is in the table is lacking, and nothing else. */
async function isAsSaid(browser, id) {
    const page = await browser.newPage();
    await page.goto('about:blank');
    const lacks = [];
    for (const [name, isThere] of Object.entries(FEATURES)) {
        if (!await page.evaluate(isThere)) {
            lacks.push(name);
        }
    }
    assert.deepStrictEqual(lacks.sort(), Object.keys(LACKS[id]).sort());
    await page.close();
}

for (const [id, engine] of Object.entries(ENGINES)) {
    test(engine.name, async (t) => {
        const browser = await engine.start(t);
        await t.test('lacks what the table says, and has all else', () => isAsSaid(browser, id));
        for (const [i, one] of STORIES.entries()) {
            if (one.ownStage) {
                if (IS_ALL || id === 'chromium') {
                    await alone(t, one, {browser, engine, id});
                }
                continue;
            }
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

if (IS_ALL) {
    test('seconds until all was taken, and posts per event', (t) => t.diagnostic('\n' + table()));
}

test('nothing is looked for that no story needs', () => {
    const needs = new Set(STORIES.flatMap((story) => story.needs || []));
    assert.deepStrictEqual(Object.keys(FEATURES).sort(), [...needs].sort());
});
