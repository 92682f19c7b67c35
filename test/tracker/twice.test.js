'use strict';
const test = require('node:test');
const assert = require('node:assert');
const vm = require('node:vm');
const {openPage, assemble} = require('./page.js');
const {performanceOf} = require('./observers.js');

/** All that was told so far. */
async function events(page) {
    const told = [];
    await page.pass(600);
    while (page.requests.length) {
        told.push(...(await page.answer(200)).events);
        await page.pass(600);
    }
    return told;
}

test('the script again in the same document changes nothing', async () => {
    const page = openPage({modules: ['page_view']});
    const {pipes} = page;
    const {track} = pipes;
    const count = page.win.listeners.length;
    vm.runInContext(assemble({site: 'shop'}, ['page_view', 'scroll']), page.win);
    assert.deepEqual([page.win.pipes, page.win.pipes.track, page.win.listeners.length],
        [pipes, track, count]);
    assert.equal((await events(page)).length, 1);
});

test('page() twice at once is one view; later, elsewhere or by another name two', async () => {
    const page = openPage();
    page.pipes.page('home');
    page.pipes.page('home', {again: true});
    await page.pass(40);
    page.pipes.page('home');
    await page.pass(20);
    page.pipes.page('home');
    page.pipes.page('list');
    page.win.location.href += '?page=2';
    page.pipes.page('list');
    page.pipes.screen('list');
    page.now -= 1000;
    page.pipes.screen('list');
    const told = await events(page);
    assert.deepEqual(told.map(({type, name}) => `${type} ${name}`), ['page home', 'page home',
        'page list', 'page list', 'screen list', 'screen list']);
    assert.deepEqual(told[0].properties, {});
});

test('a view that was not collected does not stand for the next one', async () => {
    const page = openPage({config: {consent: 'denied'}});
    page.pipes.page();
    page.pipes.consent('granted');
    page.pipes.page();
    page.pipes.page();
    assert.equal((await events(page)).length, 1);
});

test('what waited for the tracker counts by its own time', async () => {
    const page = openPage({pipes: {q: [['page', ['a'], 1.7e12 - 900], ['page', ['a'], 1.7e12 - 890],
        ['page', ['a'], 1.7e12 - 800]]}});
    assert.equal((await events(page)).length, 2);
});

test('a module of the same name is started once', async () => {
    const page = openPage();
    const module = () => ({name: 'mine', start: (core) => core.emit('track', 'began')});
    page.pipes.use(module());
    page.pipes.use(module());
    page.pipes.use({...module(), name: 'other'});
    page.pipes.use(null);
    page.pipes.use({...module(), name: 'third'});
    assert.equal((await events(page)).length, 3);
});

test('in a frame of a counted page there is no view to measure, and all else is told', async () => {
    const {PerformanceObserver, performance} = performanceOf(() => 1000,
        [{entryType: 'paint', name: 'first-contentful-paint', startTime: 700}]);
    const open = (parent) => openPage({modules: ['page_view', 'engagement', 'scroll', 'vitals'],
        document: {documentElement: {scrollTop: 0, scrollHeight: 10}, hasFocus: () => true},
        window: {...parent && {parent}, PerformanceObserver, performance, innerHeight: 10}});
    const types = async (page) => {
        await page.pass(5000);
        page.pipes.track('by hand');
        page.win.fire('pagehide');
        return new Set(page.requests.concat(page.beacons).flatMap((one) => one.body.events)
            .map((event) => event.type));
    };
    const all = new Set(['page', 'engagement', 'vitals', 'track']);
    assert.deepEqual(await types(open({})), all);
    assert.deepEqual(await types(open({get pipes() { throw new Error('SecurityError'); }})), all);
    assert.deepEqual(await types(open({pipes: {}})), new Set(['track']));
});
