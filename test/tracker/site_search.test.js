'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** What is told on a page with this address, and on those pushed afterwards. */
async function told(query, options, more = [], document = {}, ms = 600) {
    const page = openPage({modules: ['site_search'], config: {site_search: options},
        window: {location: {href: 'https://www.shop.example/find' + query, protocol: 'https:',
            hostname: 'www.shop.example'}}, document});
    await page.pass(ms);
    for (const next of more) {
        page.win.location.href = 'https://www.shop.example/find' + next;
        page.pipes.page();
        await page.pass(ms);
    }
    return page.leave('site_search');
}

test('a search is told, its term only where the site said so', async () => {
    assert.deepEqual(await told('?q=red+shoes'), [{}]);
    assert.deepEqual(await told('?a=1&q=red+sh%C3%B6es', {terms: true}), [{term: 'red shöes'}]);
    assert.deepEqual(await told('?q=%E0%A4', {terms: true}), [{term: '%E0%A4'}]);
    assert.deepEqual(await told('?s=first&q=b', {terms: true}), [{term: 'first'}]);
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
    assert.equal((await told('?q=a', {}, [''])).length, 1);
});

test('it is told when its results had the time to show, or when the view ends before', async () => {
    const terms = async (...args) =>
        (await told('?q=a', {terms: true}, ...args)).map((one) => one.term);
    assert.deepEqual(await terms([], {}, 0), ['a']);
    assert.deepEqual(await terms(['?q=b'], {}, 0), ['a', 'b']);
    const place = {textContent: '7'};
    const page = openPage({modules: ['site_search'], config: {site_search: {results: 'p'}},
        document: {querySelectorAll: () => [place]},
        window: {location: {href: 'https://a.example/?q=a'}}});
    await page.pass(600);
    place.textContent = '8';
    assert.deepEqual(page.leave('site_search'), [{results: 7}]);
});

test('the number of results is read where the site said so', async () => {
    const querySelectorAll = (selector) =>
        (selector === '.count' ? [{textContent: 'about 1,234 results'}] : []);
    assert.deepEqual(await told('?q=a', {results: '.count'}, [], {querySelectorAll}),
        [{results: 1234}]);
    assert.deepEqual(await told('?q=a', {results: '.none'}, [], {querySelectorAll}), [{}]);
});
