/* Which tab an event was made in: known for as long as the visitor lets it be. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

const NAME = 'pipes_tab.shop';

/** A page that tells the tab with its events; `told()` makes one and gives what it said. */
function opened(config = {}, window = {}) {
    const page = openPage({modules: ['tab'], config, window});
    page.told = async () => {
        page.pipes.track('a');
        page.pipes.flush();
        return (await page.answer(200)).events[0].tab_id;
    };
    return page;
}

const kept = (page) => page.win.sessionStorage.getItem(NAME);

test('reset(), disable() and a refusal take the id away, and the next is another', async () => {
    for (const [what, back] of [
        [(pipes) => pipes.reset(), () => {}],
        [(pipes) => pipes.disable(), (pipes) => pipes.enable()],
        [(pipes) => pipes.consent('denied'), (pipes) => pipes.consent('granted')]]) {
        const page = opened();
        const id = await page.told();
        assert.equal(kept(page), id);
        what(page.pipes);
        assert.equal(kept(page), null, String(what));
        back(page.pipes);
        const next = await page.told();
        assert.match(next, /^[0-9a-f]{32}$/);
        assert.notEqual(next, id, String(what));
        assert.equal(kept(page), next);
    }
});

test('who agrees once more keeps the id', async () => {
    const page = opened({consent: 'granted'});
    const id = await page.told();
    page.pipes.consent('granted');
    assert.deepEqual([await page.told(), kept(page)], [id, id]);
});

test('the id of a page is one, also when the storage is cleared behind it', async () => {
    const page = opened();
    const id = await page.told();
    page.win.sessionStorage.removeItem(NAME);
    assert.equal(await page.told(), id);
});

test("each site and environment has an id of its own, that without a name main's", async () => {
    for (const [site, environment, name] of [['main', undefined, ''],
        [undefined, 'production', ''], ['a b', '', '.a%20b'], ['a', 'b+c', '.a+b%2Bc']]) {
        const page = opened({site, environment});
        const id = await page.told();
        assert.equal(page.win.sessionStorage.getItem(`pipes_tab${name}`), id);
    }
});

test('nothing is kept or told where the mode keeps nothing', async () => {
    for (const storage of ['memory', 'none']) {
        const page = opened({storage});
        assert.deepEqual([await page.told(), page.win.sessionStorage.length], [undefined, 0]);
    }
});

test('a browser without sessionStorage tells events without a tab', async () => {
    assert.equal(await opened({}, {sessionStorage: undefined}).told(), undefined);
});
