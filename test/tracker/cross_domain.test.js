'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

const HOSTS = ['blog.example', 'shop.example'];
const ID = 'a'.repeat(32);
const CREATED = 1.7e12 - 5000;

/** A link as an element, with the address resolved as a browser does. */
function link(href) {
    const node = element('a', {href});
    const address = () => new URL(node.getAttribute('href'), 'https://www.shop.example/a');
    for (const part of ['protocol', 'hostname']) {
        Object.defineProperty(node, part, {get: () => address()[part]});
    }
    Object.defineProperty(node, 'href', {get: () => address().href,
        set: (value) => node.setAttribute('href', value)});
    Object.defineProperty(node, 'search', {get: () => address().search, set: (value) => {
        const url = address();
        url.search = value;
        node.setAttribute('href', url.href);
    }});
    return node;
}

function opened({url = 'https://www.shop.example/a', referrer = '', modules = [], ...more} = {}) {
    const page = openPage({modules: ['cross_domain', ...modules], ...more,
        document: {referrer, createElement: (tag) => tag === 'a' ? link('about:blank') :
            Object.assign(element(tag), {removed: false})},
        config: {cross_domain: {hosts: HOSTS}, ...more.config},
        prepare: ({win}) => {
            win.location.href = url;
            Object.assign(win.history, {state: {kept: 1}, replaceState: (state, title, next) => {
                win.replaced = state;
                win.location.href = next;
            }});
        }});
    return page;
}

/** Follows a link; its address at that moment and behind it. */
async function follow(page, href, type = 'click') {
    const node = link(href);
    await page.settle();
    page.doc.fire(type, {target: element('b', {}, node), button: 0});
    const during = node.getAttribute('href');
    await page.pass(1);
    return [during, node.getAttribute('href')];
}

const arriving = (id = ID, made = 1.7e12 - 1000) => `1.${id}.${CREATED}.${made}`;
const landing = (parameter, referrer = 'https://www.blog.example/') =>
    ({url: `https://www.shop.example/a?x=1&pipes_id=${parameter}&y=2#z`, referrer});

test('a link to another domain of ours carries the id only while it is followed', async () => {
    const page = opened();
    for (const [type, href, before] of [
        ['click', 'https://blog.example/post', 'https://blog.example/post?'],
        ['auxclick', 'https://www.blog.example/?a=1#top', 'https://www.blog.example/?a=1&']]) {
        const [during, behind] = await follow(page, href, type);
        const [, found] = /pipes_id=([^#]*)/.exec(during);
        assert.ok(during.startsWith(before) && during.endsWith(new URL(href).hash), during);
        assert.match(found, /^1\.[0-9a-f]{32}\.1700000000000\.17000000\d{5}$/);
        assert.ok(found.includes(page.pipes.get('anonymous_id')));
        assert.equal(behind, href);
    }
});

test('other links stay as they are', async () => {
    const page = opened();
    for (const href of ['https://www.shop.example/b', 'https://notblog.example/',
        'https://blog.example.evil.example/', 'mailto:a@blog.example',
        'https://blog.example/?pipes_id=1']) {
        assert.deepEqual(await follow(page, href), [href, href]);
    }
});

test('no id, no decoration: before consent, and without storage', async () => {
    for (const config of [{consent: 'pending'}, {storage: 'none'}]) {
        const [during] = await follow(opened({config}), 'https://blog.example/');
        assert.equal(during, 'https://blog.example/', JSON.stringify(config));
    }
});

test('who tells of the link sees it without the id', async () => {
    const page = opened({modules: ['elements', 'clicks', 'links']});
    const node = link('https://blog.example/post');
    node.pathname = '/post';
    await page.settle();
    page.doc.fire('click', {target: node, button: 0});
    page.pipes.flush();
    await page.settle();
    const events = page.requests.flatMap(({body}) => body.events);
    assert.equal(events.find((event) => event.name === 'outbound').properties.target_url,
        'https://blog.example/post');
});

/** A form that notes which fields it is given. */
const formTo = (action, method) => Object.assign(element('form', {method,
    ...action === undefined ? {} : {action}}), {fields: [],
    appendChild(field) { this.fields.push(field); },
    removeChild(field) { this.fields.splice(this.fields.indexOf(field), 1); }});

test('a form carries it in its action, or as a field where that loses its query', async () => {
    const page = opened();
    await page.settle();
    const post = formTo('https://blog.example/find', 'POST');
    page.doc.fire('submit', {target: post});
    assert.match(post.getAttribute('action'), /^https:\/\/blog\.example\/find\?pipes_id=1\./);
    const get = formTo('https://blog.example/find', 'get');
    page.doc.fire('submit', {target: get});
    assert.match(get.fields[0].value, /^1\.[0-9a-f]{32}\.\d+\.\d+$/);
    assert.deepEqual([get.fields[0].name, get.fields[0].type], ['pipes_id', 'hidden']);
    await page.pass(1);
    assert.deepEqual([post.getAttribute('action'), get.fields], ['https://blog.example/find', []]);
});

test('other forms stay as they are', async () => {
    for (const [action, config] of [[undefined, {}], ['https://evil.example/', {}],
        ['https://www.shop.example/', {}], ['https://blog.example/', {consent: 'pending'}]]) {
        for (const method of ['post', 'get']) {
            const page = opened({config});
            await page.settle();
            const form = formTo(action, method);
            page.doc.fire('submit', {target: form});
            assert.deepEqual([form.getAttribute('action') || undefined, form.fields], [action, []]);
        }
    }
});

test('who arrives with an id and has none takes it, and it leaves the address first', async () => {
    const page = opened(landing(arriving()));
    assert.equal(page.win.location.href, 'https://www.shop.example/a?x=1&y=2#z');
    assert.deepEqual(page.win.replaced, {kept: 1});
    page.pipes.page();
    await page.settle();
    const {events} = await page.answer(200);
    assert.deepEqual(events.map(({type, anonymous_id, url}) => [type, anonymous_id, url]),
        [['page', ID, 'https://www.shop.example/a?x=1&y=2#z']]);
    assert.ok([...page.cookies.values()].some((one) => one.startsWith(`1.${ID}.${CREATED}.`)),
        'as old as it is');
});

test('the parameter leaves the address wherever it stands', () => {
    for (const [given, clean] of [['?pipes_id=1', ''], ['?pipes_id=1&a=2', '?a=2'],
        ['?a=2&pipes_id=1', '?a=2'], ['?pipes_id=#top', '#top'],
        ['?a=2&pipes_id=1#top', '?a=2#top']]) {
        const page = opened({url: `https://www.shop.example/${given}`});
        assert.equal(page.win.location.href, `https://www.shop.example/${clean}`);
    }
});

test('who has an id keeps it, and it is told that both are one', async () => {
    const first = opened();
    const own = first.pipes.get('anonymous_id');
    const page = opened({...landing(arriving()), local: first.local, cookies: first.cookies});
    await page.settle();
    const {events} = await page.answer(200);
    assert.deepEqual(events.map(({type, anonymous_id, previous_id}) =>
        [type, anonymous_id, previous_id]), [['alias', own, ID]]);
    page.pipes.consent('granted');
    await page.pass(1000);
    assert.deepEqual(page.requests, [], 'and once');
    const same = opened({...landing(`1.${own}.1700000000000.1700000000000`), local: first.local,
        cookies: first.cookies});
    await same.pass(1000);
    assert.deepEqual(same.requests, []);
});

test('an id of unknown or other origin, too old, or malformed makes nobody somebody else', () => {
    for (const [parameter, referrer] of [[arriving(), ''], [arriving(), 'https://evil.example/'],
        [arriving(), 'https://www.shop.example/'],
        [arriving(), 'https://blog.example.evil.example/'],
        [arriving(ID, 1.7e12 - 121000)], [arriving(ID, 1.7e12 + 121000)],
        [`1.${ID}.${CREATED}`], [`2.${ID}.${CREATED}.1700000000000`], ['1.a.1.1700000000000'],
        [`1.${ID};x.${CREATED}.1700000000000`], [arriving(ID, 'now')], ['']]) {
        const page = opened(landing(parameter, referrer));
        assert.notEqual(page.pipes.get('anonymous_id'), ID, `${parameter} ${referrer}`);
        assert.ok(!page.win.location.href.includes('pipes_id'));
    }
});

test('an id that has ended, or comes from another time, is nobody, and no alias', async () => {
    for (const created of [1.7e12 - 396 * 864e5, 1.7e12 + 2 * 864e5]) {
        const page = opened(landing(`1.${ID}.${created}.1700000000000`));
        page.pipes.track('here');
        await page.pass(600);
        const {events} = await page.answer(200);
        assert.deepEqual(events.map((event) => event.name), ['here']);
        assert.ok(!JSON.stringify([events, ...page.cookies]).includes(ID));
    }
});

test('with consent pending the id waits, and is forgotten when the visitor refuses', () => {
    const agreed = opened({...landing(arriving()), config: {consent: 'pending'}});
    assert.deepEqual([...agreed.cookies], []);
    agreed.pipes.consent('granted');
    assert.equal(agreed.pipes.get('anonymous_id'), ID);
    const refused = opened({...landing(arriving()), config: {consent: 'pending'}});
    refused.pipes.consent('denied');
    assert.deepEqual([refused.cookie_writes.filter((text) => text.includes(ID)),
        [...refused.local]], [[], []]);
});
