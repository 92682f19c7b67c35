'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, Target} = require('./page.js');

const HOME = 'https://www.shop.example';

/** A page whose first view is told already; `seen()` gives the events since. */
async function opened(options = {}) {
    const page = openPage({modules: ['page_view'], ...options});
    await page.pass(1000);
    const first = await page.answer(200);
    page.first = first.events;
    page.push = (url) => page.win.history.pushState(null, '', url);
    page.replace = (url) => page.win.history.replaceState(null, '', url);
    page.go = (url) => { page.win.location.href = new URL(url, page.win.location.href).href; };
    page.seen = async () => {
        page.pipes.flush();
        await page.settle();
        return page.requests.length ? (await page.answer(200)).events : [];
    };
    /** What the views since say: how, where, from where. */
    page.views = async () => {
        await page.pass(1000);
        return (await page.seen()).filter((e) => e.type === 'page').map((e) =>
            [e.properties.navigation, e.url.replace(HOME, ''), e.referrer.replace(HOME, '')]);
    };
    return page;
}

test('the first view is told at once, with what led here', async () => {
    const page = await opened();
    assert.deepEqual(page.first.map((e) => [e.type, e.properties.navigation, e.url, e.referrer]),
        [['page', 'load', HOME + '/a', 'https://search.example/']]);
});

test('pushState makes one page event with the right referrer', async () => {
    const page = await opened();
    page.push('/b');
    assert.deepEqual(await page.views(), [['push', '/b', '/a']]);
    page.push('/b');
    page.push('/b#part');
    assert.deepEqual(await page.views(), []);
});

test('a router that replaces before and after it pushes makes one view', async () => {
    const page = await opened();
    page.replace('/a?scroll=9');
    page.push('/b');
    page.replace('/b?tab=1');
    await page.pass(100);
    page.replace('/c');
    page.replace('/c#part');
    assert.deepEqual(await page.views(), [['push', '/c#part', '/a']]);
});

test('an anchor that is set before the view is told is of it', async () => {
    const page = await opened();
    page.push('/b');
    await page.pass(100);
    page.push('/b#part');
    assert.deepEqual(await page.views(), [['push', '/b#part', '/a']]);
});

test('the depth that is told while a view waits is that of the view before', async () => {
    const page = await opened({modules: ['page_view', 'scroll'], window: {innerHeight: 800},
        document: {scrollingElement: {scrollTop: 300, scrollHeight: 4000}}});
    page.push('/b');
    page.doc.fire('scroll', {target: page.doc});
    await page.pass(600);
    const [depth, view] = await page.seen();
    assert.deepEqual([depth.page_view_id, depth.url, view.type],
        [page.first[0].page_view_id, HOME + '/a', 'page']);
});

test('what is told of the view before while one waits has the address it was seen at', async () => {
    for (const modules of [['page_view', 'engagement'], ['engagement', 'page_view']]) {
        const page = await opened({modules, window: {innerHeight: 800},
            document: {scrollingElement: {scrollTop: 300, scrollHeight: 4000}}});
        page.push('/b');
        page.doc.title = 'B';
        page.win.fire('pagehide');
        const told = page.beacons.flatMap((one) => one.body.events);
        assert.deepEqual(told.map((e) => [e.type, e.url.replace(HOME, ''), e.title,
            e.page_view_id === page.first[0].page_view_id]),
        [['engagement', '/a', 'Title', true], ['page', '/b', 'B', false]], modules);
    }
});

test('a redirect by another push within the same moment is one view', async () => {
    const page = await opened();
    page.push('/b');
    page.push('/login');
    assert.deepEqual(await page.views(), [['push', '/login', '/a']]);
});

test('two pushes with time between are two views with addresses of their own', async () => {
    const page = await opened();
    page.push('/b');
    await page.pass(120);
    page.push('/c');
    assert.deepEqual(await page.views(), [['push', '/b', '/a'], ['push', '/c', '/b']]);
});

test('a lone replaceState counts where the path differs only', async () => {
    const page = await opened();
    page.replace('/a?sort=price');
    page.replace('/a?sort=price#part');
    assert.deepEqual(await page.views(), []);
    page.win.fire('hashchange');
    assert.deepEqual(await page.views(), []);
    page.replace('/z');
    assert.deepEqual(await page.views(), [['replace', '/z', '/a']]);
});

test('a query pushed is a view, an anchor is none', async () => {
    const page = await opened();
    page.push('/a?page=2');
    assert.deepEqual(await page.views(), [['push', '/a?page=2', '/a']]);
    page.go('/a?page=2#foot');
    page.win.fire('popstate');
    page.win.fire('hashchange');
    assert.deepEqual(await page.views(), []);
});

test('going back is one view, a hash route one as well', async () => {
    const page = await opened();
    page.go('/before');
    page.win.fire('popstate');
    assert.deepEqual(await page.views(), [['pop', '/before', '/a']]);
    page.go('/before#/cart');
    page.win.fire('popstate');
    page.win.fire('hashchange');
    assert.deepEqual(await page.views(), [['hash', '/before#/cart', '/before']]);
});

test('a hash router that writes down its first route makes no view of it', async () => {
    for (const [first, next] of [['#/', '#/cart'], ['#!/', '#!/cart'], ['#!', '#!cart']]) {
        const page = await opened();
        page.replace('/a' + first);
        assert.deepEqual(await page.views(), []);
        page.push('/a' + next);
        page.push('/a' + next);
        assert.deepEqual(await page.views(), [['push', '/a' + next, '/a']]);
        page.go('/a' + first);
        page.win.fire('hashchange');
        assert.deepEqual(await page.views(), [['hash', '/a' + first, '/a' + next]]);
    }
});

test('a view waits for its title, but has the time of the move', async () => {
    const page = await opened();
    const at = page.now;
    page.push('/b');
    await page.pass(110);
    assert.deepEqual(await page.seen(), []);
    page.doc.title = 'B';
    await page.pass(50);
    const [event] = await page.seen();
    assert.deepEqual([event.title, event.created_at], ['B', at]);
    assert.equal(event.since_load_ms, at - 1.6e12);
});

test('a title that stays the same is waited for 300 ms, not more', async () => {
    const page = await opened();
    page.push('/b');
    await page.pass(299);
    assert.deepEqual(await page.seen(), []);
    await page.pass(1);
    assert.equal((await page.seen()).length, 1);
});

test('who leaves before the title settled is counted', async () => {
    const page = await opened();
    page.push('/b');
    page.win.fire('pagehide');
    assert.deepEqual(page.beacons[0].body.events.map((e) => e.url), [HOME + '/b']);
});

test('what is told after the move belongs to the new view and comes after it', async () => {
    const page = await opened();
    page.push('/b');
    page.pipes.track('bought');
    await page.pass(1000);
    const [view, bought, ...more] = await page.seen();
    assert.deepEqual([view.type, bought.name, more.length], ['page', 'bought', 0]);
    assert.equal(bought.page_view_id, view.page_view_id);
    assert.equal(bought.referrer, HOME + '/a');
    assert.notEqual(view.page_view_id, page.first[0].page_view_id);
});

test('what a module tells of the old view has its address and title', async () => {
    const page = await opened();
    page.pipes.use({name: 'last_words', start: (core) => {
        core.on('view', () => core.emit('engagement', 'last'));
    }});
    page.push('/b');
    page.doc.title = 'B';
    await page.pass(1000);
    const [last, view] = await page.seen();
    assert.deepEqual([last.name, last.url, last.title, last.page_view_id],
        ['last', HOME + '/a', 'Title', page.first[0].page_view_id]);
    assert.deepEqual([view.url, view.title], [HOME + '/b', 'B']);
});

test('a site that calls page() itself after a push is not counted twice', async () => {
    const page = await opened();
    page.push('/b');
    page.pipes.page('Basket');
    await page.pass(1000);
    const events = await page.seen();
    assert.deepEqual(events.map((e) => [e.type, e.name, e.referrer]),
        [['page', 'Basket', HOME + '/a']]);
});

test('a return from the back-forward cache is a view with the referrer it had', async () => {
    const page = await opened();
    page.win.fire('pageshow', {persisted: false});
    assert.deepEqual(await page.views(), []);
    page.win.fire('pageshow', {persisted: true});
    page.pipes.track('again');
    const events = await page.seen();
    assert.deepEqual(events.map((e) => [e.type, e.referrer]),
        [['page', 'https://search.example/'], ['track', 'https://search.example/']]);
    assert.equal(events[0].properties.navigation, 'restore');
});

test('what only the Navigation API tells is a page, what others tell, too, one', async () => {
    const navigation = new Target();
    const page = await opened({window: {navigation}});
    const views = [];
    const go = (kind, url) => {
        page.go(url);
        navigation.fire('currententrychange', {navigationType: kind});
    };
    go('push', '/b');
    views.push(...await page.views());
    go('push', '/c');
    page.push('/c');
    views.push(...await page.views());
    go('traverse', '/b');
    page.win.fire('popstate');
    views.push(...await page.views());
    go(null, '/b');
    views.push(...await page.views());
    assert.deepEqual(views, [['push', '/b', '/a'], ['push', '/c', '/b'], ['pop', '/b', '/c']]);
});

test('of a site that counts its first view itself a page that came back is counted', async () => {
    const page = openPage({modules: ['page_view'], pipes: {q: [['page', ['Home'], 1.7e12]]}});
    await page.pass(1000);
    await page.answer(200);
    page.win.fire('pageshow', {persisted: true});
    await page.pass(1000);
    assert.deepEqual((await page.answer(200)).events.map((one) => one.properties.navigation),
        ['restore']);
});

test('what a hook tells with a view has the view, and its title', async () => {
    const page = await opened();
    page.pipes.on('event', (event) => event.type !== 'page' || page.pipes.track('along'));
    page.push('/b');
    page.doc.title = 'B';
    await page.pass(1000);
    const events = (await page.seen()).sort((one, other) => one.type < other.type ? -1 : 1);
    assert.deepEqual(events.map((one) => [one.type, one.url, one.title]),
        [['page', HOME + '/b', 'B'], ['track', HOME + '/b', 'B']]);
    assert.equal(events[0].page_view_id, events[1].page_view_id);
});

test('a view that was one too many leaves what comes later alone', async () => {
    const page = await opened();
    for (let i = 0; i < 110; i++) { page.pipes.track('many'); }
    page.push('/b');
    page.win.fire('pagehide');
    page.doc.title = 'Later';
    await page.pass(5000);
    page.pipes.track('later');
    page.win.fire('pagehide');
    const events = page.requests.concat(page.beacons).flatMap((one) => one.body.events);
    assert.ok(events.every((one) => one.type === 'track'));
    const later = events.filter((one) => one.name === 'later');
    assert.deepEqual(later.map((one) => [one.url, one.title]), [[HOME + '/b', 'Later']]);
});

test('what is told of a view that stands has the title of its own time', async () => {
    const page = await opened();
    page.push('/b');
    page.doc.title = 'B';
    await page.views();
    page.doc.title = 'B (1)';
    page.pipes.use({name: 'read', start: (core) => core.emit('engagement', 'read')});
    assert.deepEqual((await page.seen()).filter((one) => one.type === 'engagement')
        .map((one) => one.title), ['B (1)']);
});

test('a prerendered page counts when it is shown', async () => {
    const page = openPage({modules: ['page_view'], document: {prerendering: true}});
    page.win.history.pushState(null, '', '/b');
    await page.pass(600);
    assert.equal(page.requests.length, 0);
    page.activate();
    await page.pass(600);
    const [event] = page.requests[0].body.events;
    assert.deepEqual([event.referrer, event.properties.navigation, event.url],
        ['https://search.example/', 'load', HOME + '/b']);
});

test('what is told while a page is prerendered waits for its view', async () => {
    for (const pipes of [undefined, {q: [['track', ['early', {n: 1}], 1.7e12 - 5]]}]) {
        const page = openPage({modules: ['page_view', 'errors'], pipes,
            document: {prerendering: true}});
        const at = page.now;
        page.pipes.track('told', {n: 2});
        page.pipes.flush();
        await page.pass(60e3);
        page.win.fire('pagehide');
        assert.deepEqual([page.requests, page.beacons, page.cookie_writes, [...page.local]],
            [[], [], [], []], 'nothing sent, nothing kept');
        page.activate();
        await page.pass(600);
        const {events} = page.requests[0].body;
        assert.deepEqual(events.map((event) => [event.type, event.name, event.created_at - at]),
            [['page', undefined, 60e3]].concat(pipes ? [['track', 'early', -5]] : [],
                [['track', 'told', 0]]));
        const told = events[events.length - 1];
        assert.deepEqual([told.properties, told.since_load_ms], [{n: 2}, at - 1.6e12]);
        assert.equal(new Set(events.map((event) => event.page_view_id)).size, 1);
    }
});

test('a prerendered page whose site counts its first view itself counts it once', async () => {
    const page = openPage({modules: ['page_view'], document: {prerendering: true},
        pipes: {q: [['page', ['Home'], 1.7e12]]}});
    page.activate();
    await page.pass(600);
    assert.deepEqual(page.requests[0].body.events.map((event) => [event.type, event.name]),
        [['page', 'Home']]);
});

test('a frame in a page that counts already makes no views', async () => {
    const page = openPage({modules: ['page_view'], window: {parent: {pipes: {}}}});
    page.win.history.pushState(null, '', '/b');
    await page.pass(1000);
    assert.equal(page.requests.length, 0);
});

test('a frame in a page of another origin counts', async () => {
    const parent = {get pipes() { throw new Error('SecurityError'); }};
    const page = openPage({modules: ['page_view'], window: {parent}});
    await page.pass(1000);
    assert.equal(page.requests[0].body.events.length, 1);
});

test('what waited for consent is told in order when it comes', async () => {
    const page = openPage({modules: ['page_view'], config: {consent: 'pending'}});
    page.pipes.track('early');
    page.win.history.pushState(null, '', '/b');
    await page.pass(1000);
    page.win.history.pushState(null, '', '/c');
    page.pipes.consent('granted');
    await page.pass(1000);
    const events = (await page.answer(200)).events;
    await page.pass(1000);
    events.push(...(await page.answer(200)).events);
    assert.deepEqual(events.map((e) => [e.name || e.url.replace(HOME, ''),
        e.referrer.replace(HOME, '')]), [['/a', 'https://search.example/'],
        ['early', 'https://search.example/'], ['/b', '/a'], ['/c', '/b']]);
});

test('after disable() history is left alone', async () => {
    const page = await opened();
    page.pipes.disable();
    page.push('/b');
    page.win.fire('popstate');
    await page.pass(1000);
    assert.equal(page.requests.length, 0);
    page.pipes.enable();
    page.push('/c');
    assert.deepEqual((await page.views()).map((one) => one[0]), ['load', 'push']);
});

test('what the address and the title hold of persons stays in no later event', async () => {
    const secret = 's3cr3t0123456789';
    const page = await opened({modules: ['page_view', 'engagement'], window: {innerHeight: 800,
        location: {href: `${HOME}/a?token=${secret}&mail=ann@shop.example`, protocol: 'https:',
            hostname: 'www.shop.example'}},
    document: {title: 'Mail of ann@shop.example', referrer: `https://x.example/?token=${secret}`,
        scrollingElement: {scrollTop: 300, scrollHeight: 4000}}});
    page.pipes.track('later');
    page.push('/b');
    page.win.fire('pagehide');
    const told = [...page.first, ...page.beacons.flatMap((one) => one.body.events),
        ...await page.seen()];
    assert.ok(told.some((e) => e.type === 'engagement') && told.some((e) => e.name === 'later'));
    assert.doesNotMatch(JSON.stringify(told), /s3cr3t|ann@/);
    assert.match(told.find((e) => e.type === 'engagement').url, /token=redacted/);
});

test('what was seen before consent belongs to its own view', async () => {
    const page = openPage({modules: ['page_view', 'engagement'], config: {consent: 'pending'},
        window: {innerHeight: 800},
        document: {scrollingElement: {scrollTop: 300, scrollHeight: 4000}}});
    await page.pass(1000);
    page.win.history.pushState(null, '', '/b');
    page.doc.title = 'B';
    await page.pass(1000);
    page.pipes.consent('granted');
    await page.pass(1000);
    const {events} = await page.answer(200);
    const [first, seen, second] = events;
    assert.deepEqual([first.type, seen.type, second.type], ['page', 'engagement', 'page']);
    assert.deepEqual([seen.url, seen.title, seen.page_view_id],
        [first.url, 'Title', first.page_view_id]);
    assert.equal(second.url, `${HOME}/b`);
});

test('a site that counts its first view by the tag has it once, and its next ones', async () => {
    const q = [['page', ['Home', {kind: 'shop'}], 1.7e12]];
    const page = openPage({modules: ['page_view'], pipes: {q}});
    await page.pass(1000);
    const [first, ...more] = (await page.answer(200)).events;
    assert.deepEqual([first.name, first.properties, first.url, more.length],
        ['Home', {kind: 'shop'}, `${HOME}/a`, 0]);
    page.win.history.pushState(null, '', '/b');
    await page.pass(1000);
    const [second] = (await page.answer(200)).events;
    assert.deepEqual([second.url, second.referrer], [`${HOME}/b`, `${HOME}/a`]);
});

test('a view that was one too many leaves the address to the events after it', async () => {
    const page = await opened();
    for (let i = 0; i < 120; i++) { page.pipes.track('loop'); }
    page.push('/b');
    await page.pass(50 * 7);
    await page.pass(20000);
    page.pipes.track('later');
    const told = [];
    for (let i = 0; i < 4; i++) {
        told.push(...await page.seen());
        await page.pass(1000);
    }
    assert.equal(told.find((e) => e.name === 'later').url, `${HOME}/b`);
});
