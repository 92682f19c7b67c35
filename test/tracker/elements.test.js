'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

/** Asks for the label of an element, as a module would. */
function labelOf(node) {
    const page = openPage({modules: ['elements']});
    let label;
    page.pipes.use({name: 'asks', start: (core) => { label = core.browser.label(node); }});
    return label && JSON.parse(JSON.stringify(label));
}

test('a path begins at the nearest id that a person chose', () => {
    const form = element('form', {id: 'order'}, element('body'));
    const button = element('button', {id: ':r1:'}, element('p', {id: 'p17'}, form));
    assert.deepEqual(labelOf(button), {path: 'form#order>p>button', data: {}});
});

test('ids that a framework makes begin no path', () => {
    for (const id of ['_r_a_', '_R_lb_', 'radix-_r_k_', '\u00abra\u00bb', ':ra:', 'x12']) {
        const box = element('div', {id}, element('main', {id: 'shop'}));
        assert.equal(labelOf(element('a', {}, box)).path, 'main#shop>div>a', id);
    }
});

test('a path has five steps at most, and names where there are no ids', () => {
    let node = element('body');
    for (let i = 0; i < 9; i++) { node = element('div', {}, node); }
    assert.equal(labelOf(element('input', {name: 'size'}, node)).path,
        'div>div>div>div>input[size]');
});

test('names and data come from the nearest element that has them', () => {
    const list = element('ul', {'data-pipes-name': 'list', 'data-pipes-shelf': '3'});
    const item = element('li', {'data-pipes-name': 'item', 'data-pipes-sku': 'fern'}, list);
    const label = labelOf(element('img', {}, item));
    assert.equal(label.name, 'item');
    assert.deepEqual(label.data, {sku: 'fern', shelf: '3'});
});

test('of what is to be ignored there is no label, however deep', () => {
    const box = element('div', {'data-pipes-ignore': ''}, element('body'));
    assert.strictEqual(labelOf(element('a', {}, element('p', {}, box))), null);
});

test('a form whose field is called id keeps its own', () => {
    const form = element('form', {id: 'order'});
    form.id = element('input', {name: 'id'}, form);
    assert.equal(labelOf(form).path, 'form#order');
});

test('an element in a shadow tree is found with what is around its host', () => {
    const host = element('x-shop', {'data-pipes-name': 'shop'}, element('body'));
    const root = {nodeType: 11, host};
    const inside = element('button', {}, null);
    inside.parentNode = root;
    assert.equal(labelOf(inside).name, 'shop');
});
