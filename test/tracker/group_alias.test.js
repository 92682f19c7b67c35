'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {openPage} = require('./page.js');

const open = (options) => openPage({modules: ['group_alias'], ...options});

async function told(page) {
    await page.pass(1000);
    const events = [];
    while (page.requests.length) {
        events.push(...(await page.answer(200)).events);
        await page.pass(1000);
    }
    return events;
}

test('a group is that of all that comes, also on the next page', async () => {
    const page = open();
    page.pipes.track('before');
    page.pipes.group(7, {seats: 3});
    page.pipes.track('after');
    const sent = await told(page);
    assert.deepEqual(sent.map((one) => one.group_id), [undefined, '7', '7']);
    assert.deepEqual([sent[1].type, sent[1].user_properties], ['group', {seats: 3}]);
    const next = open({local: page.local, cookies: page.cookies});
    next.pipes.track('there');
    assert.equal((await told(next)).pop().group_id, '7');
});

test('an alias of the user so far, of who is none yet, of who is named', async () => {
    const page = open();
    page.pipes.alias('ada');
    page.pipes.identify('ada');
    page.pipes.alias('ada.l');
    page.pipes.alias('lovelace', 'byron');
    const anonymous = page.pipes.get('anonymous_id');
    assert.deepEqual((await told(page)).filter((one) => one.type === 'alias')
        .map((one) => [one.user_id, one.previous_id]),
    [['ada', anonymous], ['ada.l', 'ada'], ['lovelace', 'byron']]);
    assert.equal(page.pipes.get('user_id'), 'ada', 'an alias logs nobody in');
});

test('before consent a group is kept nowhere, and counts from the consent on', async () => {
    const page = open({config: {consent: 'pending'}});
    page.pipes.group('fern');
    page.pipes.alias('ada');
    page.pipes.identify('ada');
    page.pipes.alias('ada.l');
    assert.deepEqual([page.local.size, page.cookies.size], [0, 0]);
    page.pipes.consent('granted');
    const anonymous = page.pipes.get('anonymous_id');
    assert.deepEqual((await told(page)).map((one) => [one.type, one.group_id, one.previous_id]), [
        ['group', 'fern', undefined], ['alias', 'fern', anonymous],
        ['identify', 'fern', undefined], ['alias', 'fern', 'ada']]);
});

test('what is no id makes no event', async () => {
    const page = open();
    for (const id of ['', null, undefined, {}, [], true]) {
        page.pipes.group(id, {a: 1});
        page.pipes.alias(id);
    }
    assert.deepEqual(await told(page), []);
});
