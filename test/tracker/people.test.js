'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

test('operators reach the collector in the order in which they were said', async () => {
    const page = openPage({modules: ['people']});
    page.pipes.people('set', {plan: 'pro'});
    page.pipes.people('add', {visits: 1, cost: '7', bad: Infinity});
    page.pipes.people('union', {likes: ['fern']});
    page.pipes.people('unset', {old: true});
    await page.pass(600);
    assert.deepEqual(page.requests[0].body.events.map((e) => [e.type, e.user_properties]), [
        ['identify', {$set: {plan: 'pro'}}], ['identify', {$add: {visits: 1}}],
        ['identify', {$union: {likes: ['fern']}}], ['identify', {$unset: {old: true}}]]);
});

test('what is no operator, or has nothing to say, makes no event', async () => {
    const page = openPage({modules: ['people']});
    page.pipes.people('multiply', {a: 1});
    page.pipes.people('set');
    page.pipes.people('set', null);
    page.pipes.people('set', 'plan');
    await page.pass(600);
    assert.equal(page.requests.length, 0);
});

test('what is said of a user is copied and scrubbed as properties are', async () => {
    const page = openPage({modules: ['people']});
    const friends = [];
    friends.push(friends, 'ada@example.org');
    page.pipes.people('set', {mail: 'ada@example.org', friends});
    await page.pass(600);
    assert.deepEqual(page.requests[0].body.events.map((e) => e.user_properties),
        [{$set: {mail: 'redacted', friends: [null, 'redacted']}}]);
});

test('traits go with identify() and identity(), of whomever, also of who has no id', async () => {
    const page = openPage();
    for (const call of ['identify', 'identity']) {
        for (const args of [['ada', {plan: 'pro'}], [7, {seats: 2}], [{a: 1}], [{a: 1}, {b: 2}],
            [null, {plan: 'free'}], ['ada'], [7], ['', {a: 1}]]) {
            page.pipes[call](...args);
        }
    }
    page.pipes.flush();
    const told = (await page.answer(200)).events.map((event) => event.user_properties);
    const expected = [{plan: 'pro'}, {seats: 2}, {a: 1}, {a: 1}, {plan: 'free'}, undefined,
        undefined, {a: 1}];
    assert.deepEqual(told, [...expected, ...expected]);
});
