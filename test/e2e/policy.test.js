/** What tag.html says of itself; the tags in browsers: stories/policy.js. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const {startCollector} = require('./collector');
const {tagsOf} = require('./site');

test('the policy in tag.html names the hash of the very inline text', async (t) => {
    const tags = tagsOf(t, await startCollector(t));
    for (const [tag, policy] of [tags.plain, tags.pinned]) {
        const text = /^<script>([^]*?)<\/script>/.exec(tag)[1];
        const sum = crypto.createHash('sha256').update(text).digest('base64');
        assert.ok(policy.startsWith(`script-src 'sha256-${sum}' `), policy);
    }
});
