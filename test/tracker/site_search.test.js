'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** What is told on a page with this address, and on those pushed afterwards. */
async function told(query, options, more = [], document = {}) {
    const page = openPage({modules: ['site_search'], config: {site_search: options},
        window: {location: {href: 'https://www.shop.example/find' + query, protocol: 'https:',
            hostname: 'www.shop.example'}}, document});
    await page.pass(600);
    for (const next of more) {
        page.win.location.href = 'https://www.shop.example/find' + next;
        page.pipes.page();
        await page.pass(600);
    }
    return page.leave('site_search');
}

test('a search is told, its term only where the site said so', async () => {
    assert.deepEqual(await told('?q=red+shoes'), [{}]);
    assert.deepEqual(await told('?a=1&q=red+sh%C3%B6es', {terms: true}), [{term: 'red shöes'}]);
    assert.deepEqual(await told('?q=%E0%A4', {terms: true}), [{term: '%E0%A4'}]);
});

test('what is not asked is no search', async () => {
    assert.deepEqual(await told(''), []);
    assert.deepEqual(await told('?q='), []);
    assert.deepEqual(await told('?quality=1'), []);
});

test('a site may name its own parameters', async () => {
    assert.deepEqual(await told('?suche=x', {parameters: ['suche']}), [{}]);
    assert.deepEqual(await told('?q=x', {parameters: ['suche']}), []);
});

test('the next pages of a search are no search, another term is', async () => {
    assert.equal((await told('?q=a', {}, ['?q=a&page=2', '?q=b'])).length, 2);
});

test('the number of results is read where the site said so', async () => {
    const querySelectorAll = (selector) =>
        (selector === '.count' ? [{textContent: 'about 1,234 results'}] : []);
    assert.deepEqual(await told('?q=a', {results: '.count'}, [], {querySelectorAll}),
        [{results: 1234}]);
    assert.deepEqual(await told('?q=a', {results: '.none'}, [], {querySelectorAll}), [{}]);
});
