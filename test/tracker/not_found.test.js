'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

/** The properties of what is told with this status of the answer. */
async function seen(status, more = {}) {
    const entries = {getEntriesByType: () => [{responseStatus: status}]};
    const page = openPage({modules: more.modules || ['not_found', 'page_view'],
        config: {not_found: more.options},
        document: {title: more.title || 'Shop',
            querySelectorAll: () => (more.meta ? [element('meta', {content: more.meta})] : [])},
        window: {performance: {now: () => 0, ...entries}}});
    await page.pass(more.ms === undefined ? 600 : more.ms);
    for (let i = 0; i < (more.views || 0); i++) {
        page.pipes.page();
        await page.pass(600);
    }
    return page.leave('page_not_found');
}

test('the status of the answer tells, for the page it was given for', async () => {
    assert.deepEqual(await seen(404), [{status: 404}]);
    assert.deepEqual(await seen(410, {views: 2}), [{status: 410}]);
    assert.deepEqual(await seen(200), []);
    assert.deepEqual(await seen(500), []);
});

test('it is told without a view, too, and when the page is left at once', async () => {
    assert.deepEqual(await seen(404, {modules: ['not_found']}), [{status: 404}]);
    assert.deepEqual(await seen(404, {ms: 0}), [{status: 404}]);
});

test('a mark in the page tells, in every view', async () => {
    assert.deepEqual(await seen(200, {meta: '404', views: 1}), [{status: 404}, {status: 404}]);
    assert.deepEqual(await seen(404, {meta: '200'}), []);
});

test('the title tells where the site said so', async () => {
    const told = await seen(200, {title: 'Page Not Found', options: {title: 'not found'}});
    assert.deepEqual(told, [{}]);
    assert.deepEqual(await seen(200, {title: 'Page Not Found'}), []);
});

test('a browser that knows no status tells nothing, and a bad pattern does not throw', async () => {
    assert.deepEqual(await seen(undefined), []);
    assert.deepEqual(await seen(200, {options: {title: '('}}), []);
});
