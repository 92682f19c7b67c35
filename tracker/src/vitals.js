/**
 * Module: lcp, fcp, ttfb, inp (ms) and cls of a page view, by the definitions of the library
 * web-vitals 6. Sent when the view is left, and again when something grew since.
 *
 * A page that was hidden before its first paint has no fcp, lcp and cls; a prerendered one counts
 * from its activation; one that comes back from the back-forward cache begins anew. A view that the
 * page makes by itself (pushState) has cls and inp only, counted from there: it was not loaded.
 */
function vitals() {
    return {name: 'vitals', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var doc = web.document;
        var performance = win.performance;
        var observers = [];
        var hears_shifts, hears_largest;
        // Of the view: what was measured and sent, is it the document's first, the ten worst
        // interactions and how many there were before, the last session window of shifts.
        var values, sent, is_first, worst, count_before, shifts;
        var first_hidden, id_min, id_max;

        function firstOf(type, fits) {
            return web.attempt(function () {
                return performance.getEntriesByType(type).filter(fits)[0];
            }) || {};
        }

        function navigation() {
            return firstOf('navigation', function (entry) {
                // Some browsers hide it (0), in some it lies in the future.
                return entry.responseStart > 0 && entry.responseStart < performance.now();
            });
        }

        function sinceActivation(ms) {
            return Math.max(ms - (navigation().activationStart || 0), 0);
        }

        /** Browsers number interactions in steps of 7. */
        function interactions() {
            return performance.interactionCount || (id_max ? (id_max - id_min) / 7 + 1 : 0);
        }

        function begin(first) {
            is_first = first;
            values = {};
            sent = {};
            worst = [];
            shifts = undefined;
            count_before = first ? 0 : interactions();
        }

        function painted(entry) {
            if (is_first && entry.startTime < first_hidden) {
                if (entry.entryType !== 'paint') {
                    values.lcp = sinceActivation(entry.startTime);
                } else if (entry.name === 'first-contentful-paint') {
                    values.fcp = sinceActivation(entry.startTime);
                }
            }
        }

        function shifted(entry) {
            var at = entry.startTime;
            if (!entry.hadRecentInput) {
                if (!shifts || at - shifts._last >= 1000 || at - shifts._first >= 5000) {
                    shifts = {_first: at, _sum: 0};
                }
                shifts._last = at;
                shifts._sum += entry.value;
                values.cls = Math.max(values.cls || 0, shifts._sum);
            }
        }

        function interacted(entry) {
            var id = entry.interactionId;
            if (id) {
                var known = worst.filter(function (one) { return one._id === id; })[0];
                if (!known) {
                    worst.push(known = {_id: id, _ms: 0});
                }
                known._ms = Math.max(known._ms, entry.duration);
                worst = worst.sort(function (a, b) { return b._ms - a._ms; }).slice(0, 10);
            }
        }

        function counted(entry) {
            var id = entry.interactionId;
            if (id) {
                id_min = Math.min(id_min || id, id);
                id_max = Math.max(id_max || 0, id);
            }
        }

        function observe(type, fn, threshold_ms) {
            return web.attempt(function () {
                function each(entries) { entries.forEach(fn); }
                if (win.PerformanceObserver.supportedEntryTypes.indexOf(type) < 0) {
                    return undefined;
                }
                var observer = new win.PerformanceObserver(web.fence(function (list) {
                    each(list.getEntries());
                }));
                observer.observe({type: type, buffered: true, durationThreshold: threshold_ms});
                observers.push({
                    _drain: function () { each(observer.takeRecords()); },
                    _end: function () { observer.disconnect(); }
                });
                return true;
            });
        }

        /** The worst interaction, one of the worst left out for every 50. */
        function inp() {
            var count = interactions() - count_before;
            var one = worst[Math.min(worst.length - 1, Math.floor(count / 50))];
            // Later views have no first-input: all of theirs were too quick to be listed.
            return one ? one._ms : count && !is_first ? 8 : undefined;
        }

        function report() {
            var grown = false;
            var all = {};
            function keep(key, value) {
                if (value >= 0) {
                    all[key] = value;
                    grown = grown || !(value <= sent[key]);
                }
            }
            observers.forEach(function (one) { one._drain(); });
            keep('lcp', Math.round(values.lcp));
            keep('fcp', Math.round(values.fcp));
            keep('ttfb', Math.round(is_first ? sinceActivation(navigation().responseStart) :
                values.ttfb));
            keep('inp', Math.round(inp()));
            if (hears_shifts && (values.fcp >= 0 || !is_first)) {
                keep('cls', Math.round((values.cls || 0) * 1e4) / 1e4);
            }
            if (grown) {
                sent = all;
                core.emit('vitals', undefined, all);
            }
        }

        function activated() {
            var began = navigation().activationStart || 0;
            var hidden = firstOf('visibility-state', function (entry) {
                return entry.name === 'hidden' && entry.startTime >= began;
            });
            first_hidden = hidden.startTime >= 0 ? hidden.startTime :
                doc.visibilityState === 'hidden' ? 0 : Infinity;
            observe('paint', painted);
            hears_largest = observe('largest-contentful-paint', painted);
            hears_shifts = observe('layout-shift', shifted);
            observe('event', interacted, 40);
            observe('first-input', interacted);
            if (!('interactionCount' in performance)) {
                observe('event', counted, 0);
            }
        }

        /** The new view begins behind the page event of this return; its paint is two frames away. */
        function restored(event) {
            var mine = {};
            core.later(function () {
                begin(false);
                values = mine;
            }, 0);
            win.requestAnimationFrame(function () {
                win.requestAnimationFrame(web.fence(function () {
                    mine.fcp = performance.now() - event.timeStamp;
                    // An engine that tells of no largest paint would have an lcp of returns alone.
                    mine.lcp = hears_largest && mine.fcp;
                    mine.ttfb = navigation().responseStart && 0;
                }));
            });
        }

        if (web.isInner()) {
            return; // its page has the view
        }
        begin(true);
        core.listen(doc, 'visibilitychange', function (event) {
            if (doc.visibilityState === 'hidden') {
                first_hidden = Math.min(first_hidden, event.timeStamp);
            }
        });
        core.listen(win, 'pageshow', function (event) {
            if (event.persisted) {
                restored(event);
            }
        });
        core.on('leave', report);
        core.on('view', function () {
            // The first view of a document begins here, too, and has been measured from its start.
            if (core.get('page_view_id')) {
                report();
                begin(false);
            }
        });
        if (doc.prerendering) {
            core.listen(doc, 'prerenderingchange', activated);
        } else {
            activated();
        }
        return {stop: function () {
            observers.forEach(function (one) { one._end(); });
        }};
    }};
}
pipesModules.push(vitals());
