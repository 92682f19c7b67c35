/* Records of consent: what docs/privacy.md says that they hold, and when there is one. */
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {openPage} = require('./page.js');

const open = ({config, ...options} = {}) => openPage({modules: ['consent_record'],
    config: {consent: 'pending', ...config}, ...options});

/** The records among what was sent, and everything else by name. */
async function told(page) {
    const events = [];
    await page.pass(1000);
    while (page.requests.length) {
        events.push(...(await page.answer(200)).events);
        await page.pass(1000);
    }
    return {records: events.filter((one) => one.type === 'consent').map((one) => one.consent),
        names: events.filter((one) => one.type !== 'consent').map((one) => one.name), events};
}

test('a consent is recorded with what it is for, of which version, and who heard it', async () => {
    const page = open();
    page.pipes.track('waits');
    page.pipes.consent('granted', {source: 'banner', version: '7', purposes: ['measure']});
    const {records, names, events} = await told(page);
    assert.deepEqual(records,
        [{source: 'banner', version: '7', purposes: ['measure'], state: 'granted'}]);
    assert.deepEqual(names, ['waits']);
    assert.equal(new Set(events.map((one) => one.anonymous_id)).size, 1);
});

test('what is said without a source was said by the page', async () => {
    const page = open();
    page.pipes.consent('granted');
    assert.deepEqual((await told(page)).records, [{source: 'api', state: 'granted'}]);
});

test('the same is recorded once, also on the pages that follow', async () => {
    const page = open();
    page.pipes.consent('granted', {source: 'tcf'});
    page.pipes.consent('granted', {source: 'tcf'});
    assert.equal((await told(page)).records.length, 1);
    const next = open({local: page.local, cookies: page.cookies});
    next.pipes.track('there');
    next.pipes.consent('granted', {source: 'tcf'});
    const {records, names} = await told(next);
    assert.deepEqual([records, names], [[], ['there']]);
});

test('another scope is another record, and so is the one before it, given again', async () => {
    const page = open();
    for (const purposes of [['measure'], ['measure', 'ml'], ['measure', 'ml'], ['measure']]) {
        page.pipes.consent('granted', {source: 'banner', purposes});
    }
    assert.deepEqual((await told(page)).records.map((one) => one.purposes),
        [['measure'], ['measure', 'ml'], ['measure']]);
});

test('a refusal is recorded nowhere, and what was recorded is forgotten with it', async () => {
    const page = open();
    page.pipes.consent('denied', {source: 'banner'});
    await page.pass(1000);
    assert.deepEqual([page.requests.length, page.beacons.length, page.local.size,
        page.cookie_writes.length], [0, 0, 0, 0]);
    page.pipes.consent('granted', {source: 'banner'});
    assert.equal((await told(page)).records.length, 1);
    page.pipes.consent('denied', {source: 'banner'});
    await page.pass(1000);
    page.win.fire('pagehide');
    assert.deepEqual([page.requests.length, page.beacons.length, page.local.size], [0, 0, 0]);
    page.pipes.consent('granted', {source: 'banner'});
    assert.equal((await told(page)).records.length, 1, 'who agrees anew says so anew');
});

test('who says nothing of consent, or leaves it open, records nothing', async () => {
    for (const config of [{consent: undefined}, {consent: 'granted'}]) {
        const page = open({config});
        page.pipes.track('told');
        assert.deepEqual((await told(page)).records, []);
    }
    const page = open();
    page.pipes.consent('pending', {source: 'banner'});
    page.pipes.consent('often');
    assert.deepEqual((await told(page)).events, []);
});

test('a browser that opted out or asks not to be tracked records no consent', async () => {
    const opted_out = new Map([['pipes_disabled', '1']]);
    for (const options of [{navigator: {doNotTrack: '1'}}, {cookies: opted_out}]) {
        const page = open(options);
        page.pipes.consent('granted', {source: 'banner'});
        assert.deepEqual([(await told(page)).events, page.local.size], [[], 0]);
    }
});

test('after a log-out it is somebody else who agrees', async () => {
    const page = open();
    page.pipes.consent('granted', {source: 'banner'});
    page.pipes.reset();
    page.pipes.consent('granted', {source: 'banner'});
    const {records, events} = await told(page);
    assert.equal(records.length, 2);
    assert.notEqual(events[0].anonymous_id, events[1].anonymous_id);
});

test('what a banner heard is recorded with the banner that said it', async () => {
    const page = open({modules: ['banner', 'consent_record'], config: {consent: undefined},
        window: {dataLayer: [['consent', 'default', {analytics_storage: 'denied'}]]}});
    await page.pass(500);
    assert.equal(page.requests.length, 0);
    page.win.dataLayer.push(['consent', 'update', {analytics_storage: 'granted'}]);
    assert.deepEqual((await told(page)).records, [{source: 'google', state: 'granted'}]);
});

test('what a banner says while the tracker starts is recorded, campaign before it', async () => {
    const tcf = (command, version, fn) => fn({eventStatus: 'tcloaded', gdprApplies: true,
        purpose: {consents: {1: true, 8: true}}}, true);
    for (const pipes of [undefined, {q: []}]) {
        const page = open({modules: ['banner', 'campaign', 'consent_record'], pipes,
            config: {consent: undefined}, window: {__tcfapi: tcf},
            prepare: ({win}) => { win.location.href += '?utm_source=news'; }});
        const {records, events} = await told(page);
        assert.deepEqual(records, [{source: 'tcf', state: 'granted'}]);
        assert.deepEqual(events.map((one) => [one.type, one.session_index]),
            [['identify', 1], ['consent', 1]]);
    }
});

test('who comes back from an opt-out has a record under the new id', async () => {
    const page = open();
    page.pipes.consent('granted', {source: 'banner'});
    page.pipes.disable();
    page.pipes.enable();
    page.pipes.track('back');
    const {records, events} = await told(page);
    assert.deepEqual(records, [{source: 'banner', state: 'granted'}]);
    assert.equal(new Set(events.map((one) => one.anonymous_id)).size, 1);
    page.pipes.disable();
    page.pipes.consent('pending', {source: 'banner'});
    page.pipes.enable();
    assert.deepEqual((await told(page)).records, []);
});

test('where nothing may be kept each page records it once', async () => {
    const page = open({config: {storage: 'memory'}});
    page.pipes.consent('granted', {source: 'banner'});
    page.pipes.consent('granted', {source: 'banner'});
    assert.equal((await told(page)).records.length, 1);
    assert.equal(page.local.size, 0);
});
