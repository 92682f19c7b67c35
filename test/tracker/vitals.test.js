'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');
const {performanceOf} = require('./observers.js');

const fcp = (at) => ({entryType: 'paint', name: 'first-contentful-paint', startTime: at});
const lcp = (at) => ({entryType: 'largest-contentful-paint', startTime: at});
const shift = (at, value, hadRecentInput = false) =>
    ({entryType: 'layout-shift', startTime: at, value, hadRecentInput});
const click = (id, duration) => ({entryType: 'event', startTime: id, interactionId: id, duration});
const nav = (responseStart, activationStart = 0) =>
    ({entryType: 'navigation', startTime: 0, responseStart, activationStart});

const visibility = (name, startTime) => ({entryType: 'visibility-state', name, startTime});

function open(entries, {more, lacks, ...options} = {}) {
    let now = 90000;
    const fake = performanceOf(() => now, entries, more);
    fake.PerformanceObserver.supportedEntryTypes =
        fake.PerformanceObserver.supportedEntryTypes.filter((type) => type !== lacks);
    const frames = [];
    const page = openPage({modules: ['vitals'], ...options, window: undefined});
    page.pipes.disable();
    Object.assign(page.win, {PerformanceObserver: fake.PerformanceObserver,
        performance: fake.performance, requestAnimationFrame: (fn) => frames.push(fn)});
    page.pipes.enable();
    page.at = (ms) => { now = ms; };
    page.frame = () => frames.splice(0).forEach((fn) => fn());
    page.add = fake.add;
    page.held = fake.held;
    page.observers = fake.observers;
    page.hide = (at = now) => {
        page.doc.visibilityState = 'hidden';
        page.doc.fire('visibilitychange', {timeStamp: at});
    };
    page.show = () => { page.doc.visibilityState = 'visible'; };
    page.values = () => page.requests.concat(page.beacons).flatMap((one) => one.body.events)
        .filter((e) => e.type === 'vitals').map((e) => e.properties);
    return page;
}

test('a visit is measured from what the browser kept', () => {
    const page = open([nav(120.4), visibility('visible', 0), fcp(800.6), lcp(900), lcp(1500.2),
        shift(1600, 0.05)], {more: {interactionCount: 2}});
    page.add(click(7, 64));
    page.add(click(14, 200));
    page.add({...click(7, 72), entryType: 'first-input'});
    page.hide();
    assert.deepEqual(page.values(), [{ttfb: 120, fcp: 801, lcp: 1500, inp: 200, cls: 0.05}]);
});

test('a second leaving sends again only when something grew', () => {
    const page = open([nav(100), fcp(800), lcp(900), shift(1000, 0.1)]);
    page.hide();
    page.win.fire('pagehide');
    assert.equal(page.values().length, 1);
    page.show();
    page.add(shift(60000, 0.2));
    page.hide();
    assert.deepEqual(page.values().slice(1), [{ttfb: 100, fcp: 800, lcp: 900, cls: 0.2}]);
    page.show();
    page.add(click(7, 80));
    page.hide();
    assert.equal(page.values().pop().inp, 80);
});

test('what the browser has not told when the page is left counts', () => {
    const page = open([fcp(800)]);
    page.held.push(shift(900, 0.1));
    page.hide();
    assert.equal(page.values()[0].cls, 0.1);
});

test('no answer, one whose time is hidden and one of the future have no ttfb', () => {
    for (const entries of [[], [nav(0)], [nav(99999)]]) {
        const page = open([...entries, fcp(800)]);
        page.hide();
        assert.deepEqual(page.values(), [{fcp: 800, cls: 0}]);
    }
});

test('a browser that tells no shifts has no cls', () => {
    const page = open([fcp(1)], {lacks: 'layout-shift'});
    page.hide();
    assert.deepEqual(page.values(), [{fcp: 1}]);
});

test('shifts add up within 1 s of one another and 5 s in all, the worst window counts', () => {
    const far = open([fcp(1), shift(1000, 0.1), shift(2000, 0.15)]);
    far.hide();
    assert.equal(far.values()[0].cls, 0.15);
    const near = open([fcp(1), shift(1000, 0.1), shift(1999, 0.15), shift(2100, 1, true)]);
    near.hide();
    assert.equal(near.values()[0].cls, 0.25);
    const many = open([fcp(1), ...Array.from({length: 11}, (_, i) => shift(1e4 + 500 * i, 0.1))]);
    many.hide();
    assert.equal(many.values()[0].cls, 1);
});

test('no shift is a cls of 0, and cls has four decimals', () => {
    const none = open([fcp(1)]);
    none.hide();
    assert.equal(none.values()[0].cls, 0);
    const small = open([fcp(1), shift(9, 0.123456)]);
    small.hide();
    assert.equal(small.values()[0].cls, 0.1235);
});

test('one of the worst interactions is left out for every 50', () => {
    for (const [count, inp] of [[49, 1400], [50, 1300], [100, 1200], [9999, 500]]) {
        const page = open([fcp(1)], {more: {interactionCount: count}});
        for (let i = 1; i <= 14; i++) {
            page.add(click(7 * i, 100 * i));
            page.add(click(7 * i, 50));
            page.add(click(7 * i, 100 * i));
        }
        page.hide();
        assert.equal(page.values()[0].inp, inp, `${count} interactions`);
    }
});

test('without interactionCount the ids tell how many there were', () => {
    for (const [steps, inp] of [[48, 500], [49, 400]]) {
        const page = open([fcp(1)]);
        page.add(click(700 + 7 * steps, 16));
        [500, 400, 300].forEach((ms, i) => page.add(click(700 + 7 * i, ms)));
        page.hide();
        assert.equal(page.values()[0].inp, inp);
    }
});

test('a first interaction counts however quick it was, others from 40 ms', () => {
    for (const [entryType, ms, inp] of [['first-input', 16, 16], ['event', 40, 40],
        ['event', 32, undefined]]) {
        const page = open([fcp(1)], {more: {interactionCount: 1}});
        page.add({...click(7, ms), entryType});
        page.hide();
        assert.equal(page.values()[0].inp, inp, `${entryType} ${ms}`);
    }
});

test('a page hidden before its first paint has no paint and no shifts', () => {
    const page = open([nav(100)]);
    page.hide(500);
    page.show();
    [fcp(800), lcp(900), shift(1000, 0.1)].forEach(page.add);
    page.hide();
    assert.deepEqual(page.values(), [{ttfb: 100}]);
    for (const at of [0, 300]) {
        const kept = open([nav(100), fcp(300), lcp(900), visibility('hidden', at)]);
        kept.hide();
        assert.deepEqual(kept.values(), [{ttfb: 100}]);
        const unknown = open([fcp(300), visibility('hidden', at)]);
        unknown.hide();
        assert.deepEqual(unknown.values(), []);
    }
});

test('a prerendered page counts from its activation', () => {
    const page = open([nav(100, 1000), visibility('hidden', 0), fcp(800), lcp(1700)],
        {document: {prerendering: true}});
    assert.equal(page.observers.length, 0);
    page.activate();
    page.hide();
    assert.deepEqual(page.values(), [{ttfb: 0, fcp: 0, lcp: 700, cls: 0}]);
});

/** Hidden, and back from the back-forward cache at that time, on the screen 30 ms later. */
async function comeBack(page, timeStamp) {
    page.hide();
    page.show();
    page.at(timeStamp + 30);
    page.win.fire('pageshow', {persisted: true, timeStamp});
    await page.pass(1);
    page.frame();
    page.frame();
}

test('a return from the back-forward cache begins anew', async () => {
    const page = open([nav(100), fcp(800), lcp(900), shift(1000, 0.1), click(7, 300)],
        {modules: ['page_view', 'vitals'], more: {interactionCount: 1}});
    await comeBack(page, 99970);
    page.win.performance.interactionCount = 2;
    page.add(lcp(100200));
    page.hide(200000);
    assert.deepEqual(page.values().slice(-1), [{ttfb: 0, fcp: 30, lcp: 30, inp: 8, cls: 0}]);
});

test('a return begins anew without page events and without navigation timing, too', async () => {
    const page = open([fcp(800), lcp(900), click(7, 300)], {more: {interactionCount: 40}});
    await comeBack(page, 89970);
    page.win.performance.interactionCount = 60;
    page.add(click(700, 200));
    page.add(click(707, 100));
    page.hide(200000);
    assert.deepEqual(page.values().slice(-1), [{fcp: 30, lcp: 30, inp: 200, cls: 0}]);
});

test('a return has no lcp where the browser tells of none', async () => {
    const page = open([nav(100), fcp(800)], {lacks: 'largest-contentful-paint'});
    await comeBack(page, 89970);
    page.hide(200000);
    assert.deepEqual(page.values(), [{ttfb: 100, fcp: 800, cls: 0}, {ttfb: 0, fcp: 30, cls: 0}]);
});

test('a view made by the page has shifts and interactions of its own', async () => {
    const page = open([nav(100), fcp(800), lcp(900), shift(1000, 0.1)], {modules: ['vitals']});
    page.pipes.page('first');
    const view = page.pipes.get('page_view_id');
    page.pipes.page('second');
    await page.pass(1);
    page.add(lcp(1500));
    page.add(shift(1500, 0.02));
    page.add(click(7, 80));
    page.hide();
    const events = page.requests.flatMap((one) => one.body.events)
        .concat(page.beacons.flatMap((one) => one.body.events)).filter((e) => e.type === 'vitals');
    const [first, second] = [...new Map(events.map((e) => [e.seq, e])).values()];
    assert.equal(first.page_view_id, view);
    assert.deepEqual(first.properties, {ttfb: 100, fcp: 800, lcp: 900, cls: 0.1});
    assert.deepEqual(second.properties, {inp: 80, cls: 0.02});
    assert.notEqual(first.page_view_id, second.page_view_id);
});

test('a view without interactions has no inp, nor has a first one of which none is listed', () => {
    const page = open([nav(100), fcp(800)], {more: {interactionCount: 2}});
    page.pipes.page('first');
    page.pipes.page('second');
    page.hide();
    const all = page.values();
    assert.deepEqual([all[0], all.pop()], [{ttfb: 100, fcp: 800, cls: 0}, {cls: 0}]);
});

test('a browser without these things sends nothing, and ends quietly', () => {
    const page = openPage({modules: ['vitals']});
    page.doc.visibilityState = 'hidden';
    page.doc.fire('visibilitychange', {timeStamp: 1});
    assert.equal(page.beacons.length + page.requests.length, 0);
    const other = open([fcp(1)]);
    other.pipes.disable();
    assert.ok(other.observers.every((one) => !one.wanted.length));
});
