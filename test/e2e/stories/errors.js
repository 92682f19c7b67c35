/**
 * Stories of what fails in a page. Engines have words and columns of their own: what is told is
 * compared with what this one said to the page itself.
 */
'use strict';
const assert = require('node:assert');
const {startServer} = require('../browser');
const {openSite} = require('../module_site');

/** Runs before the tracker: keeps what the engine says. */
function listen() {
    window.said = [];
    addEventListener('error', (event) => event.message && said.push({message: event.message,
        source: event.filename, line: event.lineno, column: event.colno,
        own: event.error && event.error.message}));
    addEventListener('unhandledrejection', ({reason}) =>
        said.push({own: reason.message || reason}));
}

const APP = `function fail() {
    undefined.f();
}
for (var i = 0; i < 3; i++) { setTimeout(fail); }
setTimeout(function () { Promise.reject(new RangeError('too far')); });
setTimeout(function () { Promise.reject('no reason'); });
setTimeout(function () { throw 'a word'; });
try { JSON.parse('{'); } catch (e) { window.caught = e.message; pipes.error(e, {order: 7}); }`;
/** Three of them are one, told once; what the page caught comes on top. */
const HEARD = 7;
const TOLD = 6;

async function openBroken(t, browser) {
    const stranger = await startServer(t, (request, response) => {
        response.writeHead(200, {'content-type': 'text/javascript'});
        response.end('null.secret();');
    });
    return openSite(t, browser, 'errors', {
        '/': `<title>Broken</title><img src="/missing.png">
            <script src="${stranger.url}"></script><script src="/app.js"></script>`,
        '/app.js': (request, response) => response.end(APP),
    }, {before: `<script>(${listen})()</script>`});
}

/** The only event of that message: its name and properties, and apart from them its stack. */
function find(events, message) {
    const found = events.filter((row) => row.properties.message === message);
    assert.strictEqual(found.length, 1, `${message}: ${JSON.stringify(events, null, 1)}`);
    const [{name, properties: {stack, ...rest}}] = found;
    return [[name, rest], stack];
}

module.exports = [{
    name: 'errors tell what failed and where; those of a stranger tell only that',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, left} = await openBroken(t, browser);
        await page.goto(site.url);
        await page.waitFor((count) => window.said.length >= count, HEARD);
        const said = await page.evaluate(() => window.said);
        const caught = await page.evaluate(() => window.caught);
        const events = await left(/^error/, TOLD);
        const source = `${site.url}/app.js`;
        const heard = (pattern) => said.find((one) => pattern.test(one.message));

        const type = heard(/TypeError/);
        assert.ok(type.line === 2 && type.column > 0);
        const [thrown, thrownStack] = find(events, type.own);
        assert.deepStrictEqual(thrown, ['TypeError',
            {message: type.own, source, line: 2, column: type.column, handled: false}]);
        assert.ok(thrownStack.includes(`${source}:2:${type.column}`), thrownStack);

        const [word, noStack] = find(events, 'a word');
        assert.deepStrictEqual([word, noStack], [['Error', {message: 'a word', source, line: 7,
            column: heard(/a word/).column, handled: false}], undefined]);

        const [[name, {column, ...rejected}], stack] = find(events, 'too far');
        assert.deepStrictEqual([name, rejected],
            ['RangeError', {message: 'too far', source, line: 5, handled: false}]);
        assert.ok(stack.includes(`${source}:5:${column}`), stack);
        assert.deepStrictEqual(find(events, 'no reason'),
            [['Error', {message: 'no reason', handled: false}], undefined]);

        const [[kind, {handled, order, line}]] = find(events, caught);
        assert.deepStrictEqual([kind, handled, order, line], ['SyntaxError', true, 7, 8]);

        // Whose script it was is all that some engines add.
        const {source: whose} = heard(/^Script error/);
        assert.deepStrictEqual(find(events, 'Script error.'), [['Error',
            {message: 'Script error.', ...(whose && {source: whose}), handled: false}], undefined]);
        assert.strictEqual(events.length, TOLD);
        assert.doesNotMatch(JSON.stringify(events), /secret/);
    },
}];
