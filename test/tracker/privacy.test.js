'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, Storage} = require('./page.js');

const REFUSALS = {
    'the opt-out cookie': {cookies: new Map([['pipes_disabled', '1']])},
    'Do Not Track': {navigator: {doNotTrack: '1'}},
    'Global Privacy Control': {navigator: {globalPrivacyControl: true}},
    'refused consent': {config: {consent: 'denied'}},
    'pending consent': {config: {consent: 'pending'}}
};

for (const [what, options] of Object.entries(REFUSALS)) {
    test(`${what}: nothing stored, nothing sent`, async () => {
        const page = openPage({...options,
            modules: ['page_view', 'links', 'forms', 'group_alias']});
        page.pipes.track('a');
        page.pipes.identify('u');
        page.pipes.group('g');
        page.pipes.alias('x');
        page.pipes.reset();
        page.pipes.flush();
        page.win.fire('pagehide');
        await page.pass(60000);
        assert.equal(page.requests.length + page.beacons.length, 0);
        assert.equal(page.local.size, 0);
        assert.equal(page.win.sessionStorage.length, 0);
        assert.deepEqual(page.cookie_writes, []);
    });
}

/** A device that pages used in every storage mode, and another site and the page itself. */
function usedDevice() {
    return {
        cookies: new Map([['pipes_anonymous_id.shop', `1.abcdefgh12.${1.7e12 - 1e8}`],
            ['pipes_stored.shop', '1'], ['pipes_anonymous_id.other', '1'], ['basket', '7']]),
        local: new Map([['pipes_anonymous_id.shop', `1.abcdefgh12.${1.7e12 - 1e8}`],
            ['pipes_session.shop', 'old.7.1699999000000'], ['pipes_user.shop', '{"user_id":"u"}'],
            ['pipes_queue.shop_dead', '{"l":"dead","o":"dead","h":1,"t":1,"d":{},"u":1}'],
            ['pipes_data.shop_campaign', '{"source":"news"}'], ['pipes_user.other', '{}'],
            ['basket', '7']]),
        session: new Storage(new Map([['pipes_tab.shop', 'a'.repeat(32)], ['basket', '7']]))
    };
}

/** What a visitor may do, by what the next page sees at its start or is told. */
const REFUSES = {
    'opts out': {say: (pipes) => pipes.disable()},
    'refuses consent': {say: (pipes) => pipes.consent('denied')},
    'was asked and refuses': {config: {consent: 'pending'},
        say: (pipes) => pipes.consent('denied')},
    'refuses twice': {config: {consent: 'denied'}, say: (pipes) => pipes.disable()},
    'opted out at the collector': {opted_out: true},
    'sends Do Not Track now': {navigator: {doNotTrack: '1'}},
    'sends Global Privacy Control now': {navigator: {globalPrivacyControl: true}}
};

for (const [what, {say, opted_out, config, navigator}] of Object.entries(REFUSES)) {
    test(`who ${what} leaves nothing of earlier pages behind, in any storage mode`, async () => {
        for (const storage of ['cookie', 'local', 'memory', 'none']) {
            const {session, ...device} = usedDevice();
            if (opted_out) {
                device.cookies.set('pipes_disabled', '1');
            }
            const page = openPage({...device, navigator, config: {...config, storage},
                modules: ['tab', 'campaign', 'page_view'], window: {sessionStorage: session}});
            if (say) {
                say(page.pipes);
            }
            page.win.fire('pagehide');
            await page.pass(60000);
            device.cookies.delete('pipes_disabled');
            assert.deepEqual([...device.cookies.keys()], ['pipes_anonymous_id.other', 'basket'],
                storage);
            assert.deepEqual([...device.local.keys()], ['pipes_user.other', 'basket'], storage);
            assert.deepEqual([...session.map.keys()], ['basket'], storage);
        }
    });
}

test('an opt-out at the collector, seen by a page that lives on, ends all of it', async () => {
    const {session, ...device} = usedDevice();
    const page = openPage({...device, modules: ['tab', 'campaign', 'page_view'],
        window: {sessionStorage: session}});
    page.pipes.track('a');
    await page.pass(2000);
    page.cookies.set('pipes_disabled', '1');
    await page.pass(1000);
    page.pipes.track('b');
    assert.deepEqual([...page.cookies.keys()],
        ['pipes_anonymous_id.other', 'basket', 'pipes_disabled']);
    assert.deepEqual([...page.local.keys()], ['pipes_user.other', 'basket']);
    assert.deepEqual([...session.map.keys()], ['basket']);
    assert.equal(page.pipes.get('enabled'), false);
});

test('granted consent releases what was held, which says that it was made before', async () => {
    const page = openPage({config: {consent: 'pending'}});
    page.pipes.track('early');
    page.pipes.consent('granted', {source: 'own', purposes: ['measure'], by: 'ada@b.example'});
    page.pipes.track('late');
    await page.pass(600);
    const now = {state: 'granted', source: 'own', purposes: ['measure'], by: 'redacted'};
    assert.deepEqual(page.requests[0].body.events.map(({name, seq, consent}) =>
        [name, seq, consent]),
    [['early', 1, {...now, state_when_made: 'pending'}], ['late', 2, now]]);
});

test('what waited when the visitor refused does not come back with a later consent', async () => {
    const page = openPage({config: {consent: 'pending'}});
    page.pipes.track('refused');
    page.pipes.consent('denied');
    page.pipes.consent('granted');
    page.pipes.track('allowed');
    await page.pass(1000);
    assert.deepEqual(page.requests[0].body.events.map(({name, seq}) => [name, seq]),
        [['allowed', 1]]);
});

test('what waits goes on waiting where consent is said to be pending once more', async () => {
    const page = openPage({config: {consent: 'pending'}});
    page.pipes.track('early');
    page.pipes.consent('pending');
    await page.pass(1000);
    assert.equal(page.requests.length, 0);
    page.pipes.consent('granted');
    await page.pass(1000);
    assert.deepEqual(page.requests[0].body.events.map(({name}) => name), ['early']);
});

test('who asks for ids while consent is pending gets none, and makes nobody of the visitor', () => {
    const page = openPage({config: {consent: 'pending'}});
    assert.deepEqual(['anonymous_id', 'session_id', 'user_id'].map(page.pipes.get),
        [undefined, undefined, undefined]);
    assert.deepEqual([page.cookie_writes, page.local.size], [[], 0]);
    page.pipes.consent('granted');
    assert.match(page.pipes.get('anonymous_id'), /^[0-9a-f]{32}$/);
});

test('what a hook tells of a refusal is not sent, and makes nobody of the visitor', async () => {
    const page = openPage({config: {consent: 'pending'}});
    page.pipes.on('consent', (state) => {
        page.pipes.track(state);
        page.pipes.flush();
    });
    page.pipes.consent('denied');
    await page.pass(1000);
    assert.deepEqual([page.requests.length, page.cookie_writes], [0, []]);
});

test('a log-out before consent is one, of who was known before and of who waits', async () => {
    const page = openPage();
    page.pipes.identify('bert');
    await page.pass(1000);
    await page.answer(200);
    const next = openPage({local: page.local, cookies: page.cookies, config: {consent: 'pending'}});
    for (let i = 0; i < 500; i++) { next.pipes.reset(); }
    next.pipes.track('before');
    next.pipes.identify('ada');
    next.pipes.reset();
    next.pipes.track('after');
    assert.ok(page.local.has('pipes_user.shop'), 'nothing is touched yet');
    next.pipes.consent('granted');
    await next.pass(1000);
    const {events, dropped} = await next.answer(200);
    assert.deepEqual(events.map((event) => event.user_id), [undefined, 'ada', undefined]);
    assert.equal(new Set(events.map((event) => event.anonymous_id).concat(
        page.cookies.get('pipes_anonymous_id.shop').split('.')[1])).size, 2);
    assert.deepEqual([next.pipes.get('user_id'), dropped], [undefined, {}]);
});

test('who hears of refusals hears that one was taken back, too', () => {
    const page = openPage();
    const heard = [];
    for (const hook of ['disable', 'enable']) {
        page.pipes.on(hook, () => heard.push([hook, page.pipes.get('enabled')]));
    }
    page.pipes.disable();
    page.pipes.enable();
    assert.deepEqual(heard, [['disable', false], ['enable', true]]);
});

test('who takes a refusal for one more is not asked without end', () => {
    for (const [options, act] of [[{navigator: {doNotTrack: '1'}}, 'enable'], [{}, 'disable']]) {
        const page = openPage(options);
        let heard = 0;
        page.pipes.on('disable', () => {
            heard++;
            page.pipes[act]();
        });
        for (const count of [1, 2]) {
            page.pipes[act]();
            assert.equal(heard, count);
        }
    }
});

test('reset() before consent is given holds from then on, for what is told behind it', async () => {
    const former = openPage({modules: ['campaign'], prepare: ({win}) => {
        win.location.href += '?utm_source=news';
    }});
    former.pipes.identify('anna');
    await former.pass(600);
    const {events: [{anonymous_id}]} = await former.answer(200);
    const page = openPage({local: former.local, cookies: former.cookies, now: former.now,
        config: {consent: 'pending'}});
    page.pipes.track('before');
    page.pipes.reset();
    page.pipes.track('behind');
    assert.deepEqual(page.cookie_writes, [], 'nothing is touched yet');
    page.pipes.consent('granted');
    await page.pass(600);
    const {events: [before, behind]} = await page.answer(200);
    assert.deepEqual([before.anonymous_id, before.user_id], [anonymous_id, 'anna']);
    assert.notEqual(behind.anonymous_id, anonymous_id);
    assert.equal(behind.user_id, undefined);
    assert.ok(!page.local.has('pipes_data.shop_campaign'));
});

test('disable() during a request: the late answer brings nothing back', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(600);
    const request = page.requests.shift();
    page.pipes.disable();
    request.answer(503, '', {'Retry-After': '1'});
    await page.pass(600000);
    page.pipes.track('b');
    await page.pass(600000);
    assert.equal(page.requests.length, 0);
    assert.equal(page.local.size, 0);
    assert.deepEqual([...page.cookies.keys()], ['pipes_disabled']);
    page.pipes.enable();
    page.pipes.track('c');
    await page.pass(600);
    assert.deepEqual(page.requests[0].body.events.map((e) => e.name), ['c']);
});

for (const hook of ['view', 'make', 'event']) {
    test(`a hook '${hook}' that disables does so at once, also for what was waiting`, async () => {
        const page = openPage({config: {consent: 'pending'}});
        page.pipes.track('held');
        page.pipes.track('held, too');
        page.pipes.on(hook, () => page.pipes.disable());
        page.pipes.consent('granted');
        if (hook !== 'event') {
            await page.pass(600);
            await page.answer(200);
            page.pipes.page();
        }
        await page.pass(60000);
        assert.deepEqual([page.requests, page.local.size, [...page.cookies.keys()]],
            [[], 0, ['pipes_disabled']]);
    });
}

test('disable() in the middle of a burst leaves nothing on the device', async () => {
    const page = openPage();
    page.pipes.on('event', (event) => event.name !== 'lost');
    for (const name of ['a', 'lost', 'b', 'c']) { page.pipes.track(name); }
    page.pipes.disable();
    await page.pass(60000);
    assert.equal(page.local.size, 0);
});

test('the id ends 395 days after its creation, however often it is written', () => {
    const created = 1.7e12 - 300 * 864e5;
    const page = openPage({
        cookies: new Map([['pipes_anonymous_id.shop', `1.abcdefgh12.${created}`]])});
    page.pipes.track('a');
    assert.equal(page.pipes.get('anonymous_id'), 'abcdefgh12');
    const written = page.cookie_writes
        .filter((text) => text.startsWith('pipes_anonymous_id.shop')).pop();
    assert.equal(+/max-age=(\d+)/.exec(written)[1], 95 * 86400);
    assert.match(written, /domain=shop\.example; SameSite=Lax; Secure/);
    const aged = `1.abcdefgh12.${created - 100 * 864e5}`;
    const old = openPage({cookies: new Map([['pipes_anonymous_id.shop', aged]])});
    assert.notEqual(old.pipes.get('anonymous_id'), 'abcdefgh12');
});

test('an opt-out made in another tab is obeyed within a quarter of a second', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(10);
    await page.answer(200);
    page.cookies.set('pipes_disabled', '1');
    await page.pass(250);
    page.pipes.track('b');
    await page.pass(60000);
    assert.equal(page.requests.length, 0);
    assert.deepEqual(page.stored(), []);
});

test('what waits to be sent again is not, once another tab has opted out', async () => {
    const page = openPage();
    page.pipes.track('a');
    await page.pass(600);
    await page.answer(503);
    page.cookies.set('pipes_disabled', '1');
    await page.pass(600000);
    assert.equal(page.requests.length, 0);
    assert.deepEqual(page.stored(), []);
});

test('disable() has the collector keep the refusal, too, and tells it nothing else', async () => {
    const page = openPage();
    page.pipes.track('a');
    page.pipes.disable();
    const [{url, init}] = page.opt_outs;
    assert.deepEqual([url, init.body, init.credentials, page.opt_outs.length],
        ['https://collect.example/e?optout=shop.example', '', 'include', 1]);
    assert.deepEqual([...page.cookies], [['pipes_disabled', '1']]);
});

test('a refusal that the collector sets late does not end what was taken up again', async () => {
    for (const [act, left] of [[(pipes) => pipes.enable(), false], [() => {}, true]]) {
        const page = openPage();
        page.pipes.disable();
        act(page.pipes);
        page.cookies.set('pipes_disabled', '1');
        const writes = page.cookie_writes.length;
        page.opt_outs[0].answer();
        await page.settle();
        assert.equal(page.cookies.has('pipes_disabled'), left);
        // What a script writes ends sooner than what the collector set.
        assert.equal(page.cookie_writes.length > writes, !left);
    }
});

test('a late refusal that was seen before its answer is taken back with that', async () => {
    const page = openPage();
    page.pipes.disable();
    page.pipes.enable();
    page.cookies.set('pipes_disabled', '1');
    page.now += 300;
    page.pipes.track('seen');
    assert.equal(page.pipes.get('enabled'), false);
    page.opt_outs[0].answer();
    await page.settle();
    page.pipes.track('after');
    await page.pass(600);
    assert.deepEqual((await page.answer(200)).events.map((event) => event.name), ['after']);
});

test('a collector that cannot be reached keeps nobody from refusing', async () => {
    const page = openPage();
    page.pipes.disable();
    page.opt_outs[0].fail();
    await page.settle();
    page.pipes.track('a');
    await page.pass(1000);
    assert.equal(page.requests.length, 0);
    assert.ok(page.cookies.has('pipes_disabled'));
});

test('a signal is not obeyed where the site says so, the other and the opt-out are', async () => {
    const DNT = {doNotTrack: '1'};
    const GPC = {globalPrivacyControl: true};
    for (const [config, navigator, cookies, is_told] of [
        [{dnt: 'ignore'}, DNT, [], true], [{dnt: 'ignore'}, {...DNT, ...GPC}, [], false],
        [{gpc: 'ignore'}, GPC, [], true], [{gpc: 'ignore'}, {...DNT, ...GPC}, [], false],
        [{dnt: 'ignore', gpc: 'ignore'}, {...DNT, ...GPC}, [], true],
        [{dnt: 'ignore', gpc: 'ignore'}, DNT, [['pipes_disabled', '1']], false]]) {
        const page = openPage({config, navigator, cookies: new Map(cookies)});
        page.pipes.track('a');
        await page.pass(600);
        assert.equal(page.requests.length, is_told ? 1 : 0, JSON.stringify([config, navigator]));
    }
});
