'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

async function opened() {
    const page = openPage({modules: ['elements', 'clicks']});
    page.click = async (node, more = {}) => {
        page.doc.fire('click', {button: 0, pageX: 10.4, pageY: 2000.5, target: node, ...more});
        page.pipes.flush();
        await page.settle();
        return page.requests.length ? (await page.answer(200)).events : [];
    };
    return page;
}

/** An element with a text and, maybe, something inside that matches a selector. */
function withText(tag, attributes, text, inside = null) {
    return Object.assign(element(tag, {'data-pipes-text': '', ...attributes}),
        {textContent: text, querySelector: () => inside});
}

test('a click tells where it was, by path and place', async () => {
    const page = await opened();
    const form = element('form', {id: 'order', 'data-pipes-shelf': '3'});
    const button = element('button', {'data-pipes-name': 'buy', id: 'b7'}, form);
    const [event] = await page.click(element('svg', {}, button));
    assert.deepEqual([event.type, event.name, event.properties], ['click', 'buy', {shelf: '3',
        path: 'form#order>button', tag: 'button', id: 'b7', x: 10, y: 2001}]);
});

test('only what is there to be clicked or was named counts', async () => {
    const page = await opened();
    const yes = [['a', {}, {button: 1}], ['a'], ['button'], ['summary'], ['div', {role: 'button'}],
        ['input', {type: 'submit'}],
        ['input', {type: 'button'}], ['img', {'data-pipes-name': 'cover'}]];
    for (const [tag, attributes, more] of yes) {
        assert.equal((await page.click(element(tag, attributes), more)).length, 1, tag);
    }
    for (const [tag, attributes] of [['p'], ['input', {type: 'text'}], ['div', {role: 'list'}]]) {
        assert.equal((await page.click(element(tag, attributes))).length, 0, tag);
    }
    assert.equal((await page.click(element('a'), {button: 2})).length, 0);
});

test('a role is told, and nothing of what is not there', async () => {
    const page = await opened();
    const [event] = await page.click(element('div', {role: 'button'}));
    assert.deepEqual(event.properties, {path: 'div', tag: 'div', role: 'button', x: 10, y: 2001});
});

test('text is told only where the page asked for it', async () => {
    const page = await opened();
    const [told] = await page.click(withText('button', {}, '  Buy now '));
    assert.equal(told.properties.text, 'Buy now');
    const section = element('section', {'data-pipes-text': ''});
    const button = Object.assign(element('button', {}, section), {textContent: 'Ada'});
    const [event] = await page.click(button);
    assert.ok(!('text' in event.properties));
    const [long] = await page.click(withText('a', {}, 'x'.repeat(999)));
    assert.equal(long.properties.text.length, 100);
});

test('text is never told where one can write', async () => {
    const page = await opened();
    const named = {'data-pipes-name': 'note'};
    const nodes = [withText('textarea', named, 'SECRET'), withText('input', named, 'SECRET'),
        Object.assign(withText('div', named, 'SECRET'), {isContentEditable: true}),
        withText('div', named, 'SECRET', {})];
    for (const node of nodes) {
        const events = await page.click(node);
        assert.equal(events.length, 1);
        assert.doesNotMatch(JSON.stringify(events), /SECRET/);
    }
});

test('what is to be ignored is ignored', async () => {
    const page = await opened();
    const box = element('div', {'data-pipes-ignore': ''});
    assert.deepEqual(await page.click(element('button', {}, box)), []);
});

test('a button in a shadow tree, and one around it, are found', async () => {
    const page = await opened();
    const host = element('x-card', {}, element('a'));
    for (const [tag, path] of [['button', 'a>x-card>button'], ['i', 'a']]) {
        const node = element(tag);
        node.parentNode = {nodeType: 11, host};
        const [event] = await page.click(host, {composedPath: () => [node]});
        assert.equal(event.properties.path, path);
    }
});

test('a view has 200 clicks at most, the next begins anew', async () => {
    const page = await opened();
    const button = element('button');
    let count = 0;
    for (let i = 0; i < 210; i++) {
        await page.pass(100);
        await page.click(element('p'));
        count += (await page.click(button)).length;
    }
    assert.equal(count, 200);
    page.pipes.page();
    assert.deepEqual((await page.click(button)).map((e) => e.type), ['page', 'click']);
});
