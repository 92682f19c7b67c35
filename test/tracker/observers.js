/* Observers that tell what the test says, for openPage({window: ...}). */
'use strict';

/** PerformanceObserver and performance on one list of entries; add(entry) delivers. */
function performanceOf(clock, entries = [], more = {}) {
    const all = [];
    const held = [];
    class PerformanceObserver {
        static supportedEntryTypes = ['paint', 'largest-contentful-paint', 'layout-shift', 'event',
            'first-input'];
        constructor(fn) { this.fn = fn; this.wanted = []; all.push(this); }
        observe(options) {
            this.wanted.push(options);
            const old = options.buffered ? entries.filter((entry) => this.wants(entry)) : [];
            if (old.length) { this.fn({getEntries: () => old}); }
        }
        wants(entry) {
            return this.wanted.some((one) => one.type === entry.entryType &&
                !(one.type === 'event' && entry.duration < one.durationThreshold));
        }
        takeRecords() {
            const mine = held.filter((entry) => this.wants(entry));
            mine.forEach((entry) => held.splice(held.indexOf(entry), 1));
            return mine;
        }
        disconnect() { this.wanted = []; }
    }
    const performance = {now: clock, getEntriesByType: (type) =>
        entries.filter((entry) => entry.entryType === type), ...more};
    const add = (entry) => {
        entries.push(entry);
        all.filter((one) => one.wants(entry)).forEach((one) => one.fn({getEntries: () => [entry]}));
    };
    return {PerformanceObserver, performance, add, held, observers: all};
}

/**
 * A class like IntersectionObserver or MutationObserver: what is observed and how, how often that
 * began (the browser tells each beginning), and tell(records).
 */
function observerClass() {
    return class Observer {
        static all = [];
        constructor(fn, options) {
            if (options && options.threshold.some((one) => !(one >= 0 && one <= 1))) {
                throw new RangeError('threshold');
            }
            Object.assign(this, {fn, nodes: [], begun: 0});
            this.constructor.all.push(this);
        }
        observe(node, how) {
            if (!this.nodes.includes(node)) {
                this.nodes.push(node);
                this.begun++;
            }
            // As the standard has it: a filter of attributes is a wish for attributes.
            this.how = {attributes: how && Boolean(how.attributeFilter), ...how};
        }
        /** Does it hear of this kind of change, anywhere? */
        hears(kind) { return this.nodes.length && this.how.subtree && this.how[kind]; }
        unobserve(node) { this.nodes = this.nodes.filter((one) => one !== node); }
        disconnect() { this.nodes = []; }
        takeRecords() { return []; }
        tell(records) { this.fn(records); }
    };
}

module.exports = {performanceOf, observerClass};
