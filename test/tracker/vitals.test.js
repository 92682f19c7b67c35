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

function open(entries, {more, ...options} = {}) {
    let now = 90000;
    const fake = performanceOf(() => now, entries, more);
    const frames = [];
    const page = openPage({modules: ['vitals'], ...options, window: undefined});
    page.pipes.disable();
    Object.assign(page.win, {PerformanceObserver: fake.PerformanceObserver,
        performance: fake.performance, requestAnimationFrame: (fn) => frames.push(fn)});
    page.pipes.enable();
    page.at = (ms) => { now = ms; };
    page.frame = () => frames.splice(0).forEach((fn) => fn());
    page.add = fake.add;
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
    const page = open([nav(120.4), fcp(800.6), lcp(900), lcp(1500.2), shift(1600, 0.05)],
        {more: {interactionCount: 2}});
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
});

test('shifts add up within 1 s of one another and 5 s in all, the worst window counts', () => {
    const far = open([fcp(1), shift(1000, 0.1), shift(2000, 0.15)]);
    far.hide();
    assert.equal(far.values()[0].cls, 0.15);
    const near = open([fcp(1), shift(1000, 0.1), shift(1999, 0.15), shift(2100, 1, true)]);
    near.hide();
    assert.equal(near.values()[0].cls, 0.25);
    const many = open([fcp(1), ...Array.from({length: 7}, (_, i) => shift(900 * i, 0.1))]);
    many.hide();
    assert.equal(many.values()[0].cls, 0.6);
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
    for (const [count, inp] of [[49, 500], [50, 400], [100, 300], [9999, 48]]) {
        const page = open([fcp(1)], {more: {interactionCount: count}});
        [100, 200, 300, 400, 500].forEach((ms, i) => page.add(click(7 * (i + 1), ms)));
        Array.from({length: 9}, (_, i) => page.add(click(70 + 7 * i, 48)));
        page.hide();
        assert.equal(page.values()[0].inp, inp, `${count} interactions`);
    }
});

test('without interactionCount the ids tell how many there were', () => {
    const page = open([fcp(1)]);
    delete page.win.performance.interactionCount;
    page.add(click(700, 500));
    page.add(click(707, 400));
    page.add(click(700 + 7 * 60, 16));
    page.hide();
    assert.equal(page.values()[0].inp, 400);
});

test('a page hidden before its first paint has no paint and no shifts', () => {
    const page = open([nav(100)]);
    page.hide(500);
    page.show();
    [fcp(800), lcp(900), shift(1000, 0.1)].forEach(page.add);
    page.hide();
    assert.deepEqual(page.values(), [{ttfb: 100}]);
    const kept = open([nav(100), fcp(800), lcp(900),
        {entryType: 'visibility-state', name: 'hidden', startTime: 300}]);
    kept.hide();
    assert.deepEqual(kept.values(), [{ttfb: 100}]);
});

test('a prerendered page counts from its activation', () => {
    const page = open([nav(100, 1000), fcp(800), lcp(1700)], {document: {prerendering: true}});
    assert.equal(page.observers.length, 0);
    page.doc.fire('prerenderingchange');
    page.hide();
    assert.deepEqual(page.values(), [{ttfb: 0, fcp: 0, lcp: 700, cls: 0}]);
});

test('a return from the back-forward cache begins anew', async () => {
    const page = open([nav(100), fcp(800), lcp(900), shift(1000, 0.1), click(7, 300)],
        {modules: ['page_view', 'vitals'], more: {interactionCount: 1}});
    page.hide();
    page.show();
    page.at(100000);
    page.win.fire('pageshow', {persisted: true, timeStamp: 99970});
    await page.pass(1);
    page.frame();
    page.frame();
    page.win.performance.interactionCount = 2;
    page.add(lcp(100200));
    page.hide(200000);
    assert.deepEqual(page.values().slice(-1), [{ttfb: 0, fcp: 30, lcp: 30, inp: 8, cls: 0}]);
});

test('a view made by the page has shifts and interactions of its own', async () => {
    const page = open([nav(100), fcp(800), lcp(900), shift(1000, 0.1)], {modules: ['vitals']});
    page.pipes.page('first');
    page.pipes.page('second');
    await page.pass(1);
    page.add(shift(70000, 0.02));
    page.add(click(7, 80));
    page.hide();
    const events = page.requests.flatMap((one) => one.body.events)
        .concat(page.beacons.flatMap((one) => one.body.events)).filter((e) => e.type === 'vitals');
    const [first, second] = [...new Map(events.map((e) => [e.seq, e])).values()];
    assert.deepEqual(first.properties, {ttfb: 100, fcp: 800, lcp: 900, cls: 0.1});
    assert.deepEqual(second.properties, {inp: 80, cls: 0.02});
    assert.notEqual(first.page_view_id, second.page_view_id);
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
