/**
 * Brings queues to the collector: one request in flight, each batch from one page load.
 * Every answer carries the number of the request it belongs to; after _stop that number has
 * moved on, so a late answer changes nothing; each start makes another one of these.
 * @param {Object} config endpoint, site, bundle
 * @param {function(boolean=): Array} queues own queue first; true: whether or not any may be sent
 * @param {function(string, Object)} tell hook: 'sent' and 'refused'
 * @param {function()} pack   lends what makes a body smaller, in its own time: (text, done)
 */
function transport(config, queues, tell, pack) {
    var MAX_BYTES = 49152;
    var WATCHDOG_MS = 3e4;
    var ticket = 0;
    var failures = 0;
    var limit_bytes = MAX_BYTES;
    /** 1: its body is being made, 2: it is posted, 3: so that the collector remembers it. */
    var in_flight = 0;
    var batch, ordered_wait, timer, watchdog;

    /** Everything of a batch but its events and the closing brackets. */
    function envelope(source, id, attempt_number) {
        var header = source._header;
        return JSON.stringify({
            v: 1, site: config.site, bundle: header.b, load_id: header.l, batch_id: id,
            attempt: attempt_number, sent_at: now(), skew: header.k, dropped: header.d,
            context: header.c, cookie: config.credentials && config.domain
        }).slice(0, -1) + ',"events":[';
    }

    function body(source, items, id, attempt_number) {
        return envelope(source, id, attempt_number) +
            items.map(function (item) { return item._text; }) + ']}';
    }

    function room(source) {
        return Math.min(limit_bytes,
            MAX_BYTES - bytesOf(envelope(source, source._header.l, 1e3)) - 2);
    }

    function nextBatch() {
        var all = queues();
        for (var i = 0; i < all.length; i++) {
            // peek first: it may expire old items and thereby count them
            var items = all[i]._peek(room(all[i]));
            if (all[i]._pending()) {
                return {
                    _queue: all[i], _id: randomId(), _ask: all[i]._receipts(),
                    _items: items.filter(function (item) { return !item._receipt; })
                };
            }
        }
    }

    function schedule(delay_ms) {
        cancel(timer);
        timer = later(function () { timer = 0; send(); }, delay_ms);
    }

    function wait(retry_after) {
        // Seconds or a date; what is neither, or over, orders nothing.
        var ordered_ms = retry_after * 1e3 || Date.parse(retry_after) - now() || 0;
        failures++;
        batch._queue._settle();
        ordered_wait = ordered_ms > 0;
        schedule(Math.max(Math.min(ordered_ms, 36e5),
            Math.min(3e5, 1e3 * Math.pow(2, failures)) * (0.5 + Math.random() / 2)));
    }

    /**
     * @param {string=} reason   for which the batch is lost
     * @param {string[]} have   of the beacons asked for those that the collector has
     * @param {string} hook   told last: who hears it may stop all this
     * @param {number} number
     */
    function proceed(reason, have, hook, number) {
        batch._queue._remove(batch._items, reason, batch._unreported, batch._ask, have);
        failures = 0;
        if (queues(1).some(function (one) { return one._pending(); })) {
            // A beacon of just now has to arrive before it is asked for.
            schedule(window.document.hidden ? 2e3 : 0);
        }
        say(hook + ': ' + number);
        tell(hook, number);
    }

    function accepted(text) {
        var answer = attempt(function () { return JSON.parse(text); }) || {};
        if (typeof answer.skew === 'number') {
            batch._queue._header.k = answer.skew;
        }
        limit_bytes = Math.min(MAX_BYTES, limit_bytes * 2);
        proceed('', answer.have || [], 'sent', batch._items.length);
    }

    function answered(number, status, retry_after, text) {
        if (number !== ticket) {
            return;
        }
        ticket++;
        in_flight = 0;
        cancel(watchdog);
        if (status >= 200 && status < 300) {
            accepted(text);
        } else if (!status || status >= 500 || status === 408 || status === 429) {
            wait(retry_after);
        } else if (status === 413 && batch._items.length > 1) {
            limit_bytes = Math.min(limit_bytes, weigh(batch._items)) / 2;
            schedule(0);
        } else {
            // If it was nothing but a report of losses: asking again would go on for ever.
            proceed(status === 413 ? 'too_big' : 'http_' + status, [], 'refused', status);
        }
    }

    function asIs(text, done) { done(text); }

    /** @param {number=} at_once   3: within this turn, so nothing is made smaller first */
    function send(at_once) {
        if (in_flight) {
            return;
        }
        // Asks whether anything may be sent at all, and all this may have been stopped.
        batch = nextBatch();
        if (!batch) {
            return;
        }
        var number = ++ticket;
        var ask = batch._ask;
        in_flight = 1;
        batch._unreported = batch._queue._header.u;
        watchdog = later(function () { answered(number, 0); }, WATCHDOG_MS);
        (!at_once && pack() || asIs)(body(batch._queue, batch._items, batch._id, failures + 1),
            function (packed) {
                if (number !== ticket) {
                    return;
                }
                // The page may be gone before the answer comes.
                in_flight = at_once || 2;
                post(config.endpoint + (in_flight > 2 ? '?beacon=' + batch._id + '&ask=' + ask :
                    ask[0] ? '?ask=' + ask : ''), packed, function (status, retry_after, text) {
                    tell('answer');
                    answered(number, status, retry_after, text);
                }, config.credentials);
            });
    }

    /** What became of these will be asked for. */
    function mark(source, items, receipt) {
        items.forEach(function (item) { item._receipt = receipt; });
        source._beat();
    }

    /**
     * Beacon; of what the browser refuses as too much, the older half. False when not all went:
     * the browser's room is used up, trying on would only delay the navigation.
     */
    function beacon(source, items) {
        var id = randomId();

        // Before it goes: Firefox may end the script right behind it.
        mark(source, items, id);
        if (sendBeacon(config.endpoint + '?beacon=' + id, body(source, items, id, 1))) {
            return true;
        }
        mark(source, items, '');
        if (items.length > 1) {
            beacon(source, items.slice(0, Math.ceil(items.length / 2)));
        }
        return false;
    }

    /** A beacon has no answer: its events stay stored, and the next visit asks what became of it. */
    function unload() {
        var own = queues()[0];
        var carried = in_flight > 1 && hasKeepalive() ? batch._items : [];
        var left = own._items().filter(function (item) {
            return !item._receipt && carried.indexOf(item) < 0;
        });
        var chunk;
        if (in_flight > 2) {
            mark(batch._queue, carried, batch._id);
        }
        while (left[0] && beacon(own, chunk = fit(left, room(own)))) {
            left = left.slice(chunk.length);
        }
    }

    /** The page goes: a timer that falls due before its end would send what the beacons carry. */
    function leave() {
        unload();
        if (timer && !failures) {
            schedule(2e3);
        }
    }

    /**
     * The page is hidden and most likely lives on: a request, as its answer spares telling all again.
     * Not when the page goes and was told so before: then a beacon carries it already.
     */
    function hide() {
        var items = queues()[0]._items();
        if (items.length && !items[0]._receipt && hasKeepalive()) {
            sendNow();
        }
        unload();
    }

    /** Send now, within this turn, so that a navigation cannot come first. */
    function sendNow() {
        if (!failures) {
            cancel(timer);
            timer = 0;
            send(3);
        }
    }

    return {
        /** Send soon; a running back-off is respected. */
        _wake: function (delay_ms) {
            if (!in_flight && !failures && (!timer || !delay_ms)) {
                schedule(delay_ms);
            }
        },
        _now: sendNow,
        _online: function () {
            if (!in_flight && failures && !ordered_wait) {
                failures = 0;
                schedule(0);
            }
        },
        _leave: leave,
        _hide: hide,
        _stop: function () {
            ticket++;
            cancel(timer);
            cancel(watchdog);
        }
    };
}
