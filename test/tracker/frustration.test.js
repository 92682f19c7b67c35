'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');
const {observerClass} = require('./observers.js');

/** A page where a test clicks, lets time pass, and reads what was told: name and properties. */
function open(options = {}) {
    const Watcher = observerClass();
    const told = [];
    const page = openPage({modules: ['elements', 'frustration'],
        document: {querySelectorAll: () => page.fields},
        window: {MutationObserver: Watcher, getSelection: () => page.selection,
            getComputedStyle: (node) => ({cursor: node.cursor || 'auto'}), ...options}});
    page.pipes.on('event', ({type, name, properties}) => {
        if (type === 'click') { told.push([name, properties]); }
    });
    return Object.assign(page, {told, selection: '', fields: [],
        click: (node, more = {}) => page.win.fire('click', {type: 'click', button: 0, detail: 1,
            pageX: 10.4, pageY: 2000.5, target: node, ...more}),
        happens: (type, more) => page.win.fire(type, {type, ...more}),
        changes: (kind) => Watcher.all.filter((one) => one.hears(kind))
            .forEach((one) => one.tell([])),
        watchers: () => Watcher.all.filter((one) => one.nodes.length).length,
        names: () => told.map(([name]) => name),
        /** Clicks so many times, with that much time after each. */
        hit: async (node, times, ms = 100, more = {}) => {
            for (let i = 0; i < times; i++) {
                page.click(node, more);
                await page.pass(ms);
            }
        }});
}

const plain = (name, properties) => JSON.parse(JSON.stringify([name, properties]));

test('clicks in quick succession are told once, when they are over', async () => {
    const page = open({MutationObserver: undefined});
    const form = element('form', {id: 'order', 'data-pipes-shelf': '3'});
    const button = element('button', {'data-pipes-name': 'buy', id: 'b7'}, form);
    await page.hit(element('svg', {}, button), 5, 200);
    assert.deepEqual(page.told, []);
    await page.pass(1000);
    assert.deepEqual(plain(...page.told.pop()), ['rage', {shelf: '3', path: 'form#order>button',
        tag: 'button', id: 'b7', name: 'buy', x: 10, y: 2001, count: 5, duration_ms: 800}]);
    await page.pass(9000);
    assert.deepEqual(page.told, []);
});

test('three clicks within a second are rage, more slowly they are not', async () => {
    for (const [ms, names] of [[500, ['rage']], [501, []], [900, []]]) {
        const page = open({MutationObserver: undefined});
        await page.hit(element('img'), 3, ms);
        await page.pass(2000);
        assert.deepEqual(page.names(), names, `${ms} ms`);
    }
});

test('slow clicks before a burst are not of it, slower ones within it are', async () => {
    const page = open({MutationObserver: undefined});
    const node = element('img');
    await page.hit(node, 3, 900);
    await page.hit(node, 2, 60);
    await page.hit(node, 3, 900);
    await page.pass(2000);
    // 900 before the two, 0, 60, then 0, 900, 1800.
    assert.deepEqual(page.told.map(([, p]) => [p.count, p.duration_ms]), [[6, 2820]]);
});

test('clicks here and there are no burst, on another place begins another one', async () => {
    const page = open({MutationObserver: undefined});
    const [one, other] = [element('img'), element('b')];
    for (const pageX of [10, 41, 10, 41]) { page.click(one, {pageX}); }
    for (const pageY of [10, 41, 10, 41]) { page.click(one, {pageY}); }
    for (let i = 0; i < 4; i++) { page.click([one, other][i % 2]); }
    await page.pass(2000);
    assert.deepEqual(page.told, []);
    for (const at of [10, 40, 10]) { page.click(one, {pageX: at, pageY: at}); }
    for (let i = 0; i < 4; i++) { page.click(other); }
    assert.deepEqual(page.told.map(([, p]) => [p.tag, p.count]), [['img', 3]]);
    await page.pass(2000);
    assert.deepEqual(page.told.map(([, p]) => [p.tag, p.count]), [['img', 3], ['b', 4]]);
});

test('a burst is told when the page is left, and before the next view begins', async () => {
    for (const end of [(page) => page.win.fire('pagehide'), (page) => page.pipes.page()]) {
        const page = open();
        await page.hit(element('img'), 3);
        end(page);
        assert.deepEqual(page.names(), ['rage']);
        await page.pass(5000);
        assert.deepEqual(page.names(), ['rage']);
    }
});

test('quick clicks are meant on fields, players, sliders and where the page says so', async () => {
    const page = open();
    const repeat = element('div', {'data-pipes-repeat': ''});
    const quick = [element('input', {type: 'number'}), element('textarea'), element('option', {},
        element('select')), element('b', {}, element('label')), element('video'), element('audio'),
    element('canvas'), element('b', {}, element('span', {role: 'slider'})),
    element('b', {role: 'spinbutton'}), element('button', {}, repeat),
    Object.assign(element('p'), {isContentEditable: true}),
    element('button', {'data-pipes-ignore': ''})];
    for (const node of quick) {
        await page.hit(node, 4);
        await page.pass(1500);
    }
    assert.deepEqual(page.names().filter((name) => name === 'rage'), []);
    await page.hit(element('input', {type: 'submit'}), 4);
    await page.pass(1500);
    assert.equal(page.names().filter((name) => name === 'rage').length, 1);
});

test('clicks that select text are no rage, but on what looks clickable', async () => {
    const page = open({MutationObserver: undefined});
    page.selection = 'word';
    await page.hit(element('p'), 4);
    await page.pass(1500);
    assert.deepEqual(page.names(), []);
    await page.hit(Object.assign(element('p'), {cursor: 'pointer'}), 4);
    await page.pass(1500);
    assert.deepEqual(page.names(), ['rage']);
});

test('only plain clicks of a pointer count', async () => {
    const page = open();
    for (const more of [{button: 1}, {ctrlKey: true}, {metaKey: true}, {shiftKey: true},
        {detail: 0}]) {
        await page.hit(element('button'), 4, 100, more);
        await page.pass(5000);
    }
    assert.deepEqual(page.told, []);
});

test('a click from which nothing comes is dead after 2.5 seconds', async () => {
    const page = open();
    const form = element('form', {id: 'order', 'data-pipes-shelf': '3'});
    page.click(element('svg', {}, element('button', {'data-pipes-name': 'buy', id: 'b7'}, form)));
    await page.pass(2499);
    assert.deepEqual(page.told, []);
    await page.pass(1);
    assert.deepEqual(plain(...page.told.pop()), ['dead', {shelf: '3', path: 'form#order>button',
        tag: 'button', id: 'b7', name: 'buy', x: 10, y: 2001}]);
    page.click(element('a'));
    await page.pass(2500);
    assert.deepEqual(plain(...page.told.pop()), ['dead', {path: 'a', tag: 'a', x: 10, y: 2001}]);
});

test('only what looks clickable can be dead', async () => {
    const page = open();
    const dead = async (node) => {
        page.click(node);
        await page.pass(3000);
        return page.told.splice(0).length;
    };
    const yes = [element('a'), element('summary'), element('div', {role: 'button'}),
        element('div', {onclick: ''}), element('input', {type: 'submit'}),
        element('input', {type: 'button'}), Object.assign(element('div'), {cursor: 'pointer'})];
    for (const node of yes) { assert.equal(await dead(node), 1, node.tagName); }
    const no = [element('p'), element('input', {type: 'text'}), element('select'),
        element('label'), Object.assign(element('label'), {cursor: 'pointer'}),
        element('button', {'data-pipes-ignore': ''})];
    for (const node of no) { assert.equal(await dead(node), 0, node.tagName); }
});

const SIGNS = ['focus', 'blur', 'scroll', 'resize', 'submit', 'invalid', 'toggle', 'play', 'copy',
    'beforeprint', 'beforeunload'];

test('any sign of life is enough', async () => {
    const page = open();
    page.fields.push({value: 'a', checked: false});
    const lives = [...SIGNS.map((type) => () => page.happens(type)),
        ...['childList', 'attributes', 'characterData'].map((kind) => () => page.changes(kind)),
        () => page.win.history.pushState(null, '', '#part'),
        () => { page.selection = 'all'; },
        () => { page.fields[0].value = 'b'; }, () => { page.fields[0].checked = true; },
        () => page.pipes.page(), () => page.win.fire('pagehide')];
    for (const [i, live] of lives.entries()) {
        page.click(element('button'));
        await page.pass(2400);
        live();
        await page.pass(3000);
        assert.deepEqual(page.told, [], `sign ${i}`);
    }
});

test('the focus that follows a pressed pointer is no sign', async () => {
    const page = open();
    page.click(element('button'));
    await page.pass(1000);
    page.happens('mousedown');
    page.happens('blur');
    await page.pass(49);
    page.happens('focus');
    await page.pass(3000);
    assert.deepEqual(page.names(), ['dead']);
    page.click(element('button'));
    page.happens('mousedown');
    await page.pass(50);
    page.happens('focus');
    await page.pass(3000);
    assert.deepEqual(page.names(), ['dead']);
});

test('a link that the browser follows is not dead, one that is stopped may be', async () => {
    const page = open();
    const dead = async (href, more) => {
        page.click(element('b', {}, Object.assign(element('a', {href}), {href})), more);
        await page.pass(3000);
        return page.told.splice(0).length;
    };
    const here = page.win.location.href;
    for (const href of ['https://www.shop.example/b', 'mailto:a@shop.example', here, 'blob:x']) {
        assert.equal(await dead(href), 0, href);
        assert.equal(await dead(href, {defaultPrevented: true}), 1, href);
    }
    assert.equal(await dead(`${here}#`), 1);
    assert.equal(await dead('javascript:void 0'), 1);
});

test('one click is watched at a time; that a second one selects a word is no sign', async () => {
    const page = open();
    const node = element('a');
    page.click(node);
    await page.pass(300);
    page.selection = 'word';
    page.click(node);
    page.click(element('button'));
    await page.pass(9000);
    assert.deepEqual(page.told.splice(0).map(([name, p]) => [name, p.tag]), [['dead', 'a']]);
    page.click(node);
    page.selection = 'all';
    page.click(element('button'));
    await page.pass(9000);
    assert.deepEqual(page.told, []);
});

test('nothing is watched but while a click waits', async () => {
    const page = open();
    const idle = page.win.listeners.length;
    const watched = () => [page.watchers(), page.win.listeners.length > idle];
    assert.deepEqual(watched(), [0, false]);
    page.click(element('p'));
    assert.deepEqual(watched(), [0, false]);
    for (const end of [() => page.pass(2600), () => page.changes('childList'),
        () => page.pipes.disable()]) {
        page.click(element('button'));
        page.click(element('a'));
        assert.deepEqual(watched(), [1, true]);
        await end();
        assert.equal(page.watchers(), 0);
        assert.ok(page.win.listeners.length <= idle);
    }
});

test('in a shadow tree there may be rage, but nothing is called dead', async () => {
    const page = open();
    const host = element('x-card');
    const button = element('button');
    button.parentNode = {nodeType: 11, host};
    await page.hit(host, 3, 100, {composedPath: () => [button]});
    await page.pass(5000);
    assert.deepEqual(page.told.map(([name, p]) => [name, p.path]), [['rage', 'x-card>button']]);
    const icon = element('i');
    icon.parentNode = {nodeType: 11, host};
    for (const parent of [element('p'), element('label')]) {
        host.parentNode = parent;
        await page.hit(host, 3, 100, {composedPath: () => [icon]});
        await page.pass(5000);
    }
    assert.deepEqual(page.told.slice(1).map(([name, p]) => [name, p.path]),
        [['rage', 'p>x-card>i']], 'quick clicks are meant on what is in a label');
});

test('without an observer there are no dead clicks', async () => {
    const page = open({MutationObserver: undefined});
    page.click(element('button'));
    await page.pass(5000);
    assert.deepEqual(page.told, []);
});

test('twenty of each are told in a view, the next begins anew', async () => {
    const page = open();
    const many = async (times) => {
        for (let i = 0; i < times; i++) {
            await page.hit(element('button'), 3);
            await page.pass(3000);
        }
    };
    const count = (name) => page.names().filter((one) => one === name).length;
    await many(22);
    assert.deepEqual([count('rage'), count('dead'), page.watchers()], [20, 20, 0]);
    page.click(element('button'));
    assert.equal(page.watchers(), 0, 'what would not be told is not watched');
    page.pipes.page();
    await many(1);
    assert.deepEqual([count('rage'), count('dead')], [21, 21]);
});
