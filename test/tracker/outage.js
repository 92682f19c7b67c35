/*
 * A visitor's day while the collector is down, on the small browser of page.js: tabs that load page
 * after page, sleep or die, on a device whose storage the site uses, too. What must hold at any
 * moment is checked at every touch of the storage.
 *
 *     const day = new Day({storage: 'cookie', seed: 1, quota: 2e6, failing: 0.01});
 *     await day.live(24);
 *     await day.comeBack();
 *     day.made, day.delivered, day.lost, day.device.most
 *
 * The same seed gives the same day.
 */
'use strict';
const assert = require('node:assert');
const {openPage, Storage} = require('./page.js');

const MODULES = ['page_view', 'scroll', 'engagement', 'people', 'campaign'];
const STEP_MS = 5000;
const TABS_MAX = 3;
/** A queue that no page holds is taken over after so long, or a little more. */
const TAKEN_MS = 45000;
/** What docs/tracker.md says: all that pages left behind, and what each page has beside. */
const LEFT_MAX = 524288;
const PAGE_MAX = 262144 + 2048;
const IDS_MAX = 2048;
const KEYS_MAX = 128;
/** What is looked for every ten seconds, and more than we and the site write between. */
const FREE = 65536;
const SITE_STEP_MAX = 8192;

/** Numbers below 1, the same for the same seed. */
function randomOf(seed) {
    let state = seed;
    return () => {
        state = (state + 0x6D2B79F5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}

const sumOf = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);
const isOurs = (key) => key.startsWith('pipes_');
const isQueue = (key) => key.startsWith('pipes_queue');

/** localStorage of one origin: a quota for keys and values, and failures for no reason. */
class Device extends Storage {
    constructor(random, quota, failing) {
        super(new Map());
        Object.assign(this, {random, quota, failing, chars: 0, ours: 0, site: new Map(),
            pages: () => 0, most: 0, most_keys: 0, failures: 0, refusals: 0, least_free: quota});
    }

    put(key, value) {
        const before = this.map.has(key) ? key.length + this.map.get(key).length : 0;
        const change = (value === undefined ? 0 : key.length + value.length) - before;
        if (change > 0 && this.chars + change > this.quota) {
            throw new Error('QuotaExceededError');
        }
        this.chars += change;
        this.ours += isOurs(key) ? change : 0;
        this.map[value === undefined ? 'delete' : 'set'](key, value);
    }

    /** A page of ours writes; the key by which it tries whether there is room is gone at once. */
    setItem(key, value) {
        assert.ok(isOurs(key), key);
        if (this.random() < this.failing) {
            this.failures++;
            throw new Error('QuotaExceededError');
        }
        this.put(key, String(value));
        if (!key.endsWith('_')) {
            this.most = Math.max(this.most, this.ours);
            assert.ok(this.ours <= LEFT_MAX + IDS_MAX + PAGE_MAX * this.pages(),
                `${this.ours} characters are ours`);
        }
    }
    removeItem(key) {
        assert.ok(isOurs(key), key);
        this.put(key);
    }

    /** The site writes, which only its own data may hinder; then it makes room, as sites do. */
    write(key, length) {
        const own = this.chars - this.ours;
        try {
            this.put(key, 'x'.repeat(length));
            this.site.set(key, this.map.get(key));
        } catch (error) {
            this.refusals++;
            assert.ok(own + length + FREE > this.quota,
                `the site has ${own} of ${this.quota}, we ${this.ours}: no room for ${length}`);
            [...this.site.keys()].slice(0, 20).forEach((name) => {
                this.put(name);
                this.site.delete(name);
            });
        }
    }

    check() {
        this.least_free = Math.min(this.least_free, this.quota - this.chars);
        this.site.forEach((value, key) => assert.equal(this.map.get(key), value, key));
        const keys = [...this.map.keys()].filter(isQueue).length;
        this.most_keys = Math.max(this.most_keys, keys);
        assert.ok(keys <= KEYS_MAX + this.pages(), `${keys} queues`);
    }
}

class Day {
    constructor({storage, seed = 1, quota = Infinity, failing = 0, burst = 1200,
        has_crashes = false, sleeps = true}) {
        this.random = randomOf(seed);
        this.device = new Device(randomOf(seed), quota, failing);
        this.device.pages = () => this.tabs.length + this.closed_at.filter((at) =>
            this.now - at < TAKEN_MS).length;
        Object.assign(this, {storage, has_crashes, sleeps, burst, now: 1.7e12,
            tabs: [], closed_at: [], made: 0, loads: 0, cookies: new Map(),
            delivered: new Map(), dropped: new Map(), first: new Map(), reasons: new Set()});
    }

    chance(probability) { return this.random() < probability; }
    below(limit) { return Math.floor(this.random() * limit); }

    open(tab = {session: new Storage(new Map())}) {
        const page = openPage({now: this.now, cookies: this.cookies, modules: MODULES,
            config: {storage: this.storage}, prepare: (_, run) => run('Math.random = () => 0.5'),
            window: {localStorage: this.device, sessionStorage: tab.session, innerHeight: 800},
            document: {scrollingElement: {scrollTop: 0, scrollHeight: 4000}}});
        this.loads++;
        this.made++; // the view that was made before anything could listen
        page.pipes.on('event', ({name}) => { this.made += name === 'step' ? 0 : 1; });
        tab.page = page;
        return tab;
    }

    /** The page ends, as a rule being told so. */
    end(tab) {
        if (!(this.has_crashes && this.chance(0.1))) {
            tab.page.win.fire('pagehide');
        }
        tab.page.timers = [];
        this.closed_at.push(this.now);
    }

    act(tab) {
        const {pipes, win, doc} = tab.page;
        const count = this.chance(0.02) ? this.burst : this.below(Math.min(30, this.burst));
        if (this.chance(0.1)) { pipes.identify(`user-${this.below(3)}`, {plan: 'pro'}); }
        if (this.chance(0.1)) { pipes.people('add', {visits: 1}); }
        if (this.chance(0.01)) { pipes.reset(); }
        if (this.chance(0.3)) { win.history.pushState(null, '', `/p${this.below(99)}`); }
        if (this.chance(0.3)) { doc.fire('scroll', {target: doc}); }
        // These alone are more than the page's rate: what is too much comes to no hook.
        this.made += count;
        for (let i = 0; i < count; i++) {
            pipes.track('step', {i, text: 'x'.repeat(this.below(400))});
        }
    }

    visit(tab) {
        if (this.chance(0.2)) {
            this.end(tab);
            this.open(tab);
        } else if (this.chance(0.05)) {
            this.end(tab);
            this.tabs.splice(this.tabs.indexOf(tab), 1);
        } else if (this.chance(0.5)) {
            this.act(tab);
        }
    }

    /** Each page goes on for as long, and whatever it asks the collector fails. */
    async pass(ms) {
        this.now += ms;
        for (const tab of this.tabs) {
            tab.page.requests.splice(0).forEach((one) => one.fail());
            await tab.page.pass(this.now - tab.page.now);
        }
        this.device.check();
    }

    /** The machine is put away: nothing runs, and the clock is elsewhere when it is opened. */
    sleep(ms) {
        this.now += ms;
        this.tabs.forEach((tab) => { tab.page.now = this.now; });
    }

    /** An hour: some minutes in which something is done, and the rest, in which nothing is. */
    async hour() {
        const end = this.now + 36e5;
        const busy_end = this.now + 36e5 * 0.15 * this.random();
        while (this.now < busy_end) {
            if (this.tabs.length < TABS_MAX && this.chance(0.2) || !this.tabs.length) {
                this.tabs.push(this.open());
            }
            for (const tab of this.tabs.slice()) {
                if (this.chance(0.7)) { this.visit(tab); }
            }
            if (this.chance(0.7)) {
                this.device.write(`cache_${this.below(999)}`, this.below(SITE_STEP_MAX));
            }
            await this.pass(STEP_MS);
        }
        this.owes(); // of a long day the next pages drop what was dropped first
        await this.pass(4 * STEP_MS);
        if (!this.sleeps) {
            this.tabs.splice(0).forEach((tab) => this.end(tab));
        }
        this.sleep(end - this.now);
        await this.pass(STEP_MS);
    }

    async live(hours) {
        for (let i = 0; i < hours; i++) {
            await this.hour();
        }
    }

    /** What was dropped until now, by load, as it is stored. */
    owes() {
        return new Map([...this.device.map].filter(([key]) => isQueue(key)).map(([, text]) => {
            const {l, d} = JSON.parse(text.split('\n')[0]);
            Object.keys(d).forEach((reason) => this.reasons.add(reason));
            return [l, sumOf(d)];
        }));
    }

    take({load_id, events, dropped}) {
        const lost = sumOf(dropped);
        Object.keys(dropped).forEach((reason) => this.reasons.add(reason));
        this.first.set(load_id, this.first.has(load_id) ? this.first.get(load_id) : lost);
        this.dropped.set(load_id, Math.max(lost, this.dropped.get(load_id) || 0));
        events.forEach(({seq}) => {
            const id = `${load_id}-${seq}`;
            this.delivered.set(id, (this.delivered.get(id) || 0) + 1);
        });
    }

    /** The collector is there again, and so is the visitor: the seconds until all has arrived. */
    async comeBack() {
        for (let ms = 0; ms < TAKEN_MS; ms += STEP_MS) {
            await this.pass(STEP_MS);
        }
        this.tabs.forEach(({page}) => page.requests.splice(0).forEach((one) => one.fail()));
        this.owed = this.owes();
        this.tabs.push(this.open());
        let second = 0;
        for (; second < 60 || this.isWaiting(); second++) {
            assert.ok(second < 600, 'something is left');
            this.now += 1000;
            for (const {page} of this.tabs) {
                await page.pass(this.now - page.now);
                while (page.requests.length) {
                    this.take(await page.answer(200, '{"have":[]}'));
                    this.last = second;
                }
            }
        }
        this.device.check();
        return this.last;
    }

    isWaiting() { return [...this.device.map.keys()].some(isQueue); }

    get lost() {
        return [...this.dropped.values()].reduce((sum, n) => sum + n, 0);
    }
}

module.exports = {Day, LEFT_MAX};
