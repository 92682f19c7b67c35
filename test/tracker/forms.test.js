'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

async function opened(window) {
    const page = openPage({modules: ['elements', 'forms'], window});
    page.seen = async () => {
        const have = page.beacons.map((one) => one.body.batch_id);
        page.pipes.flush();
        await page.settle();
        const events = page.requests.length ?
            (await page.answer(200, JSON.stringify({have}))).events : [];
        return events.concat(page.beacons.splice(0).flatMap((one) => one.body.events));
    };
    page.names = async () => (await page.seen()).map((e) => e.name);
    return page;
}

/** A form whose fields are [name, type]; each has a value that must not be told. */
function form(attributes, fields, parent) {
    const node = element('form', attributes, parent);
    node.elements = fields.map(([name, type, more]) => Object.assign(
        element('input', {name, ...more}, node), {type, form: node, value: 'SECRET'}));
    return node;
}

test('a form is begun, changed and submitted, and no value is told', async () => {
    const page = await opened();
    const order = form({id: 'order', name: 'o'}, [['mail', 'email'], ['size', 'text']]);
    page.doc.fire('input', {type: 'input', target: order.elements[0]});
    await page.pass(2000);
    page.doc.fire('change', {type: 'change', target: order.elements[0]});
    page.doc.fire('change', {type: 'change', target: order.elements[1]});
    const [start] = (await page.answer(200)).events;
    page.doc.fire('submit', {target: order});
    const fields = [{name: 'mail', kind: 'email'}, {name: 'size', kind: 'text'}];
    assert.deepEqual([start.type, start.name, start.properties], ['form', 'form_start',
        {form_id: 'order', form_name: 'o', fields, changes: 0, duration_ms: 0}]);
    const events = await page.seen();
    assert.deepEqual(events.map((e) => [e.name, e.properties]), [['form_submit',
        {form_id: 'order', form_name: 'o', fields, changes: 2, duration_ms: 2000}]]);
    assert.doesNotMatch(JSON.stringify([start, events]), /SECRET/);
    page.win.fire('pagehide');
    assert.deepEqual(await page.names(), []);
});

test('a submit is sent within its own turn', async () => {
    const page = await opened();
    page.doc.fire('submit', {target: form({id: 'f'}, [])});
    assert.equal(page.requests[0].body.events[0].name, 'form_submit');
});

test('a form that a script submits is submitted, once', async () => {
    class HTMLFormElement {
        submit() { this.count = (this.count || 0) + 1; }
    }
    const before = HTMLFormElement.prototype.submit;
    const page = await opened({HTMLFormElement});
    const submit = (one) => page.win.HTMLFormElement.prototype.submit.call(one);
    const [by_script, checked_first, ignored] = [{id: 'a'}, {id: 'b'}, {'data-pipes-ignore': ''}]
        .map((attributes) => form(attributes, [['mail', 'email']]));
    page.doc.fire('input', {type: 'input', target: by_script.elements[0]});
    submit(by_script);
    page.doc.fire('submit', {target: checked_first});
    submit(checked_first);
    submit(ignored);
    page.win.fire('pagehide');
    assert.deepEqual((await page.seen()).map((e) => `${e.name} ${e.properties.form_id}`),
        ['form_start a', 'form_submit a', 'form_submit b']);
    assert.deepEqual([by_script, checked_first, ignored].map((one) => one.count), [1, 1, 1]);
    page.pipes.disable();
    assert.equal(HTMLFormElement.prototype.submit, before);
});

test('a form begun and left is abandoned, once', async () => {
    const page = await opened();
    const order = form({id: 'order'}, [['mail', 'email']]);
    page.doc.fire('change', {type: 'change', target: order.elements[0]});
    page.win.fire('pagehide');
    page.win.fire('pagehide');
    const told = new Map((await page.seen()).map((e) => [e.seq, e.name]));
    assert.deepEqual([...told.values()], ['form_start', 'form_abandon']);
    page.doc.fire('change', {type: 'change', target: order.elements[0]});
    page.doc.fire('submit', {target: order});
    assert.deepEqual(await page.names(), ['form_submit']);
});

test('who looks at another tab has not abandoned the form', async () => {
    const page = await opened();
    const order = form({id: 'order'}, [['mail', 'email']]);
    page.doc.fire('change', {type: 'change', target: order.elements[0]});
    const names = await page.names();
    for (const state of ['hidden', 'visible']) {
        page.doc.visibilityState = state;
        page.doc.fire('visibilitychange');
    }
    page.doc.fire('submit', {target: order});
    names.push(...await page.names());
    assert.deepEqual(names, ['form_start', 'form_submit']);
});

test('an untouched form is not abandoned, and a field outside of forms is of none', async () => {
    const page = await opened();
    const order = form({id: 'order'}, [['mail', 'email']]);
    page.win.fire('pagehide');
    assert.deepEqual(await page.names(), []);
    for (const target of [element('input'), order.elements[0]]) {
        page.doc.fire('change', {type: 'change', target});
    }
    page.win.fire('pagehide');
    assert.deepEqual([...new Set(await page.names())], ['form_start', 'form_abandon']);
});

test('the next view finds the form abandoned, and begins it anew', async () => {
    const page = await opened();
    const order = form({id: 'order'}, [['mail', 'email']]);
    const change = () => page.doc.fire('change', {type: 'change', target: order.elements[0]});
    change();
    change();
    page.pipes.page();
    change();
    assert.deepEqual(await page.names(), ['form_start', 'form_abandon', undefined, 'form_start']);
});

test('forms and fields that are to be ignored are', async () => {
    const page = await opened();
    const hidden = form({'data-pipes-ignore': ''}, [['mail', 'email']]);
    page.doc.fire('change', {type: 'change', target: hidden.elements[0]});
    page.doc.fire('submit', {target: hidden});
    const outside = Object.assign(element('input', {form: 'hidden'}), {form: hidden});
    page.doc.fire('change', {type: 'change', target: outside});
    assert.deepEqual(await page.names(), []);
    const order = form({}, [['mail', 'email'], ['pin', 'password', {'data-pipes-ignore': ''}]]);
    page.doc.fire('change', {type: 'change', target: order.elements[1]});
    assert.deepEqual(await page.names(), []);
    page.doc.fire('change', {type: 'change', target: order.elements[0]});
    assert.deepEqual((await page.seen())[0].properties.fields, [{name: 'mail', kind: 'email'}]);
});

test('fifty fields are told, and ids where there are no names', async () => {
    const page = await opened();
    const fields = Array.from({length: 60}, () => ['', 'text', {id: 'i'}]);
    page.doc.fire('submit', {target: form({}, fields)});
    const told = (await page.seen())[0].properties.fields;
    assert.equal(told.length, 50);
    assert.deepEqual(told[49], {name: 'i', kind: 'text'});
});

test('what has no name, id or type is told without', async () => {
    const page = await opened();
    const field = element('x-size');
    page.doc.fire('submit', {target: Object.assign(form({}, []), {elements: [field]})});
    assert.deepEqual((await page.seen())[0].properties,
        {fields: [{kind: 'x-size'}], changes: 0, duration_ms: 0});
});

test('trackForm() by selector counts forms that come later, and takes elements', async () => {
    const page = await opened();
    const one = form({class: 'mail'}, []);
    page.doc.querySelectorAll = (selector) => (one.matches(selector) ? [one] : []);
    page.pipes.trackForm('.mail', 'signed_up', {list: 'news'});
    page.pipes.trackForm([one], 'listed', (node) => ({of: node.getAttribute('class')}));
    for (const target of [one, form({class: 'other'}, [])]) {
        page.doc.fire('submit', {target});
        target.fire('submit', {target});
    }
    const events = (await page.seen()).concat(await page.seen());
    assert.deepEqual(events.filter((e) => e.type === 'track').map((e) => [e.name, e.properties]),
        [['signed_up', {list: 'news'}], ['listed', {of: 'mail'}]]);
});

test('trackForm() sends within its own turn, also of a form that is else ignored', async () => {
    const page = await opened();
    const one = form({'data-pipes-ignore': ''}, []);
    page.pipes.trackForm(one, 'signed_up');
    one.fire('submit', {target: one});
    assert.deepEqual(page.requests[0].body.events.map((e) => e.name), ['signed_up']);
});

test('after disable() no form is watched', async () => {
    const page = await opened();
    page.pipes.disable();
    page.doc.fire('submit', {target: form({}, [])});
    assert.deepEqual(await page.names(), []);
});
