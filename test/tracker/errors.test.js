'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const APP = 'https://www.shop.example/app.js';
const OWN = 'https://collect.example/pipes.js';

function open(document = {}) {
    const page = openPage({modules: ['errors'], document});
    page.sent = async () => {
        page.pipes.flush();
        await page.settle();
        return page.requests.flatMap((one) => one.body.events).filter((e) => e.type === 'error');
    };
    return page;
}

const fault = (name, message, ...frames) => ({name, message,
    stack: [`${name}: ${message}`, ...frames.map((at) => `    at f (${at})`)].join('\n')});

const thrown = (error, line = 3, more = {}) => ({error, message: `Uncaught ${error.name}: x`,
    filename: APP, lineno: line, colno: 7, ...more});

test('an error is sent with its class, place and stack', async () => {
    const page = open();
    page.win.fire('error', thrown(fault('TypeError', 'no f', `${APP}:3:7`)));
    const [event] = await page.sent();
    assert.equal(event.name, 'TypeError');
    assert.deepEqual(event.properties, {message: 'no f', source: APP, line: 3, column: 7,
        stack: `TypeError: no f\n    at f (${APP}:3:7)`, handled: false});
});

test('a rejection takes its place from the stack, of either style', async () => {
    const page = open();
    page.win.fire('unhandledrejection', {reason: fault('RangeError', 'r', `${APP}:12:5`)});
    page.win.fire('unhandledrejection', {reason: {name: 'Error', message: 'm',
        stack: `f@${APP}:8:2\ng@${APP}:9:2`}});
    const places = (await page.sent()).map(({properties: p}) => [p.source, p.line, p.column]);
    assert.deepEqual(places, [[APP, 12, 5], [APP, 8, 2]]);
});

test('what was thrown need not be an error', async () => {
    const page = open();
    page.win.fire('unhandledrejection', {reason: 'timeout'});
    page.win.fire('error', {message: 'Uncaught SyntaxError: bad', filename: APP, lineno: 1});
    page.win.fire('error', {message: 'Uncaught nonsense', error: 0, filename: APP, lineno: 2});
    page.pipes.error(null);
    page.pipes.error(Object.create(null));
    const events = await page.sent();
    assert.deepEqual(events.map((e) => [e.name, e.properties.message]),
        [['Error', 'timeout'], ['SyntaxError', 'Uncaught SyntaxError: bad'], ['Error', '0'],
            ['Error', 'null'], ['Error', 'undefined']]);
});

test('what is rejected without a message is told by its keys, and by no value', async () => {
    const page = open();
    page.win.fire('unhandledrejection', {reason: {status: 401, token: 'secret'}});
    page.win.fire('unhandledrejection', {reason: {code: 5}});
    const events = await page.sent();
    assert.deepEqual(events.map((e) => e.properties.message), ['status,token', 'code']);
});

test('the same class, source and line counts once a view', async () => {
    const page = open();
    const one = fault('TypeError', 'a', `${APP}:3:7`);
    page.win.fire('error', thrown(one));
    page.win.fire('error', thrown(fault('TypeError', 'b', `${APP}:3:7`), 3, {colno: 99}));
    page.win.fire('error', thrown(fault('RangeError', 'a', `${APP}:3:7`)));
    page.win.fire('error', thrown(one, 4));
    page.win.fire('error', thrown(fault('TypeError', 'c'), 3, {filename: `${APP}?2`}));
    assert.equal((await page.sent()).length, 4);
    page.pipes.page();
    page.win.fire('error', thrown(one));
    await page.answer(200);
    assert.equal((await page.sent()).length, 1);
});

test('ten are sent a view, and ten more in the next', async () => {
    const page = open();
    const many = () => {
        for (let i = 1; i < 30; i++) { page.win.fire('error', thrown(fault('E', 'm'), i)); }
    };
    many();
    page.pipes.page();
    many();
    assert.equal((await page.sent()).length, 20);
});

test('"Script error." counts once', async () => {
    const page = open();
    for (let i = 0; i < 3; i++) {
        page.win.fire('error', {error: null, message: 'Script error.', filename: '', lineno: 0,
            colno: 0});
    }
    const [event, ...others] = await page.sent();
    assert.deepEqual(event.properties, {message: 'Script error.', handled: false});
    assert.equal(others.length, 0);
});

test('a picture that is not found is no error', async () => {
    const page = open();
    page.win.fire('error', {target: {tagName: 'IMG'}});
    assert.equal((await page.sent()).length, 0);
});

test('frames of the tracker are left out, and the place is behind them', async () => {
    const page = open();
    const one = fault('TypeError', 'x', `${OWN}:1:900`, `${APP}:3:7`);
    page.win.fire('error', {error: one, message: 'x', filename: OWN, lineno: 1, colno: 900});
    const [{properties}] = await page.sent();
    assert.deepEqual([properties.source, properties.line, properties.stack],
        [APP, 3, `TypeError: x\n    at f (${APP}:3:7)`]);
});

test('without a script of its own all frames are the page\'s, and line 0 is none', async () => {
    for (const currentScript of [null, {src: ''}]) {
        const page = open({currentScript});
        const one = fault('TypeError', 'undefined', `${OWN}:1:900`);
        page.win.fire('error', thrown(one, 0, {colno: 0}));
        const [{properties}] = await page.sent();
        assert.deepEqual(properties, {message: 'undefined', source: APP, stack: one.stack,
            handled: false});
    }
});

test('the stack has 2,000 characters at most, the message 500, the class 100', async () => {
    const page = open();
    page.win.fire('error', thrown(fault('E'.repeat(999), 'm'.repeat(999),
        ...Array(99).fill(`${APP}:3:7`))));
    const [{name, properties}] = await page.sent();
    assert.deepEqual([properties.stack.length, properties.message.length, name.length],
        [2000, 500, 100]);
});

test('a caught error is handled, with what the page says about it', async () => {
    const page = open();
    page.pipes.error(fault('HttpError', 'gone', `${APP}:5:1`), {order: 7, handled: 'no'});
    page.pipes.error(fault('HttpError', 'gone', `${APP}:6:1`), 'no object');
    const events = await page.sent();
    assert.deepEqual(events.map((e) => [e.name, e.properties.line, e.properties.order,
        e.properties.handled]), [['HttpError', 5, 7, true], ['HttpError', 6, undefined, true]]);
    assert.ok(!('0' in events[1].properties));
});

test('errors that throw when they are looked at do not throw here', async () => {
    const page = open();
    page.win.fire('unhandledrejection', {reason: {name: 'E', message: 'm',
        get stack() { throw new Error('no'); }}});
    page.win.fire('unhandledrejection', {reason: Symbol('s')});
    page.pipes.error(fault('F', 'm'), new Proxy({}, {ownKeys() { throw new Error('no'); }}));
    page.pipes.error(new Proxy({}, {get() { throw new Error('no'); }}));
    assert.deepEqual((await page.sent()).map((e) => e.name).slice(0, 1), ['E']);
});

test('after disable() nothing listens', async () => {
    const page = open();
    page.pipes.disable();
    assert.ok(!page.win.listeners.some(([type]) => /error|rejection/.test(type)));
});

test('what fails while it starts is told, behind what was called', async () => {
    const page = openPage({modules: ['errors'], is_starting: true,
        pipes: {q: [['track', ['called'], 1.7e12]]}});
    for (let line = 1; line < 20; line++) {
        page.win.fire('error', thrown(fault('TypeError', 'no f', `${APP}:${line}:7`), line));
    }
    await page.pass(100);
    const events = page.requests.flatMap((one) => one.body.events);
    assert.deepEqual(events.map((event) => event.type), ['track', ...Array(10).fill('error')]);
    assert.equal(page.win.listeners.filter(([type]) => type === 'error').length, 1);
});

test('of a page where nothing may be told no early failure is', async () => {
    const page = openPage({modules: ['errors'], is_starting: true, config: {consent: 'denied'}});
    page.win.fire('error', thrown(fault('TypeError', 'no f', `${APP}:3:7`)));
    await page.pass(5000);
    page.win.fire('pagehide');
    assert.equal(page.requests.length + page.beacons.length, 0);
});
