/*
 * Browsers in which something is missing, forbidden or full: the page sees no exception, and what
 * still can be done is done.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');
const {performanceOf, observerClass} = require('./observers.js');

const MODULES = require('../../tracker/modules.json').modules.map((one) => one.name);

function forbidden() {
    throw new Error('SecurityError');
}

const gone = (...names) => (page, run) => names.forEach((name) => run(`delete globalThis.${name}`));
const locked = (name) => ({win}) => Object.defineProperty(win, name, {get: forbidden});
const full = (name) => ({win}) => { win[name].setItem = forbidden; };
const cookie = (get, set) => ({doc}) => Object.defineProperty(doc, 'cookie', {get, set});
const both = (...all) => (page, run) => all.forEach((one) => one(page, run));

/** A browser that knows the third argument as "capture" only, and compares it so. */
function oldListeners({win, doc}) {
    for (const target of [win, doc]) {
        const {addEventListener, removeEventListener} = target;
        target.addEventListener = (type, fn, capture) =>
            addEventListener.call(target, type, fn, {capture: Boolean(capture)});
        target.removeEventListener = (type, fn, capture) =>
            removeEventListener.call(target, type, fn, Boolean(capture));
    }
}

/**
 * What is expected: `sent` how the page event goes ('none': not before the page is left), `left`
 * how the last event goes when the page is left ('none': it does not), `kept` whether what was not
 * answered for waits for the next visit, which sends it if it can, `known` whether that has the
 * same anonymous id, `tab` whether the tab has one, `vitals` and `list` whether the page's speed
 * and what was shown is told.
 */
const FULL = {sent: 'fetch', left: 'beacon', kept: true, known: true, tab: true, vitals: true,
    list: true};
const CASES = {
    'nothing is missing': [() => {}, {}],
    'there is no fetch': [gone('fetch'), {sent: 'xhr'}],
    'fetch throws': [({win}) => { win.fetch = forbidden; }, {sent: 'none'}],
    'there is neither fetch nor XMLHttpRequest': [gone('fetch', 'XMLHttpRequest'), {sent: 'none'}],
    'there is no sendBeacon': [({win}) => { delete win.navigator.sendBeacon; }, {left: 'none'}],
    'sendBeacon throws': [({win}) => { win.navigator.sendBeacon = forbidden; }, {left: 'none'}],
    'sendBeacon refuses': [({win}) => { win.navigator.sendBeacon = () => false; }, {left: 'none'}],
    'there is no navigator': [gone('navigator'), {left: 'none'}],
    'there are neither promises nor fetch': [gone('Promise', 'fetch'), {sent: 'xhr'}],
    'there is no IntersectionObserver': [gone('IntersectionObserver'), {}],
    'there is no MutationObserver': [gone('MutationObserver'), {}],
    'there is no PerformanceObserver': [gone('PerformanceObserver'), {vitals: false}],
    'there is no performance': [gone('performance'), {vitals: false}],
    'there is no crypto': [gone('crypto'), {}],
    'crypto throws': [({win}) => { win.crypto = {getRandomValues: forbidden}; }, {}],
    'there are no typed arrays': [gone('Uint8Array'), {}],
    'there is no WeakMap': [gone('WeakMap'), {}],
    'there is no Intl': [gone('Intl'), {}],
    'Intl throws': [({win}) => { win.Intl = {DateTimeFormat: forbidden}; }, {}],
    'there is no pushState': [({win}) => { delete win.history.pushState; }, {}],
    'there is no history': [gone('history'), {}],
    'listeners know no options': [oldListeners, {}],
    'the script does not know itself': [({doc}) => { delete doc.currentScript; }, {}],
    'there is no localStorage': [gone('localStorage'), {kept: false}],
    'localStorage is forbidden': [locked('localStorage'), {kept: false}],
    'localStorage is full': [full('localStorage'), {kept: false}],
    'there is no sessionStorage': [gone('sessionStorage'), {tab: false}],
    'sessionStorage is forbidden': [locked('sessionStorage'), {tab: false}],
    'sessionStorage is full': [full('sessionStorage'), {tab: false}],
    'cookies are ignored': [cookie(() => '', () => {}), {known: false}],
    'cookies are forbidden': [cookie(forbidden, forbidden), {known: false}],
    'cookies are read only': [cookie(() => 'a=b', forbidden), {known: false}],
    'cookies and localStorage are forbidden':
        [both(cookie(forbidden, forbidden), locked('localStorage')), {kept: false, known: false}],
    'there are neither beacons nor localStorage': [both(gone('localStorage'),
        ({win}) => { delete win.navigator.sendBeacon; }),
    {left: 'none', kept: false, vitals: false, list: false}],
};

/** XMLHttpRequest; what is sent stands among the page's requests. */
function requestsOf(page) {
    return class {
        open(method, url) { this.url = url; }
        setRequestHeader() {}
        getResponseHeader() { return null; }
        send(body) {
            const answer = (status) => {
                Object.assign(this, {readyState: 4, status, responseText: '{}'});
                this.onreadystatechange();
            };
            page.requests.push({url: this.url, by: 'xhr', body: JSON.parse(body), answer});
        }
    };
}

const eventsOf = ({body, by = 'fetch'}) => body.events.map((event) => ({...event, by, body}));

/** Another page of the same browser; a minute later, so that the last one's queue is taken over. */
function visit(device, damage) {
    const config = {consent: 'granted'};
    const page = openPage({...device, config, modules: MODULES, prepare: (made, run) => {
        const {performance, PerformanceObserver} = performanceOf(() => made.now - 1.6e12,
            [{entryType: 'paint', name: 'first-contentful-paint', startTime: 700}]);
        Object.assign(made.win, {XMLHttpRequest: requestsOf(made), performance, PerformanceObserver,
            IntersectionObserver: observerClass(), MutationObserver: observerClass()});
        damage(made, run);
    }});
    device.now = page.now + 60000;
    /** Answers what is asked until there is nothing more; all events that came. */
    page.arrived = async () => {
        const events = [];
        await page.pass(1500);
        while (page.requests.length) {
            events.push(...eventsOf(page.requests[0]));
            await page.answer(200);
            await page.pass(1500);
        }
        return events;
    };
    page.leave = () => {
        page.pipes.impressions([], {list: 'similar', items: [{id: 'fern'}]});
        page.pipes.track('last', {n: 1});
        page.win.fire('pagehide');
        return page.beacons.flatMap(eventsOf);
    };
    return page;
}

const typed = (events, type) => events.find((event) => event.type === type);
const isLast = (event) => event.name === 'last';

/** Two visits of a browser with this damage, told as in FULL. */
async function twoVisits(damage) {
    const device = {local: new Map(), cookies: new Map()};
    const page = visit(device, damage);
    const first = typed(await page.arrived(), 'page');
    page.doc.fire('click', {button: 0, target: element('button', {'data-pipes-name': 'buy'})});
    const click = typed(await page.arrived(), 'click');
    const left = page.leave();
    const is_stored = [...device.local.values()].some((text) => text.includes('"last"'));
    const next = visit(device, damage);
    const later = await next.arrived();
    // Who is new here may have lost the cookies alone: what they left is looked for by and by.
    await next.pass(10000);
    later.push(...await next.arrived());
    const is_sent_again = later.some((event) => isLast(event) &&
        event.body.load_id === page.pipes.get('load_id'));
    const all = [first, click, ...left, ...later, ...next.leave()].filter(Boolean);
    return {page, told: {
        sent: first && click ? click.by : 'none',
        left: left.some(isLast) ? 'beacon' : 'none',
        kept: is_stored && (is_sent_again || !first),
        known: new Set(all.map((event) => event.anonymous_id || event)).size === 1,
        tab: all.every((event) => event.tab_id),
        vitals: Boolean(typed(all, 'vitals')),
        list: Boolean(typed(all, 'impression')),
    }};
}

for (const [name, [damage, less]] of Object.entries(CASES)) {
    test(`${name}: the page goes on, and so does what still can`, async () => {
        const {page, told} = await twoVisits(damage);
        assert.deepEqual(told, {...FULL, ...less});
        assert.match(page.pipes.get('load_id'), /^[0-9a-f]{32}$/);
        page.pipes.disable();
        assert.deepEqual(page.listening(), []);
    });
}
