/** Stories of visitors who said no: nothing is sent, nothing stays but the refusal. */
'use strict';
const assert = require('node:assert');
const {open, show, tell, kept} = require('../story');

const STORAGES = ['cookie', 'local', 'memory'];

const isOptOut = ({line}) => line === 'POST /e?optout=';
const optOuts = (story) => story.wire.requests.filter(isOptOut).length;
const posts = (story) => story.wire.requests.filter((one) =>
    one.line !== 'GET /pipes.js' && !isOptOut(one)).length;

/** The page tells in all ways it has. */
async function tellMuch(page) {
    await tell(page, 3);
    await page.evaluate(() => {
        window.pipes.identify('somebody');
        window.pipes.flush();
    });
}

async function tellMuchAndLeave(page) {
    await tellMuch(page);
    await page.click('#next');
    await page.waitFor(() => location.pathname === '/next' && window.isReady());
}

function saysNo(name, says) {
    return {
        name: `${name}: nothing is sent, nothing is stored`,
        storages: STORAGES,
        async run({story, browser}) {
            const page = await open(browser, story.page('/one', {says}));
            await tellMuch(page);
            assert.deepStrictEqual(await kept(page), []);
            // Had the first page sent anything, it would be here before the second one's event.
            await show(page, story.page('/two'));
            await story.pagesTaken(1);
            assert.deepStrictEqual((await story.judge([])).map((row) => row.path), ['/two']);
            assert.strictEqual(posts(story), 1);
            await page.close();
        },
    };
}

module.exports = [
    saysNo('Do Not Track', 'doNotTrack=1'),
    saysNo('Global Privacy Control', 'globalPrivacyControl=true'),
    {
        name: 'Global Privacy Control set in the browser: nothing is sent, nothing is stored',
        needs: 'signal',
        storages: ['cookie'],
        async run({t, story, engine}) {
            const page = await open(await engine.startWithSignal(t), story.page('/one'));
            await tellMuchAndLeave(page);
            assert.deepStrictEqual(await kept(page), []);
            assert.strictEqual(posts(story), 0);
        },
    },
    {
        name: 'disabled: nothing more is sent, only the refusal is stored, until it is taken back',
        storages: STORAGES,
        async run({story, browser}) {
            const page = await open(browser, story.page('/one'));
            await story.pagesTaken(1);
            await page.evaluate(() => window.pipes.disable());
            assert.deepStrictEqual(await kept(page), ['cookie pipes_disabled']);
            await tellMuchAndLeave(page);
            assert.deepStrictEqual(await kept(page), ['cookie pipes_disabled']);
            assert.deepStrictEqual([posts(story), optOuts(story)], [1, 1]);
            await page.evaluate(() => window.pipes.enable());
            const told = await tell(page, 2);
            await story.isTaken(told);
            assert.ok(!(await kept(page)).includes('cookie pipes_disabled'));
            await story.judge(told);
            await page.close();
        },
    },
    {
        name: 'consent is denied: nothing is sent, nothing is stored, until it is granted',
        storages: STORAGES,
        options: ['--consent', 'pending'],
        async run({story, browser}) {
            const page = await open(browser, story.page('/one'));
            await tell(page, 3);
            assert.deepStrictEqual(await kept(page), []);
            await page.evaluate(() => window.pipes.consent('denied'));
            await tellMuchAndLeave(page);
            assert.deepStrictEqual(await kept(page), []);
            assert.strictEqual(posts(story), 0);
            await page.evaluate(() => window.pipes.consent('granted'));
            const told = await tell(page, 2);
            await story.isTaken(told);
            await story.judge(told);
            await page.close();
        },
    },
    {
        name: 'a consent is recorded once for each scope, a refusal nowhere',
        storages: STORAGES,
        options: ['--consent', 'pending'],
        async run({story, browser}) {
            const say = (page, state, told) => page.evaluate((args) =>
                window.pipes.consent(...args), [state, told]);
            const measure = {source: 'banner', version: '7', purposes: ['measure']};
            const more = {...measure, purposes: ['measure', 'ml']};
            const page = await open(browser, story.page('/one'));
            await say(page, 'denied', measure);
            assert.deepStrictEqual([await kept(page), posts(story)], [[], 0]);
            for (const told of [measure, measure, more]) {
                await say(page, 'granted', told);
            }
            const told = await tell(page, 1);
            await story.isTaken(told);
            const sent = posts(story);
            await say(page, 'denied', more);
            assert.deepStrictEqual([await kept(page), posts(story)], [[], sent]);
            const records = (await story.judge(told)).filter((row) => row.type === 'consent');
            assert.deepStrictEqual(records.sort((a, b) => a.seq - b.seq).map((row) => row.consent),
                [measure, more].map((one) => ({...one, state: 'granted'})));
            assert.ok(records.every((row) => !row.url && !row.title && !row.session_id));
            assert.ok(records.every((row) => row.anonymous_id), 'whose it is');
            await page.close();
        },
    },
];
