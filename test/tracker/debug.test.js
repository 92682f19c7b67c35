/* What the console says of every event and every drop, and how test traffic is marked. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** A page whose console is kept: what was said, an event by its name. */
function debugged(options = {}) {
    const said = [];
    const log = (...words) => said.push(words.map((one) => one && one.type ? `${one.type} ${
        one.name} ${one.seq}` : one).join(' '));
    const page = openPage({...options, window: {console: {log}}});
    page.pipes.debug();
    return {page, said: () => said.splice(0)};
}

test('who does not debug reads nothing, and who ends it nothing more', async () => {
    const {page, said} = debugged();
    page.pipes.debug(false);
    page.pipes.track('a');
    await page.pass(1000);
    await page.answer(200);
    page.pipes.disable();
    page.pipes.track('b');
    assert.deepEqual(said(), []);
});

test('an event is said as it goes out, and that it arrived', async () => {
    const {page, said} = debugged();
    page.pipes.track('a');
    assert.deepEqual(said(), ['pipes track a 1']);
    await page.pass(1000);
    await page.answer(200);
    assert.deepEqual(said(), ['pipes sent: 1']);
});

test('a drop is said, with its reason', async () => {
    const {page, said} = debugged();
    const off = page.pipes.on('event', () => false);
    page.pipes.track('a');
    assert.deepEqual(said(), ['pipes dropped 1: hook']);
    off();
    page.pipes.track('b', {parts: Array(1500).fill('x'.repeat(30))});
    assert.deepEqual(said().slice(1), ['pipes dropped 1: too_big']);
    for (let i = 0; i < 99; i++) { page.pipes.track('c'); }
    assert.equal(said().pop(), 'pipes dropped 1: too_many');
    await page.pass(1000);
    await page.answer(400);
    assert.deepEqual(said(), ['pipes dropped 98: http_400', 'pipes refused: 400']);
});

test('what waits for consent is said, and that it was dropped', () => {
    const {page, said} = debugged({config: {consent: 'pending'}});
    page.pipes.track('a');
    assert.deepEqual(said(), ['pipes track: pending']);
    page.pipes.consent('denied');
    assert.deepEqual(said(), ['pipes dropped all: refused']);
    page.pipes.disable();
    assert.deepEqual(said(), []);
});

test('where nothing is collected it is said of each event', () => {
    for (const [what, options] of Object.entries({
        'Do Not Track': {navigator: {doNotTrack: '1'}}, refused: {config: {consent: 'denied'}},
        'opted out': {cookies: new Map([['pipes_disabled', '1']])}})) {
        const {page, said} = debugged(options);
        page.pipes.track('a');
        assert.deepEqual(said(), ['pipes track: not collecting'], what);
    }
});

/** Whether the next event is marked. */
async function mark(page) {
    page.pipes.track('a');
    page.pipes.flush();
    return (await page.answer(200)).events[0].is_test;
}

test('test traffic is marked by the configuration, or by debug("test")', async () => {
    const staging = openPage({config: {is_test: true}});
    assert.equal(await mark(staging), true);
    const page = openPage();
    assert.equal(await mark(page), undefined);
    page.pipes.debug();
    assert.equal(await mark(page), undefined);
    page.pipes.debug('test');
    assert.equal(await mark(page), true);
    page.pipes.debug(false);
    assert.equal(await mark(page), undefined);
});
