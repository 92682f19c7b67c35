/* What no page should hand in, and some page will. `values()` makes all of it anew. */
'use strict';

function thrower() {
    throw new Error('hostile');
}

/** Every trap throws. */
function throwingProxy() {
    return new Proxy({}, new Proxy({}, {get: () => thrower}));
}

function revokedProxy() {
    const {proxy, revoke} = Proxy.revocable({}, {});
    revoke();
    return proxy;
}

/** A tree without end, which counts how often it was looked at. */
function endlessTree(steps) {
    const keys = Array.from({length: 1000}, (_, i) => `k${i}`);
    const node = () => new Proxy({}, {
        ownKeys: () => keys,
        getOwnPropertyDescriptor: () => ({value: 1, enumerable: true, configurable: true}),
        get: (_, key) => {
            steps.count++;
            return typeof key === 'string' && key[0] === 'k' ? node() : undefined;
        },
    });
    return node();
}

function cyclic() {
    const one = {list: []};
    one.self = one;
    one.list.push(one, [one]);
    return one;
}

function deep() {
    let tree = {};
    for (let i = 0; i < 1e5; i++) {
        tree = i % 2 ? {tree} : [tree];
    }
    return tree;
}

/** Another object each time, which has a toJSON, too. */
function eternalJson() {
    return {toJSON: eternalJson};
}

function selfJson() {
    const one = {toJSON: () => one};
    return one;
}

function bare() {
    return Object.assign(Object.create(null), {a: 1});
}

const text = (part) => part.repeat(1e7 / part.length);
const list = (length, make) => Array.from({length}, make);

/** Made once: nobody changes them. */
const HUGE = {
    hugeText: text('x'), hugeTokens: text('eyJ'), hugeMail: text('a@b.c'),
    hugeWords: text('pass token '),
    manyTokens: list(3000, () => 'eyJ'.repeat(13000)), hugeList: list(1e6, (_, i) => i),
    hugeHoles: Array(1e6), hugeItems: {items: list(1e5, (_, id) => ({id})), list: 'l'},
    hugeItem: {items: [text('x')], products: [text('x')]}, hugeId: {transaction_id: text('x')},
    hugeDepth: deep(),
};

/** @param {{count: number}} steps   @param {Object} page   of page.js */
function values(steps, page) {
    return {
        nothing: undefined, null: null, true: true, zero: -0, NaN: NaN, infinity: -Infinity,
        one: 1e21,
        bigint: 7n, symbol: Symbol('s'), empty: '', surrogates: '\ud800 \udfff', zeroByte: '\0',
        markup: '</script><!--', separators: '\u2028\u2029', proto: '__proto__', key: 'constructor',
        ...HUGE,
        noFunction: thrower, cyclic: cyclic(), endless: endlessTree(steps),
        throwing: throwingProxy(), revoked: revokedProxy(),
        getter: {get a() { return thrower(); }, b: 1}, length: {length: 4294967295},
        nested: [[[[]]]],
        badItems: {items: [null, cyclic(), throwingProxy()], order_id: {toString: thrower}},
        bytes: new Uint8Array(1e5), date: new Date(NaN), selfJson: selfJson(),
        eternalJson: eternalJson(),
        throwingJson: {toJSON: thrower}, nothingJson: {toJSON: () => undefined},
        throwingText: {toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower},
        polluting: JSON.parse('{"__proto__": {"polluted": 1}}'),
        constructing: JSON.parse('{"constructor": {"prototype": {"polluted": 1}}}'),
        bare: bare(), frozen: Object.freeze({a: 1}), map: new Map([[1, 2]]),
        error: new RangeError('r'),
        badError: {name: {toString: thrower}, message: cyclic(), stack: 7}, expression: /x/g,
        promise: Promise.resolve(1), window: page.win, document: page.doc,
        module: {name: 'throws', start: thrower},
        badStop: {name: 'stop', start: () => ({stop: thrower})},
        badName: {get name() { return thrower(); }, start: thrower},
        named: 'event', view: 'view', leave: 'leave', granted: 'granted', purchase: 'purchase',
        set: 'set', add: 'add', selector: ']]',
    };
}

module.exports = {values, thrower, cyclic};
