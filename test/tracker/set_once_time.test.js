'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {openPage} = require('./page.js');

const open = (options) => openPage({modules: ['set_once_time'], ...options});

/** Properties of what was told, by the event's name. */
async function told(page) {
    await page.pass(1000);
    const events = [];
    while (page.requests.length) {
        events.push(...(await page.answer(200)).events);
        await page.pass(1000);
    }
    return Object.fromEntries(events.map((one) => [one.name || one.type, one.properties]));
}

test('what is set stands in every event from then on, unless that says otherwise', async () => {
    const page = open();
    page.pipes.track('before');
    page.pipes.set({plan: 'pro', lang: 'de'});
    page.pipes.track('after', {plan: 'free'});
    page.pipes.identify('ada');
    assert.deepEqual(await told(page), {before: {}, after: {plan: 'free', lang: 'de'},
        identify: {plan: 'pro', lang: 'de'}});
});

test('once sets only what is not there yet, set anything', async () => {
    const page = open();
    page.pipes.once({a: 1});
    page.pipes.once({a: 2, b: 2});
    page.pipes.set({b: 3});
    page.pipes.track('told');
    assert.deepEqual(await told(page), {told: {a: 1, b: 3}});
});

test('time is told by the next track of that name alone, and only once', async () => {
    const page = open();
    page.pipes.time('upload');
    await page.pass(1500);
    page.pipes.page('upload');
    page.pipes.track('other');
    page.pipes.track('Upload');
    page.pipes.track('upload', {n: 1});
    page.pipes.time('own');
    page.pipes.track('own', {duration_ms: 7});
    assert.deepEqual(await told(page), {other: {}, Upload: {}, upload: {duration_ms: 1500, n: 1},
        own: {duration_ms: 7}});
    page.pipes.track('upload');
    assert.deepEqual(await told(page), {upload: {}});
});

test('what was timed before the tracker was there took as long as the page says', async () => {
    const page = open({pipes: {q: [
        ['time', ['both'], 1.7e12 - 900], ['time', ['one'], 1.7e12 - 800],
        ['track', ['both'], 1.7e12 - 400]]}});
    page.now += 100;
    page.pipes.track('one');
    assert.deepEqual(await told(page), {both: {duration_ms: 500}, one: {duration_ms: 900}});
});

test('a log-out forgets both, an opt-out taken back does not', async () => {
    const page = open();
    page.pipes.set({plan: 'pro'});
    page.pipes.time('upload');
    page.pipes.disable();
    page.pipes.set({lang: 'de'});
    page.pipes.enable();
    page.pipes.track('upload');
    assert.deepEqual(await told(page), {upload: {duration_ms: 0, plan: 'pro', lang: 'de'}});
    page.pipes.time('upload');
    page.pipes.reset();
    page.pipes.track('upload');
    assert.deepEqual(await told(page), {upload: {}});
});

test('before consent it counts for what is made then, too', async () => {
    const page = open({config: {consent: 'pending'}});
    page.pipes.set({plan: 'pro'});
    page.pipes.track('waits');
    page.pipes.set({plan: 'free'});
    page.pipes.consent('granted');
    assert.deepEqual(await told(page), {waits: {plan: 'pro'}});
});

test('what is set is copied and scrubbed as properties are', async () => {
    const page = open();
    const props = {mail: 'ada@example.org'};
    props.self = props;
    page.pipes.set(props);
    page.pipes.set('plan');
    page.pipes.track('told');
    assert.deepEqual(await told(page), {told: {mail: 'redacted'}});
});
