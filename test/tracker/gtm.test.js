'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const acorn = require('acorn');
const {openPage, minified} = require('./page.js');

const FILE = path.join(__dirname, '../../tracker/gtm/template.tpl');
const PARTS = fs.readFileSync(FILE, 'utf8').split(/^___([A-Z_]+)___$/m);
const sections = Object.fromEntries(PARTS.slice(1)
    .reduce((pairs, text, i, all) => i % 2 ? pairs : [...pairs, [text, all[i + 1].trim()]], []));
const CODE = sections.SANDBOXED_JS_FOR_WEB_TEMPLATE;
const parameters = JSON.parse(sections.TEMPLATE_PARAMETERS);
const permissions = JSON.parse(sections.WEB_PERMISSIONS);
const URL = 'https://events.example.com/pipes.js';

/** The API of Tag Manager that we use, and the permission each needs. */
const NEEDS = {
    addConsentListener: 'access_consent', isConsentGranted: 'access_consent',
    callInWindow: 'access_globals', copyFromWindow: 'access_globals', createQueue: 'access_globals',
    setInWindow: 'access_globals', injectScript: 'inject_script', logToConsole: 'logging',
    getTimestampMillis: null, makeTableMap: null, queryPermission: null,
};

/** What Tag Manager's format says by numbers: 1 text, 2 list, 3 map, 8 yes or no. */
function plain(value) {
    return value.type === 2 ? value.listItem.map(plain) :
        value.type === 3 ? Object.fromEntries(value.mapKey.map((key, i) =>
            [key.string, plain(value.mapValue[i])])) :
            value.type === 8 ? value.boolean : value.string;
}

const granted = (id, param) => plain(permissions.find((one) => one.instance.key.publicId === id)
    .instance.param.find((one) => one.key === param).value);

function mayUse(key, ...how) {
    const entry = granted('access_globals', 'keys').find((one) => one.key === key);
    assert.ok(entry && how.every((one) => entry[one]), `no permission to ${how} ${key}`);
}

function mayInject(url) {
    return granted('inject_script', 'urls').some((pattern) => {
        const [, host, rest] = /^https:\/\/([^/]+)(\/.*)$/.exec(pattern)
            .map((text) => text.replace(/[.?+^$]/g, '\\$&'));
        return new RegExp(`^https://${host.replace(/\*/g, '[^/]+')}${rest.replace(/\*/g, '.*')}$`)
            .test(url);
    });
}

/** Values cross the wall of the sandbox as copies; what is no plain value does not cross. */
const copy = (value) => typeof value === 'function' ? value :
    Array.isArray(value) ? value.map(copy) :
        value && typeof value === 'object' ?
            Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copy(one)])) : value;

/** A page with Tag Manager: fire(fields) runs a tag, load() and fail() answer for the script. */
function container(win = {}, now = 1.7e12) {
    const scripts = new Map();
    const gtm = {win, scripts, said: [], log: [], consent: {}, listeners: []};
    const parent = (key) => key.split('.').slice(0, -1).reduce((at, name) => at && at[name], win);
    const last = (key) => key.split('.').pop();
    const value = (key) => { const at = parent(key); return at ? at[last(key)] : undefined; };
    const consentType = (type) => {
        const entry = granted('access_consent', 'consentTypes')
            .find((one) => one.consentType === type);
        assert.ok(entry && entry.read, `no permission to read ${type}`);
        return type;
    };
    const api = {
        copyFromWindow: (key) => { mayUse(key, 'read'); return copy(value(key)); },
        setInWindow: (key, what, override) => {
            mayUse(key, 'write', ...(override ? ['read'] : []));
            if (!parent(key) || value(key) !== undefined && !override) { return false; }
            parent(key)[last(key)] = copy(what);
            return true;
        },
        callInWindow: (key, ...args) => {
            mayUse(key, 'execute');
            return typeof value(key) === 'function' ?
                copy(value(key).apply(parent(key), copy(args))) :
                undefined;
        },
        createQueue: (key) => {
            mayUse(key, 'read', 'write');
            if (!parent(key)) { throw new Error(`nothing to hold ${key}`); }
            parent(key)[last(key)] = value(key) || [];
            return (...items) => items.forEach((item) => value(key).push(copy(item)));
        },
        injectScript: (url, onSuccess, onFailure, token = url) => {
            assert.ok(mayInject(url), `no permission to inject ${url}`);
            const known = scripts.get(token);
            if (known && known.is_loaded) { return onSuccess(); }
            if (!known) { scripts.set(token, {url, waiting: []}); }
            scripts.get(token).waiting.push([onSuccess, onFailure]);
        },
        isConsentGranted: (type) => gtm.consent[consentType(type)] !== false,
        addConsentListener: (type, fn) => gtm.listeners.push([consentType(type), fn]),
        queryPermission: (id, what) => id === 'inject_script' && mayInject(what),
        logToConsole: (...args) => gtm.log.push(args.join(' ')),
        makeTableMap: (rows, key, of) => rows.length ?
            Object.fromEntries(rows.map((row) => [row[key], row[of]])) : null,
        getTimestampMillis: () => now,
    };
    const answer = (i) => scripts.forEach((one) => {
        one.is_loaded = !i;
        one.waiting.splice(0).forEach((pair) => pair[i]());
    });
    gtm.load = () => answer(0);
    gtm.fail = () => answer(1);
    gtm.update = (type, is_granted) => {
        gtm.consent[type] = is_granted;
        gtm.listeners.filter((one) => one[0] === type).forEach((one) => one[1](type, is_granted));
    };
    gtm.fire = (fields, mocks = {}) => {
        const data = {url: URL, consent: 'page', ...fields,
            gtmOnSuccess: () => gtm.said.push('success'),
            gtmOnFailure: () => gtm.said.push('failure')};
        new Function('require', 'data', `'use strict';${CODE}`)(
            (name) => mocks[name] || api[name], data);
        return gtm.said;
    };
    return gtm;
}

/** Walks all nodes of a syntax tree. */
function walk(node, fn) {
    if (node && typeof node.type === 'string') { fn(node); }
    if (node && typeof node === 'object') { Object.values(node).forEach((one) => walk(one, fn)); }
}

test('the template has the sections that Tag Manager imports', () => {
    assert.deepEqual(Object.keys(sections), ['INFO', 'TEMPLATE_PARAMETERS',
        'SANDBOXED_JS_FOR_WEB_TEMPLATE', 'WEB_PERMISSIONS', 'TESTS', 'NOTES']);
    const info = JSON.parse(sections.INFO);
    assert.deepEqual([info.type, info.version, info.containerContexts], ['TAG', 1, ['WEB']]);
    const names = parameters.map((one) => one.name);
    assert.equal(new Set(names).size, names.length);
    parameters.flatMap((one) => one.enablingConditions || []).forEach((one) => {
        const items = parameters.find((other) => other.name === one.paramName).selectItems;
        assert.ok(items.some((item) => item.value === one.paramValue), one.paramValue);
    });
});

test('the code keeps to what the sandbox knows', () => {
    const tree = acorn.parse(CODE, {ecmaVersion: 2015, allowReturnOutsideFunction: true});
    const required = [];
    const fields = new Set();
    walk(tree, (node) => {
        assert.ok(!['NewExpression', 'ThisExpression', 'ClassDeclaration', 'TryStatement',
            'TemplateLiteral', 'SpreadElement', 'ForOfStatement'].includes(node.type), node.type);
        assert.ok(!node.regex, 'a regular expression');
        if (node.type === 'CallExpression' && node.callee.name === 'require') {
            required.push(node.arguments[0].value);
        }
        if (node.type === 'MemberExpression' && node.object.name === 'data') {
            fields.add(node.property.name);
        }
    });
    assert.deepEqual(required.sort(), Object.keys(NEEDS).sort());
    assert.deepEqual([...fields].sort(), [...parameters.map((one) => one.name), 'gtmOnFailure',
        'gtmOnSuccess'].sort());
});

test('every permission that is asked for is needed, and none is missing', () => {
    assert.deepEqual(permissions.map((one) => one.instance.key.publicId).sort(),
        [...new Set(Object.values(NEEDS).filter(Boolean))].sort());
    assert.ok(permissions.every((one) => one.isRequired && one.instance.key.versionId === '1'));
    assert.ok(mayInject(URL) && !mayInject('https://events.example.com/other.js') &&
        !mayInject('http://events.example.com/pipes.js'));
});

test('an event before the script is there waits as with the tag, and is delivered', async () => {
    const gtm = container({}, 1.7e12 - 400);
    gtm.fire({action: 'load'});
    gtm.fire({action: 'track', name: 'bought', properties: [{name: 'price', value: 3}],
        object: {price: 1, colour: 'red'}});
    gtm.fire({action: 'page'});
    gtm.fire({action: 'identify', user_id: 'u7', object: {plan: 'free'}});
    gtm.fire({action: 'identify', object: {plan: 'paid'}});
    assert.deepEqual(gtm.win.pipes.q[0],
        ['track', ['bought', {price: 3, colour: 'red'}], 1.7e12 - 400]);
    assert.deepEqual([gtm.said, [...gtm.scripts.values()].map((one) => one.url)], [[], [URL]]);
    const page = openPage({pipes: gtm.win.pipes});
    gtm.load();
    assert.deepEqual(gtm.said, Array(5).fill('success'));
    await page.settle();
    const {events} = await page.answer(200);
    assert.deepEqual(events.map((e) =>
        [e.type, e.name, e.user_id, e.properties, e.user_properties]), [
        ['track', 'bought', undefined, {price: 3, colour: 'red'}, undefined],
        ['page', undefined, undefined, {}, undefined],
        ['identify', undefined, 'u7', {}, {plan: 'free'}],
        ['identify', undefined, 'u7', {}, {plan: 'paid'}]]);
    assert.equal(events[0].created_at, 1.7e12 - 400);
});

test('a tag that fires later calls the tracker itself', async () => {
    const gtm = container();
    gtm.fire({action: 'load'});
    const page = openPage({pipes: gtm.win.pipes});
    gtm.load();
    const later = container(page.win);
    later.scripts.set('pipes', {is_loaded: true});
    assert.deepEqual(later.fire({action: 'track', name: 'later'}), ['success']);
    page.pipes.flush();
    assert.deepEqual((await page.answer(200)).events.map((e) => e.name), ['later']);
    assert.equal(page.win.pipes.q.length, 0);
});

test('a page with a tag of its own is not given the script twice', () => {
    const q = [];
    const gtm = container({pipes: {q}});
    assert.deepEqual(gtm.fire({action: 'track', name: 'x'}), ['success']);
    assert.equal(gtm.scripts.size, 0);
    assert.deepEqual(q.map((call) => call[0]), ['track']);
});

test('consent follows Tag Manager, before the script is there and after', async () => {
    const gtm = container();
    gtm.consent.analytics_storage = false;
    gtm.fire({action: 'track', name: 'early', consent: 'gtm'});
    gtm.fire({action: 'track', name: 'second', consent: 'gtm'});
    assert.deepEqual(gtm.win.pipes.q.map((call) => [call[0], call[1][0]]),
        [['consent', 'pending'], ['track', 'early'], ['track', 'second']]);
    assert.equal(gtm.listeners.length, 1);
    const page = openPage({pipes: gtm.win.pipes, config: {consent: 'pending'}});
    gtm.win.pipes = page.win.pipes;
    await page.settle();
    assert.equal(page.requests.length + page.cookie_writes.length + page.local.size, 0);
    gtm.update('analytics_storage', true);
    await page.settle();
    assert.deepEqual((await page.answer(200)).events.map((e) => e.name), ['early', 'second']);
    gtm.update('analytics_storage', false);
    assert.equal(page.pipes.get('consent'), 'denied');
    assert.deepEqual([...page.local.keys()], []);
});

test('consent that is there at once is said at once; without the setting nothing is said', () => {
    const gtm = container();
    gtm.fire({action: 'load', consent: 'gtm'});
    assert.deepEqual(gtm.win.pipes.q.map((call) => [call[0], call[1][0]]),
        [['consent', 'granted']]);
    const other = container();
    other.fire({action: 'load'});
    assert.deepEqual([other.win.pipes.q, other.listeners], [[], []]);
});

test('a script that cannot be loaded, or must not be, is a failure', () => {
    const gtm = container();
    gtm.fire({action: 'load'});
    gtm.fail();
    assert.deepEqual(gtm.said, ['failure']);
    const other = container();
    assert.deepEqual(other.fire({action: 'track', name: 'x', url: 'https://a.example/b.js'}),
        ['failure']);
    assert.match(other.log[0], /a\.example/);
    assert.deepEqual(other.win, {});
});

test('the inline tag has nothing that Tag Manager takes for a variable', () => {
    assert.doesNotMatch(minified('stub'), /\{\{/);
});

/** The template's own tests, which run in Tag Manager's editor, in its terms. */
function runScenario(code) {
    const gtm = container();
    const mocks = {};
    const calls = {};
    const spy = (name, fn) => (...args) => {
        (calls[name] = calls[name] || []).push(args);
        return fn(...args);
    };
    Object.keys(NEEDS).forEach((name) => { mocks[name] = spy(name, () => undefined); });
    mocks.queryPermission = () => true;
    mocks.makeTableMap = (rows) => Object.fromEntries(rows.map((row) => [row.name, row.value]));
    new Function('mock', 'runCode', 'assertThat', 'assertApi', code)(
        (name, result) => {
            mocks[name] = spy(name, typeof result === 'function' ? result : () => result);
        },
        (data) => gtm.fire(data, mocks).forEach((what) => {
            calls[what === 'success' ? 'gtmOnSuccess' : 'gtmOnFailure'] = [[]];
        }),
        (value) => ({isEqualTo: (other) => assert.deepEqual(value, other)}),
        (name) => ({wasCalled: () => assert.ok(calls[name], `${name} was called`),
            wasNotCalled: () => assert.ok(!calls[name], `${name} was not called`)}));
}

test('the tests inside the template hold', () => {
    const scenarios = sections.TESTS.split(/^- name: /m).slice(1);
    assert.equal(scenarios.length, 2);
    scenarios.forEach((text) =>
        runScenario(text.slice(text.indexOf('|-') + 2).replace(/^setup:.*$/m, '')));
});
