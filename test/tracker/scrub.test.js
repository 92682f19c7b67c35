'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const {openPage} = require('./page.js');

const FOLDER = path.join(__dirname, '../golden/scrub');
const CASES = fs.readdirSync(FOLDER).flatMap((name) => fs.readFileSync(path.join(FOLDER, name), 'utf8')
    .trim().split('\n').map((line) => JSON.parse(line)));

test('golden cases: address, referrer, title and properties are scrubbed in the page', async () => {
    for (const one of CASES) {
        const page = openPage({document: {referrer: one.in, title: one.in}});
        page.win.location.href = one.in;
        page.pipes.track('a', {deep: [{text: one.in}], n: 1});
        page.pipes.identify({trait: one.both});
        await page.pass(600);
        const [first, second] = page.requests[0].body.events.length > 1 ? page.requests[0].body.events :
            [page.requests[0].body.events[0], {user_properties: {trait: one.both}}];
        assert.equal(first.url, one.both, one.case);
        assert.equal(first.referrer, one.both, one.case);
        assert.equal(first.title, one.both, one.case);
        assert.deepEqual(first.properties, {deep: [{text: one.both}], n: 1}, one.case);
        assert.equal(second.user_properties.trait, one.both, one.case);
    }
});

test('hostile text takes no time', async () => {
    const begun = process.hrtime.bigint();
    for (const part of ['token', 'eyJ', '@', '%40', '%25', ']', '://', 'a=', 'a.', '-']) {
        openPage().pipes.track('a', {text: part.repeat(40000 / part.length)});
    }
    assert.ok(process.hrtime.bigint() - begun < 5000000000n);
});
