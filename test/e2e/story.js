/**
 * The stage of one story: a collector, the wire before it, and a site of another origin whose pages
 * carry the tag. Each site has an address of its own: stories share neither cookies nor storage.
 *
 *     const story = await startStory(t, ['--storage', 'local']);
 *     await page.goto(story.page('/one', {shift: 31000}));
 *     const told = await tell(page, 3);
 *     await story.isTaken(told);
 *     await story.judge(told);
 *
 * What a page may be asked for in its address: see `prepare`.
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {startCollector, temporaryFolder, until, rows, atEnd, ownAddress} = require('./collector');
const {startWire} = require('./wire');

/** More than that on the wire for each event is a fault, where nothing forced it. */
const TIMES = 1.05;

/**
 * Runs in a page, before the tag. `shift`: milliseconds that its clock is ahead; `speed`: how many
 * times as fast as ours it goes, timers included; `says`: a property of the navigator, and its
 * value; `tell`: events to tell by itself when the site says go, and then to say so.
 */
function prepare() {
    const wish = new URLSearchParams(location.search);
    const speed = +(wish.get('speed') || 1);
    const begun = Date.now();
    const late = window.setTimeout;
    const now = Date.now;
    Date.now = () => Math.round(begun + +(wish.get('shift') || 0) + (now() - begun) * speed);
    window.Date = class extends Date {
        constructor(...args) { super(...(args.length ? args : [Date.now()])); }
    };
    window.setTimeout = (fn, ms, ...args) => late(fn, (ms || 0) / speed, ...args);
    if (wish.has('says')) {
        const [name, value] = wish.get('says').split('=');
        Object.defineProperty(navigator, name, {get: () => value === 'true' || value});
    }
    window.tell = (count) => Array.from({length: count}, () => {
        const told = `${location.pathname} ${Math.random()}`;
        window.pipes.track('told', {told});
        return told;
    });
    window.isReady = () => Boolean(window.pipes && window.pipes.version);
    window.looks_beside = 0;
    const jar = window.cookieStore || {};
    const look = jar.getAll;
    jar.getAll = () => {
        window.looks_beside++;
        return look.call(jar);
    };
    window.sent = 0;
    window.failures = 0;
    const post = window.fetch;
    window.fetch = (...args) => post(...args).catch((error) => {
        window.failures++;
        throw error;
    });
    window.kept = () => [
        ...document.cookie.split('; ').filter(Boolean).map((one) => 'cookie ' + one.split('=')[0]),
        ...[localStorage, sessionStorage].flatMap((storage) => Object.keys(storage)),
    ].sort();
    const isStored = (told) => told.every((one) =>
        Object.values(localStorage).some((text) => text.includes(one)));
    const wait = (isOver, next) => isOver() ? next() : late(() => wait(isOver, next), 10);
    wait(window.isReady, () => {
        fetch('/ready' + location.pathname);
    });
    if (wish.has('tell')) {
        // The page's own event is answered for: what follows begins with nothing under way.
        wait(() => window.sent > 0, () => fetch('/go').then(() => {
            const told = window.tell(+wish.get('tell'));
            wait(() => isStored(told), () =>
                fetch('/told', {method: 'POST', body: JSON.stringify(told)}));
        }));
    }
}

/** What the collector said yes to, as the page knows. */
const COUNT = '<script>pipes.on("sent", (count) => { window.sent += count; })</script>';

const html = (where, tag) => `<!doctype html><html><head><meta charset="utf-8">
<title>${where}</title><script>(${prepare})()</script>
${where === '/blank' ? '' : tag + COUNT}</head><body>
<a id="next" href="/next">next</a>
<a id="last_word" href="/next" onclick="window.last = tell(5)">last word</a>
<a id="sent_word" href="/next" onclick="window.last = tell(5); pipes.flush()">sent word</a>
<a id="prerendered" href="/prerendered">prerendered</a>
<script>if (document.prerendering) { tell(1); }</script></body></html>`;

class Story {
    constructor(collector, wire, tag) {
        this.collector = collector;
        this.wire = wire;
        this.tag = tag;
        this.told = [];
        this.visits = [];
        /** The page that ends with its browser, whatever it has to send: the next life would. */
        this.cut_short = undefined;
        this.beforeTelling = async () => undefined;
    }

    async listen(t) {
        const server = http.createServer((request, response) => this.answer(request, response));
        await new Promise((resolve) => server.listen(0, ownAddress(), resolve));
        atEnd(t, () => {
            server.closeAllConnections();
            server.close();
        });
        this.url = `http://${server.address().address}:${server.address().port}`;
        return this;
    }

    page(where, wishes = {}) {
        return `${this.url}${where}?${new URLSearchParams(wishes)}`;
    }

    async answer(request, response) {
        const where = request.url.replace(/\?.*/, '');
        let body = '';
        for await (const chunk of request) {
            body += chunk;
        }
        this.visits.push(where);
        if (where === '/told') {
            this.told = JSON.parse(body);
        } else if (where === '/go') {
            await this.beforeTelling();
        } else if (where === `/ready${this.cut_short}`) {
            this.begin();
        } else if (!/^\/(ready|favicon)/.test(where)) {
            response.setHeader('Content-Type', 'text/html');
            response.write(html(where, this.tag));
        }
        response.end();
    }

    /** From here on time counts, by the clock of a page `speed` times as fast as ours. */
    begin({speed = 1} = {}) {
        this.speed = speed;
        this.begun = Date.now();
    }

    /** Waits until the collector has said yes to all of these. */
    async isTaken(told) {
        await until(`${told.length} events are taken`, () =>
            told.every((one) => this.wire.taken.has(one)));
        this.seconds = (Date.now() - this.begun) / 1000 * this.speed;
    }

    /** The names of all events that a test told and that are taken. */
    named() {
        return [...this.wire.taken.keys()].filter((one) => one.startsWith('/'));
    }

    /** Waits until that many page events are taken. */
    pagesTaken(count) {
        return until(`${count} page events are taken`, () =>
            [...this.wire.taken.values()].filter((type) => type === 'page').length >= count);
    }

    /** Ends the collector: each event is in the lake once, and nothing is missing between. */
    async judge(told, times = TIMES) {
        await this.collector.stop();
        const all = rows(this.collector.data);
        const loads = new Map();
        // A record of consent has no path at all.
        const whole = all.filter(({path}) => !this.cut_short || path !== this.cut_short);
        for (const {load_id, seq} of whole) {
            loads.set(load_id, [...(loads.get(load_id) || []), seq]);
        }
        for (const [load, seqs] of loads) {
            assert.deepStrictEqual(seqs.sort((a, b) => a - b), seqs.map((_, i) => i + 1),
                `the numbers of load ${load}`);
        }
        assert.deepStrictEqual(all.filter((row) => row.name === 'told')
            .map((row) => row.properties.told).sort(), [...told].sort());
        this.isFrugal(times);
        return all;
    }

    /** How many times each event was posted. */
    get times() {
        return this.wire.posted.length / new Set(this.wire.posted.map(({id}) => id)).size;
    }

    isFrugal(times) {
        const distinct = new Set(this.wire.posted.map(({id}) => id)).size;
        assert.ok(this.wire.posted.length <= distinct * times,
            `${distinct} events were posted ${this.wire.posted.length} times`);
    }
}

async function startStory(t, options = []) {
    const collector = await startCollector(t, ['--site', 'story', ...options]);
    const wire = await startWire(t, collector);
    const out = path.join(temporaryFolder(t), 'dist');
    collector.run('build', '--out', out, '--base-url', wire.url);
    const tag = fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[1];
    return new Story(collector, wire, tag).listen(t);
}

/** Opens a page in which the tracker has begun. */
async function open(browser, url) {
    const page = await browser.newPage();
    await show(page, url);
    return page;
}

async function show(page, url) {
    await page.goto(url);
    await page.waitFor(() => window.isReady());
}

/** Opens a page whose first event is taken, and the answer read. */
async function openQuiet(story, browser, wishes) {
    const page = await open(browser, story.page('/one', wishes));
    await isAnswered(page, 1);
    return page;
}

/** Waits until the page has read that so many of its events were taken. */
const isAnswered = (page, count) => page.waitFor((n) => window.sent >= n, count);

/** Tells that many events in the page; their names. */
const tell = (page, count) => page.evaluate((n) => window.tell(n), count);

/** What is kept on the device, by name. */
const kept = (page) => page.evaluate(() => window.kept());

module.exports = {startStory, open, show, tell, kept, openQuiet, isAnswered};
