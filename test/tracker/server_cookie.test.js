'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const NAME = 'pipes_anonymous_id.shop';
const ASKS = {config: {credentials: 'include'}, modules: ['server_cookie']};

test('who was not told to ask sends no cookies and asks for none', async () => {
    for (const options of [{}, {modules: ['server_cookie']}]) {
        const page = openPage(options);
        page.pipes.track('a');
        await page.pass(600);
        const [{init, body}] = page.requests;
        assert.equal(init.credentials, 'omit');
        assert.ok(!('cookie' in body));
    }
});

test('who was told to asks with each request, for the domain that the cookie has', async () => {
    const page = openPage(ASKS);
    page.pipes.track('a');
    await page.pass(600);
    const [{init, body}] = page.requests;
    assert.equal(init.credentials, 'include');
    assert.equal(body.cookie, 'shop.example');
    assert.ok(page.cookie_writes.some((text) =>
        text.startsWith(NAME) && /domain=shop\.example/.test(text)));
});

/** What a collector does that was asked before: the cookie is there again, as it was. */
async function answerLate(page, value) {
    const request = page.requests.shift();
    page.cookies.set(NAME, value);
    request.answer(200);
    await page.settle();
}

test('an answer that comes after reset() does not bring back the id', async () => {
    const page = openPage(ASKS);
    page.pipes.track('a');
    await page.pass(600);
    const [id, value] = [page.pipes.get('anonymous_id'), page.cookies.get(NAME)];
    page.pipes.reset();
    page.pipes.reset();
    await answerLate(page, value);
    const [, next] = page.cookies.get(NAME).split('.');
    assert.notEqual(next, id);
    page.pipes.track('b');
    await page.pass(600);
    const [event] = page.requests[0].body.events;
    assert.equal(event.anonymous_id, next);
});

test('an event between reset() and the answer has the new id, too', async () => {
    const page = openPage(ASKS);
    page.pipes.track('a');
    await page.pass(600);
    const [id, value] = [page.pipes.get('anonymous_id'), page.cookies.get(NAME)];
    page.pipes.reset();
    page.cookies.set(NAME, value);
    page.pipes.track('b');
    assert.notEqual(page.pipes.get('anonymous_id'), id);
});

test('an answer that comes after a refusal leaves nothing but that', async () => {
    for (const [refuse, left] of [
        [(page) => page.pipes.disable(), ['pipes_disabled']],
        [(page) => page.pipes.consent('denied'), []],
        [(page) => { page.pipes.consent('denied'); page.pipes.disable(); }, ['pipes_disabled']],
        [(page) => {
            page.cookies.set('pipes_disabled', '1');
            page.now += 300;
            page.pipes.track('b');
        }, ['pipes_disabled']]]) {
        const page = openPage(ASKS);
        page.pipes.track('a');
        await page.pass(600);
        const value = page.cookies.get(NAME);
        refuse(page);
        await answerLate(page, value);
        assert.deepEqual([...page.cookies.keys()], left, String(refuse));
        assert.equal(page.local.size, 0);
    }
});
