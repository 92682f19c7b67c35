/** Stories of events on their way, through faults, to the lake. */
'use strict';
const assert = require('node:assert');
const {until} = require('../collector');
const {open, openQuiet, isAnswered, show, tell, kept} = require('../story');

/** So much ahead, a page takes over what another one left behind. */
const LATER = {shift: 31000};
/** A clock that all but stands: no timer falls due but those that are due at once. */
const FROZEN = {speed: 0.001};
const QUICK = {speed: 10};
const LASTING = ['cookie', 'local'];
const ALL = [...LASTING, 'memory', 'none'];

/** What each storage mode leaves on the device once all is delivered. */
const KEPT = {
    cookie: ['cookie pipes_anonymous_id.story'],
    local: ['pipes_anonymous_id.story'],
    memory: [],
    none: [],
};

/** Tells events and sends them at once; their names. */
function tellNow(page, count) {
    return page.evaluate((n) => {
        const told = window.tell(n);
        window.pipes.flush();
        return told;
    }, count);
}

/** A life of the browser that ends with events stored and not delivered; their names. */
async function lifeWithoutDelivery({story, browser}) {
    await browser.visit(story.page('/one', {tell: 5}), () =>
        until('the page has told', () => story.told.length), 'pipes_queue.story');
    return story.told;
}

function nextLife({story, browser}, isOver, wishes = LATER) {
    story.cut_short = '/two';
    return browser.visit(story.page('/two', wishes), isOver);
}

/** A click that leaves tells; the next page asks half a minute later. */
async function leftAndAsked({story, browser}, link) {
    const page = await openQuiet(story, browser);
    await page.click(link);
    await story.pagesTaken(2);
    await isAnswered(page, 1);
    await show(page, story.page('/two', LATER));
    await until('nothing waits', async () => !String(await kept(page)).includes('queue'));
    await story.judge(story.named());
    await page.close();
}

module.exports = [{
    name: 'the first event is taken after two requests: the script and itself',
    storages: ALL,
    async run({story, browser, storage}) {
        const page = await open(browser, story.page('/one'));
        await story.pagesTaken(1);
        const {requests} = story.wire;
        assert.deepStrictEqual(requests.map(({line}) => line), ['GET /pipes.js', 'POST /e']);
        assert.strictEqual(requests[1].headers.cookie, undefined);
        // An answer that was slow leaves a queue behind, and a mark, for some seconds.
        await until('nothing else is kept', async () =>
            String(await kept(page)) === String(KEPT[storage]));
        await story.judge([]);
        await page.close();
    },
}, {
    name: 'events told by the click that leaves the page are taken once',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser);
        for (let pages = 2; pages < 5; pages++) {
            await page.click('#last_word');
            await story.pagesTaken(pages);
            await isAnswered(page, 1);
        }
        story.begin();
        await page.goto(story.page('/blank'));
        await story.isTaken(story.named());
        await story.judge(story.named());
        assert.strictEqual(story.named().length, 15);
        await page.close();
    },
}, {
    name: 'events told just before the tab is closed are taken once',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser);
        const told = await tell(page, 5);
        story.begin();
        await page.close();
        await story.isTaken(told);
        await story.judge(told);
    },
}, {
    name: 'a later visit asks what became of a beacon, and tells nothing again',
    storages: LASTING,
    run: (scene) => leftAndAsked(scene, '#last_word'),
}, {
    name: 'a later visit asks what became of a request without an answer, and tells nothing again',
    storages: LASTING,
    run: (scene) => leftAndAsked(scene, '#sent_word'),
}, {
    name: 'a tab goes behind another one: it sends at once, and nothing twice',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser, FROZEN);
        const told = await tell(page, 5);
        story.begin();
        await page.toBack();
        await story.isTaken(told);
        await isAnswered(page, 6);
        await page.goto(story.page('/blank'));
        await story.judge(told);
        await page.close();
    },
}, {
    name: 'nobody listens; the page is online again and sends at once',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser, FROZEN);
        await story.wire.down();
        const told = await tellNow(page, 5);
        await page.waitFor(() => window.failures === 1);
        await story.wire.up();
        story.begin();
        await page.evaluate(() => dispatchEvent(new Event('online')) && null);
        await story.isTaken(told);
        await story.judge(told);
        await page.close();
    },
}, {
    name: 'offline until the browser is closed: delivered by its next life',
    storages: LASTING,
    async run(scene) {
        const {story} = scene;
        story.beforeTelling = async () => {
            story.wire.fault = 'cut';
        };
        const told = await lifeWithoutDelivery(scene);
        story.wire.fault = undefined;
        await nextLife(scene, () => story.isTaken(told));
        await story.judge(told);
    },
}, {
    name: 'the collector dies, and so does the browser: delivered by its next life',
    storages: LASTING,
    async run(scene) {
        const {story} = scene;
        story.beforeTelling = () => story.collector.kill();
        const told = await lifeWithoutDelivery(scene);
        await story.collector.start();
        await nextLife(scene, () => story.isTaken(told));
        await story.judge(told);
    },
}, {
    name: 'a collector that has no room twice is asked a third time',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser, QUICK);
        story.wire.faults.push('503', '503');
        story.begin(QUICK);
        const told = await tellNow(page, 5);
        await story.isTaken(told);
        for (const one of told) {
            assert.strictEqual(story.wire.times(one), 3);
        }
        await story.judge(told, 3);
        await page.close();
    },
}, {
    name: 'two answers are lost: told again, in the lake once',
    storages: ALL,
    async run({story, browser}) {
        const page = await openQuiet(story, browser, QUICK);
        // A browser may try a connection that was lost once more by itself.
        story.wire.faults.push('unanswered', 'unanswered');
        story.begin(QUICK);
        const told = await tellNow(page, 5);
        await until('the events came again', () => story.wire.times(told[0]) > 1);
        await isAnswered(page, 6);
        await story.isTaken(told);
        await story.judge(told, 3);
        await page.close();
    },
}, {
    name: 'two tabs tell side by side',
    storages: ALL,
    async run({story, browser, storage}) {
        const pages = [await open(browser, story.page('/one')),
            await open(browser, story.page('/two'))];
        const told = [];
        story.begin();
        for (let i = 0; i < 6; i++) {
            told.push(...await tell(pages[i % 2], 2));
        }
        await story.isTaken(told);
        const all = await story.judge(told);
        const distinct = (field) => new Set(all.map((row) => row[field])).size;
        assert.strictEqual(distinct('load_id'), 2);
        if (LASTING.includes(storage)) {
            assert.strictEqual(distinct('anonymous_id'), 1);
            assert.strictEqual(distinct('session_id'), 1);
        }
        await Promise.all(pages.map((page) => page.close()));
    },
}, {
    name: 'a tab is duplicated: both tell, as two loads of one tab',
    storages: LASTING,
    async run({story, browser}) {
        const page = await open(browser, story.page('/one'));
        const told = await tell(page, 3);
        story.begin();
        const twin = await browser.duplicate(page, story.page('/two'));
        await twin.waitFor(() => window.isReady());
        told.push(...await tell(twin, 3), ...await tell(page, 3));
        await story.isTaken(told);
        const all = await story.judge(told);
        const distinct = (field) => new Set(all.map((row) => row[field])).size;
        assert.deepStrictEqual(['load_id', 'page_view_id', 'anonymous_id', 'session_id', 'tab_id']
            .map(distinct), [2, 2, 1, 1, 1]);
        for (const path of ['/one', '/two']) {
            assert.strictEqual(new Set(all.filter((row) => row.path === path)
                .map((row) => row.load_id)).size, 1, 'each page has its own queue');
        }
        await Promise.all([page.close(), twin.close()]);
    },
}, {
    name: 'answers are lost, and the visitor is back after six days: in the lake once',
    storages: LASTING,
    async run(scene) {
        const {story, browser} = scene;
        story.beforeTelling = async () => {
            story.wire.fault = 'unanswered';
        };
        await browser.visit(story.page('/one', {tell: 5}), () => until('all is taken', () =>
            story.told.length && story.told.every((one) => story.wire.times(one))),
        'pipes_queue.story');
        story.wire.fault = undefined;
        const {requests} = story.wire;
        const before = [requests.length, story.wire.times(story.told[0])];
        // A beacon of the last moment has a receipt; without one all is told again.
        await nextLife(scene, async () => {
            await until('it is asked for, or came again', () =>
                requests.slice(before[0]).some(({line}) => line.includes('?ask=')) ||
                story.wire.times(story.told[0]) > before[1]);
            await story.isTaken(story.told);
        }, {shift: 6 * 864e5});
        await story.judge(story.told, before[1] + 1);
    },
}];
