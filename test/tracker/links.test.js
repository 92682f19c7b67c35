'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

/** A page; `click(node)` clicks as a browser does, at the document and the node. */
async function opened() {
    const page = openPage({modules: ['elements', 'links']});
    page.body = element('body', {}, null);
    page.click = async (node, more = {}) => {
        const event = {button: 0, target: node, ...more};
        page.doc.fire(more.button ? 'auxclick' : 'click', event);
        node.fire(more.button ? 'auxclick' : 'click', event);
        await page.settle();
        const events = [];
        while (page.requests.length) {
            events.push(...(await page.answer(200)).events);
            await page.pass(600);
        }
        return events;
    };
    return page;
}

function anchor(href, attributes = {}, parent = null) {
    const node = element('a', {href, ...attributes}, parent);
    const {protocol, hostname, pathname} = new URL(href, 'https://www.shop.example/');
    return Object.assign(node, {href, protocol, hostname, pathname});
}

test('a click on what is inside a link to another site is told at once', async () => {
    const page = await opened();
    const link = anchor('https://other.example/x', {id: 'out', 'data-pipes-slot': '3'}, page.body);
    const [event] = await page.click(element('b', {}, link));
    assert.deepEqual([event.type, event.name, event.properties], ['click', 'outbound',
        {target_url: 'https://other.example/x', target_id: 'out', slot: '3'}]);
});

test('links within the site are left alone, files are not', async () => {
    const page = await opened();
    assert.deepEqual(await page.click(anchor('https://www.shop.example/b')), []);
    const [file] = await page.click(anchor('https://www.shop.example/list.PDF'));
    const [named] = await page.click(anchor('https://www.shop.example/list', {download: ''}));
    assert.deepEqual([file.name, named.name, named.properties], ['download', 'download',
        {target_url: 'https://www.shop.example/list'}]);
});

test('the middle button counts, the right one does not', async () => {
    const page = await opened();
    const link = anchor('https://other.example/x');
    assert.equal((await page.click(link, {button: 1})).length, 1);
    assert.equal((await page.click(link, {button: 2})).length, 0);
});

test('of addresses of people only the scheme is told', async () => {
    const page = await opened();
    page.pipes.trackLink('.contact', 'contact');
    for (const scheme of ['mailto:', 'tel:']) {
        const events = await page.click(anchor(scheme + 'ada@home.example', {class: 'contact'}));
        assert.deepEqual(events.map((e) => e.properties.target_url), [scheme, scheme]);
        assert.doesNotMatch(JSON.stringify(events), /ada@/);
    }
    assert.deepEqual(await page.click(anchor('javascript:secret()')), []);
});

test('what is to be ignored is ignored', async () => {
    const page = await opened();
    const box = element('div', {'data-pipes-ignore': ''});
    assert.deepEqual(await page.click(anchor('https://other.example/', {}, box)), []);
});

test('a link in a shadow tree and one around it are found', async () => {
    const page = await opened();
    const host = element('x-card', {});
    const inside = anchor('https://other.example/in');
    inside.parentNode = {nodeType: 11, host};
    assert.equal((await page.click(host, {composedPath: () => [inside]})).length, 1);
    const icon = element('x-icon', {}, anchor('https://other.example/around'));
    const path = element('path');
    path.parentNode = {nodeType: 11, host: icon};
    assert.equal((await page.click(icon, {composedPath: () => [path]})).length, 1);
});

test('trackLink() by selector counts elements that come later', async () => {
    const page = await opened();
    page.pipes.trackLink('a.cta', 'cta', {place: 'top'});
    const link = anchor('https://www.shop.example/b', {class: 'big cta'});
    const [event] = await page.click(element('span', {}, link));
    assert.deepEqual([event.type, event.name, event.properties], ['track', 'cta', {place: 'top'}]);
    assert.deepEqual(await page.click(anchor('https://www.shop.example/b')), []);
});

test('trackLink() takes elements, lists and functions', async () => {
    const page = await opened();
    const links = ['/1', '/2'].map((path) => anchor('https://www.shop.example' + path));
    page.pipes.trackLink(links, 'listed', (link) => ({path: link.pathname}));
    page.pipes.trackLink(links[0], 'single');
    const events = await page.click(links[0]);
    assert.deepEqual(events.map((e) => [e.name, e.properties]), [['listed', {path: '/1'}],
        ['single', {target_url: 'https://www.shop.example/1'}]]);
    assert.equal((await page.click(links[1])).length, 1);
});

test('a selector that is none does not throw', async () => {
    const page = await opened();
    page.pipes.trackLink('a[[', 'x');
    const link = anchor('https://www.shop.example/b');
    link.matches = () => { throw new Error('SyntaxError'); };
    assert.deepEqual(await page.click(link), []);
});

test('after disable() no link is watched', async () => {
    const page = await opened();
    const link = anchor('https://other.example/x');
    page.pipes.trackLink('a', 'x');
    page.pipes.trackLink(link, 'y');
    page.pipes.disable();
    page.pipes.trackLink('a', 'z');
    assert.deepEqual(await page.click(link), []);
    page.pipes.enable();
    assert.deepEqual((await page.click(link)).map((e) => e.name), ['outbound']);
});
