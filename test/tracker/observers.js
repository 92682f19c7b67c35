/* Observers that tell what the test says, for openPage({window: ...}). */
'use strict';

/** PerformanceObserver and performance on one list of entries; add(entry) delivers. */
function performanceOf(clock, entries = [], more = {}) {
    const all = [];
    class PerformanceObserver {
        static supportedEntryTypes = ['paint', 'largest-contentful-paint', 'layout-shift', 'event',
            'first-input'];
        constructor(fn) { this.fn = fn; this.wanted = []; all.push(this); }
        observe(options) {
            this.wanted.push(options);
            const old = entries.filter((entry) => this.wants(entry));
            if (old.length) { this.fn({getEntries: () => old}); }
        }
        wants(entry) {
            return this.wanted.some((one) => one.type === entry.entryType &&
                !(entry.duration < one.durationThreshold));
        }
        takeRecords() { return []; }
        disconnect() { this.wanted = []; }
    }
    const performance = {now: clock, getEntriesByType: (type) =>
        entries.filter((entry) => entry.entryType === type), ...more};
    const add = (entry) => {
        entries.push(entry);
        all.filter((one) => one.wants(entry)).forEach((one) => one.fn({getEntries: () => [entry]}));
    };
    return {PerformanceObserver, performance, add, observers: all};
}

/** A class like IntersectionObserver or MutationObserver: what was observed, and tell(records). */
function observerClass() {
    return class Observer {
        static all = [];
        constructor(fn, options) {
            Object.assign(this, {fn, options, nodes: []});
            this.constructor.all.push(this);
        }
        observe(node) { this.nodes.push(node); }
        unobserve(node) { this.nodes = this.nodes.filter((one) => one !== node); }
        disconnect() { this.nodes = []; }
        takeRecords() { return []; }
        tell(records) { this.fn(records); }
    };
}

module.exports = {performanceOf, observerClass};
