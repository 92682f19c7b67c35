/*
 * A browser as small as the tracker needs: own clock, cookie jar, storages and a network that
 * answers what the test says. `openPage({local, cookies, ...})` loads the assembled bundle;
 * `prepare(page, run)` is called before that: run(code) runs in the page.
 */
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const vm = require('vm');
const {execFileSync} = require('child_process');

/** The minified parts, built now unless tools/mutate has built them. */
function builtParts() {
    if (process.env.PIPES_TRACKER_PARTS) {
        return process.env.PIPES_TRACKER_PARTS;
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-tracker-'));
    execFileSync(process.execPath, [path.join(__dirname, '../../tracker/build.js'), folder]);
    process.on('exit', () => fs.rmSync(folder, {recursive: true, force: true}));
    return folder;
}
const out = builtParts();

const minified = (name) => fs.readFileSync(path.join(out, `${name}.min.js`), 'utf8');

function assemble(config, modules) {
    const parts = ['core', ...modules].map((name) => minified(name) + '\n').join('');
    return '//# allFunctionsCalledOnLoad\n!function(pipesConfig){var pipesModules=[];' + parts +
        `core(pipesConfig,pipesModules)}(${JSON.stringify(config)});`;
}

/** Its keys are properties of its own, as a browser has it. */
const OWN_KEYS = {
    ownKeys: ({map}) => [...map.keys()],
    getOwnPropertyDescriptor: ({map}, key) => map.has(key) ?
        {value: map.get(key), enumerable: true, configurable: true, writable: true} : undefined,
    defineProperty: (target, key, {value}) => {
        target[key] = value;
        return true;
    },
};

class Storage {
    constructor(map) {
        this.map = map;
        return new Proxy(this, OWN_KEYS);
    }
    get length() { return this.map.size; }
    getItem(key) { return this.map.has(key) ? this.map.get(key) : null; }
    setItem(key, value) { this.map.set(key, String(value)); }
    removeItem(key) { this.map.delete(key); }
}

class Target {
    constructor() { this.listeners = []; }
    addEventListener(type, fn, how) {
        this.listeners.push([type, fn, Boolean(how && how.capture)]);
    }
    removeEventListener(type, fn, is_capture = false) {
        this.listeners = this.listeners.filter((one) =>
            one[0] !== type || one[1] !== fn || one[2] !== is_capture);
    }
    fire(type, event = {}) {
        this.listeners.filter((one) => one[0] === type).forEach((one) => one[1](event));
    }
}

/** An element: `element('a', {href: '/x'}, parent)`; its properties are its attributes'. */
class Element extends Target {
    constructor(tag, attributes = {}, parent = null) {
        super();
        Object.assign(this, {nodeType: 1, tagName: tag.toUpperCase(), parentNode: parent,
            parentElement: parent, children: [], map: new Map(Object.entries(attributes))});
        if (parent) { parent.children.push(this); }
    }
    get attributes() { return [...this.map].map(([name, value]) => ({name, value})); }
    getAttribute(name) { return this.map.has(name) ? this.map.get(name) : null; }
    hasAttribute(name) { return this.map.has(name); }
    setAttribute(name, value) { this.map.set(name, String(value)); }
    /** Selectors of one step: tag, #id, .class, [attribute], [attribute=value], lists of them. */
    matches(selector) {
        return selector.split(',').some((one) => {
            const [, tag, rest] = /^([a-z0-9]*)(.*)$/i.exec(one.trim());
            const parts = rest.match(/[#.][\w-]+|\[[^\]]+\]/g) || [];
            return (!tag || tag.toUpperCase() === this.tagName) && parts.every((part) => {
                if (part[0] === '#') { return this.getAttribute('id') === part.slice(1); }
                if (part[0] === '.') {
                    return (this.getAttribute('class') || '').split(' ').includes(part.slice(1));
                }
                const [, name, value] = /^\[([\w-]+)(?:[*^$~|]?="?([^"\]]*)"?)?\]$/.exec(part);
                return this.hasAttribute(name) &&
                    (value === undefined || this.getAttribute(name) === value);
            });
        });
    }
    closest(selector) {
        let node = this;
        while (node && !(node.matches && node.matches(selector))) { node = node.parentNode; }
        return node;
    }
    contains(other) {
        while (other && other !== this) { other = other.parentNode; }
        return other === this;
    }
}
const element = (tag, attributes, parent) => new Element(tag, attributes, parent);

function cookieJar(page) {
    return {
        get: () => [...page.cookies].map(([key, value]) => `${key}=${value}`).join('; '),
        set: (text) => {
            page.cookie_writes.push(text);
            const [, key, value] = /^([^=]+)=([^;]*)/.exec(text);
            const domain = (/domain=([^;]+)/.exec(text) || [])[1];
            if (domain && !domain.includes('.')) {
                return;
            }
            if (/max-age=(\d+)/.exec(text)[1] === '0') {
                page.cookies.delete(key);
            } else {
                page.cookies.set(key, value);
            }
        }
    };
}

function openPage(options = {}) {
    const page = {
        now: options.now || 1.7e12, timers: [], requests: [], beacons: [],
        opt_outs: [], cookie_writes: [],
        local: options.local || new Map(), cookies: options.cookies || new Map(),
        beacon_limit: options.beacon_limit || 65536
    };
    const doc = new Target();
    Object.assign(doc, {title: 'Title', referrer: 'https://search.example/',
        visibilityState: 'visible',
        currentScript: {src: 'https://collect.example/pipes.js'}, querySelectorAll: () => [],
        ...options.document});
    Object.defineProperty(doc, 'hidden', {get: () => doc.visibilityState === 'hidden'});
    Object.defineProperty(doc, 'cookie', {...cookieJar(page), configurable: true});
    const win = new Target();
    class FakeDate extends Date {
        constructor(...args) { super(...(args.length ? args : [page.now])); }
        static now() { return page.now; }
    }
    const location = {href: 'https://www.shop.example/a', hostname: 'www.shop.example',
        protocol: 'https:'};
    const move = (state, title, url) => {
        if (url) { location.href = new URL(url, location.href).href; }
    };
    Object.assign(win, {
        document: doc, location, navigator: {language: 'en', sendBeacon: (url, body) => {
            if (Buffer.byteLength(body) > page.beacon_limit) { return false; }
            page.beacons.push({url, body: JSON.parse(body)});
            return true;
        }, ...options.navigator},
        history: {pushState: move, replaceState: move},
        localStorage: new Storage(page.local), sessionStorage: new Storage(new Map()),
        performance: {now: () => page.now - 1.6e12}, Date: FakeDate, Uint8Array, console,
        crypto: require('crypto').webcrypto, Intl, Promise,
        setTimeout: (fn, ms) => {
            const t = {fn, due: page.now + (ms || 0)};
            page.timers.push(t);
            return t;
        },
        clearTimeout: (t) => { page.timers = page.timers.filter((one) => one !== t); },
        Request: class { get keepalive() { return true; } },
        fetch: (url, init) => new Promise((resolve, reject) => {
            if (/\?optout=/.test(url)) {
                page.opt_outs.push({url, init, fail: () => reject(new Error('network')),
                    answer: () => resolve({ok: true, status: 200, text: async () => ''})});
                return;
            }
            page.requests.push({url, init, body: JSON.parse(init.body),
                bytes: Buffer.byteLength(init.body), fail: () => reject(new Error('network')),
                answer: (status, text = '{}', headers = {}) => resolve({status,
                    headers: {get: (name) => headers[name] || null}, text: async () => text})});
        })
    }, options.window);
    win.window = win;
    /** Moves the clock, running what falls due, and lets promises settle. */
    page.pass = async (ms) => {
        const end = page.now + ms;
        for (;;) {
            await new Promise((resolve) => setImmediate(resolve));
            const next = page.timers.filter((t) => t.due <= end).sort((a, b) => a.due - b.due)[0];
            if (!next) { break; }
            page.timers = page.timers.filter((t) => t !== next);
            page.now = Math.max(page.now, next.due);
            next.fn();
        }
        page.now = end;
    };
    page.settle = () => page.pass(0);
    /** Answers the only request; returns its body. */
    page.answer = async (...args) => {
        const request = page.requests.shift();
        request.answer(...args);
        await page.settle();
        return request.body;
    };
    /** Leaves the page; returns the properties of all events of this name, each once. */
    page.leave = (name) => {
        win.fire('pagehide');
        const sent = page.requests.concat(page.beacons).flatMap((one) => one.body.events);
        const events = new Map(sent.map((e) => [e.seq, e]));
        return [...events.values()].filter((e) => e.name === name).map((e) => e.properties);
    };
    /** A prerendered page is shown. */
    page.activate = () => {
        doc.prerendering = false;
        doc.fire('prerenderingchange');
    };
    /** What listens, but for the module that hears consent banners and stays. */
    page.listening = () => [...win.listeners, ...doc.listeners].filter(([type]) =>
        !/^(Cookiebot|OneTrust|cookieyes_|cmplz_)/.test(type));
    page.stored = () => [...page.local.keys()].filter((key) => key.startsWith('pipes_queue'));
    page.win = win;
    page.doc = doc;
    win.pipes = options.pipes;
    vm.createContext(win);
    if (options.prepare) {
        options.prepare(page, (code) => vm.runInContext(code, win));
    }
    vm.runInContext(assemble({site: 'shop', bundle: 'b1', ...options.config},
        options.modules || []), win);
    while (!options.is_starting && !(win.pipes && win.pipes.version) && page.timers.length) {
        page.timers.shift().fn();
    }
    page.pipes = win.pipes;
    return page;
}

module.exports = {openPage, assemble, minified, assemble, element, Storage, Target};
