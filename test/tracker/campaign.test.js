'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const at = (href, options = {}) => openPage({modules: ['campaign'], ...options,
    window: {location: {href, hostname: 'www.shop.example', protocol: 'https:'}}});

async function touches(page) {
    await page.pass(600);
    return page.requests.length ?
        (await page.answer(200)).events.map((e) => e.user_properties) : [];
}

test('a landing page with a campaign tells the first and the last touch', async () => {
    const page = at('https://www.shop.example/' +
        '?utm_source=letter&utm_campaign=may%20day&gclid=SECRET');
    const touch = {source: 'letter', campaign: 'may day', click_id_kind: 'gclid'};
    const told = await touches(page);
    assert.deepEqual(told, [{$once: {first_campaign: touch}, $set: {last_campaign: touch}}]);
    assert.ok(!JSON.stringify(told).includes('SECRET'));
});

test('a click id alone is a campaign, of two the better known counts; texts are cut', async () => {
    for (const [query, touch] of [['fbclid=1&gclid=2', {click_id_kind: 'gclid'}],
        ['utm_id=' + 'x'.repeat(300), {id: 'x'.repeat(256)}]]) {
        const [told] = await touches(at('https://www.shop.example/?' + query));
        assert.deepEqual(told.$set, {last_campaign: touch});
    }
});

test('the same campaign again is no new touch, another one is', async () => {
    const local = new Map();
    await touches(at('https://www.shop.example/?utm_source=letter', {local}));
    assert.deepEqual(await touches(at('https://www.shop.example/?utm_source=letter', {local})), []);
    const told = await touches(at('https://www.shop.example/b?utm_source=radio', {local}));
    assert.equal(told[0].$set.last_campaign.source, 'radio');
});

test('another campaign begins a session, the same one and none do not', async () => {
    const local = new Map();
    const cookies = new Map();
    let now = 1.7e12;
    const sessions = [];
    for (const query of ['', '?utm_source=letter', '?utm_source=letter', '', '?utm_source=radio']) {
        const page = openPage({modules: ['campaign', 'page_view'], local, cookies, now,
            window: {location: {href: `https://www.shop.example/${query}`,
                hostname: 'www.shop.example', protocol: 'https:'}}});
        await page.pass(600);
        const {events} = await page.answer(200);
        const told = events.map((e) => [e.session_index, e.session_id]);
        assert.ok(told.every((one) => String(one) === String(told[0])), 'one session a page');
        assert.equal(page.pipes.get('session_id'), told[0][1]);
        sessions.push(told[0]);
        now += 60000;
    }
    assert.deepEqual(sessions.map(([index]) => index), [1, 2, 2, 2, 3]);
    assert.equal(new Set(sessions.map(([, id]) => id)).size, 3);
});

test('a tab that is open follows to the session of the campaign', async () => {
    const first = at('https://www.shop.example/');
    first.pipes.track('before');
    const session = first.pipes.get('session_id');
    const second = at('https://www.shop.example/?utm_source=letter',
        {local: first.local, cookies: first.cookies, now: first.now + 1000});
    assert.notEqual(second.pipes.get('session_id'), session);
    await first.pass(2000);
    assert.equal(first.pipes.get('session_id'), second.pipes.get('session_id'));
});

test('whoever comes for the first time has one session, whatever brought them', async () => {
    const page = at('https://www.shop.example/?utm_source=letter');
    page.pipes.track('after');
    await page.pass(600);
    assert.deepEqual((await page.answer(200)).events.map((e) => e.session_index), [1, 1]);
});

test('with consent given on each page, it is told once and begins one session', async () => {
    const device = {local: new Map(), cookies: new Map(), config: {consent: 'pending'}};
    const told = [];
    for (const query of ['utm_source=letter', 'utm_source=letter', 'utm_source=radio']) {
        const page = at(`https://www.shop.example/?${query}`, {...device,
            modules: ['campaign', 'page_view'], now: 1.7e12 + told.length * 60000});
        await page.pass(2000);
        assert.equal(page.requests.length, 0);
        page.pipes.consent('granted');
        await page.pass(600);
        told.push((await page.answer(200)).events);
        page.pipes.consent('granted');
        await page.pass(600);
        assert.equal(page.requests.length, 0, 'granted twice');
    }
    assert.deepEqual(told.map((events) => events.map((e) => e.type)),
        [['identify', 'page'], ['page'], ['identify', 'page']]);
    assert.deepEqual(told.map((events) => events.map((e) => e.session_index)),
        [[1, 1], [1], [2, 2]]);
});

test('before consent nothing of an earlier campaign is read', async () => {
    let reads = 0;
    const page = at('https://www.shop.example/?utm_source=letter', {config: {consent: 'pending'},
        prepare: ({win}) => {
            const {localStorage} = win;
            Object.defineProperty(win, 'localStorage',
                {get: () => { reads++; return localStorage; }});
        }});
    page.pipes.track('a');
    await page.pass(60000);
    assert.equal(reads, 0);
    page.pipes.consent('granted');
    assert.ok(reads);
});

test('where only cookies can be kept, a reload of the landing page begins no session', async () => {
    const refuse = () => { throw new Error('SecurityError'); };
    const device = {cookies: new Map(),
        prepare: ({win}) => Object.defineProperty(win, 'localStorage', {get: refuse})};
    for (const reload of [0, 1, 2]) {
        const page = at('https://www.shop.example/?utm_source=letter', {...device,
            now: 1.7e12 + reload * 60000});
        page.pipes.track('a');
        const [, , , session, index] = device.cookies.get('pipes_anonymous_id.shop').split('.');
        assert.deepEqual([session, index], [page.pipes.get('session_id'), '1']);
    }
});

test('without a campaign nothing is told or kept', async () => {
    const local = new Map();
    const page = at('https://www.shop.example/?utm_source=&utm_mediums&x=%E0%A4%A', {local});
    assert.deepEqual(await touches(page), []);
    assert.ok(![...local.keys()].some((key) => key.startsWith('pipes_data')));
});

test('what it kept goes with reset and with disable', async () => {
    for (const call of ['reset', 'disable']) {
        const local = new Map();
        const page = at('https://www.shop.example/?utm_source=letter', {local});
        await touches(page);
        assert.ok(local.has('pipes_data.shop_campaign'));
        page.pipes[call]();
        assert.ok(!local.has('pipes_data.shop_campaign'), call);
    }
});
