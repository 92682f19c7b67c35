'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const settled = async (page) => {
    await page.pass(1000);
    return page.requests.splice(0).map(({url, body}) => ({url, site: body.site,
        names: body.events.map((event) => event.name), load_id: body.load_id}));
};

test('a second instance on the page has its own site, address, ids and properties', async () => {
    const page = openPage({modules: ['set_once_time']});
    const other = page.pipes.create({site: 'blog', endpoint: 'https://blog.example/e'});
    page.pipes.set({mine: 1});
    page.pipes.identify('ada');
    other.track('b', {});
    const sent = await settled(page);
    assert.deepEqual(sent.map(({url, site, names}) => [url, site, names]), [
        ['https://collect.example/e', 'shop', [undefined]],
        ['https://blog.example/e', 'blog', ['b']]]);
    assert.notEqual(page.pipes.get('anonymous_id'), other.get('anonymous_id'));
    assert.notEqual(sent[0].load_id, sent[1].load_id);
    assert.equal(other.get('user_id'), undefined);
    for (const site of ['shop', 'blog']) {
        assert.ok(page.cookies.has(`pipes_anonymous_id.${site}`));
    }
});

test('an instance takes over what was configured, also where the script came from', async () => {
    const page = openPage({config: {environment: 'test'}});
    page.doc.currentScript = null;
    page.pipes.create({site: 'blog'}).track('b');
    assert.deepEqual((await settled(page)).map(({url, site}) => [url, site]),
        [['https://collect.example/e', 'blog']]);
    assert.ok(page.cookies.has('pipes_anonymous_id.blog+test'));
});

test('an instance has the modules of the page, each at work for itself', async () => {
    const page = openPage({modules: ['people']});
    const other = page.pipes.create({site: 'blog'});
    other.people('set', {plan: 'free'});
    const seen = [];
    page.pipes.use({name: 'mine', start: (core) => { seen.push(core.config.site); }});
    other.use({name: 'mine', start: (core) => { seen.push(core.config.site); }});
    assert.deepEqual(seen, ['shop', 'blog']);
    assert.deepEqual((await settled(page)).map(({site}) => site), ['blog']);
});

test('get() tells what stands in the events', async () => {
    const page = openPage({config: {consent: 'granted'}});
    page.pipes.identify('ada');
    page.pipes.page();
    await page.pass(1000);
    const {events, load_id, site} = await page.answer(200);
    const {page_view_id, session_id, anonymous_id, user_id} = events[1];
    const said = {load_id, site, page_view_id, session_id, anonymous_id, user_id,
        consent: 'granted', enabled: true};
    for (const [key, value] of Object.entries(said)) {
        assert.ok(value, key);
        assert.equal(page.pipes.get(key), value, key);
    }
});

test('what is asked for again is the same instance: scripts may run again', async () => {
    const page = openPage({modules: ['page_view']});
    const ask = (more) => page.pipes.create({site: 'blog', ...more});
    const other = ask();
    assert.equal(ask(), other);
    assert.notEqual(ask({environment: 'staging'}), other);
    assert.equal(page.pipes.create(), page.pipes.create());
    const itself = {};
    itself.self = itself;
    assert.equal(typeof ask({site: 'cycle', itself, node: page.doc}).track, 'function');
    ask().track('told');
    assert.deepEqual((await settled(page)).filter(({site}) => site === 'blog')
        .map(({names}) => names), [[undefined, 'told'], [undefined]]);
});

test('who opts out of one instance has opted out of all', async () => {
    const page = openPage();
    const other = page.pipes.create({site: 'blog'});
    page.pipes.disable();
    other.track('b');
    assert.deepEqual(await settled(page), []);
    assert.equal(other.get('enabled'), false);
});

test('a call whose module is not there does nothing, and says so to who debugs', async () => {
    const said = [];
    const q = [];
    const stub = (name) => (...args) => { q.push([name, args, 1.7e12]); };
    q.push(['people', ['add', {visits: 1}], 1.7e12]);
    const log = (...words) => { said.push(words.join(' ')); };
    const page = openPage({pipes: {q, people: stub('people'), impressions: stub('impressions')},
        modules: ['impressions'], window: {console: {log}}});
    for (const pipes of [page.pipes, page.pipes.create({site: 'blog'})]) {
        pipes.people('add', {visits: 1});
        assert.deepEqual(said, []);
        pipes.debug();
        assert.equal(pipes.people('add', {visits: 1}), undefined);
        assert.deepEqual(said.splice(0), ['pipes people: its module does not run']);
        pipes.impressions('#shelf');
        assert.deepEqual(said, []);
        pipes.debug(false);
    }
    page.pipes.disable();
    page.pipes.debug();
    page.pipes.impressions('#shelf');
    assert.deepEqual(said, ['pipes impressions: its module does not run']);
    assert.equal(q.length, 1, 'nothing waits for ever');
});
