/**
 * The events of one page load that no collector has answered for yet, mirrored in localStorage
 * under a key of their own. First line: a header; then one event per line, behind the id of the
 * beacon that carried it, if one did. An event leaves by _remove (accepted), _answered (the collector
 * has its beacon) or _drop (counted under a reason), by nothing else.
 *
 * Header: h heartbeat, l load id, o load id of who writes it, b bundle, c context, k skew, d drops by
 * reason (total of the load), u drops not yet reported.
 *
 * A page that sleeps (a tab in the background, the back-forward cache) does not beat, and another one
 * takes its queue over. When it wakes up it sees that by `o` (or because all is gone), forgets what it
 * had stored, and goes on under another key.
 * @param {ReturnType<typeof browser>} web
 * @param {string} prefix of the keys
 * @param {string} key
 * @param {{h:number,l:string,o:string,b:string,c:Object,k:number,d:Object,u:number}} header
 */
function queue(web, prefix, key, header) {
    var MAX_BYTES = 262144;
    var MAX_AGE_MS = 6048e5;
    var SAVE_MS = 100;
    var owner = header.o;
    var items = [];
    var total_bytes = 0;
    var is_stored, timer;

    /** Upper bound of the UTF-8 length (a surrogate pair counts six instead of four). */
    function size(text) {
        var n = text.length;
        for (var i = 0; i < text.length; i++) {
            var code = text.charCodeAt(i);
            n += code < 128 ? 0 : code < 2048 ? 1 : 2;
        }
        return n;
    }

    function save() {
        web.cancel(timer);
        timer = undefined;
        if (is_stored) {
            var there = queue._head(web, web._local._get(key));
            var stored = items.filter(function (item) { return item._saved; });
            if (there ? there.o !== owner : stored.length) {
                without(stored);
                header.u = 0;
                key = prefix + header.l + '.' + web.randomId();
            }
        }
        if (!items.length && !header.u) {
            if (is_stored) {
                web._local._remove(key);
            }
            is_stored = false;
            return;
        }
        header.h = web.now();
        var lines = [JSON.stringify(header)];
        for (var i = 0; i < items.length; i++) {
            lines.push((items[i]._receipt || '') + items[i]._text);
        }
        var is_kept = web._local._set(key, lines.join('\n'));
        is_stored = is_kept || is_stored;
        items.forEach(function (item) { item._saved = is_kept || item._saved; });
    }

    /** A burst is written once, and not at all when it is answered by then. */
    function saveSoon() {
        if (timer === undefined) {
            timer = web.later(save, SAVE_MS);
        }
    }

    function count(reason, n) {
        if (n) {
            header.d[reason] = (header.d[reason] || 0) + n;
            header.u += n;
        }
    }

    function without(gone) {
        var kept = [];
        total_bytes = 0;
        for (var i = 0; i < items.length; i++) {
            if (gone.indexOf(items[i]) < 0) {
                kept.push(items[i]);
                total_bytes += items[i]._bytes;
            }
        }
        items = kept;
    }

    function drop(gone, reason) {
        count(reason, gone.length);
        without(gone);
    }

    function expire() {
        while (items.length && web.now() - items[0]._time > MAX_AGE_MS) {
            drop([items[0]], 'expired');
        }
        while (total_bytes > MAX_BYTES) {
            total_bytes -= items.shift()._bytes;
            count('queue_full', 1);
        }
    }

    function add(text, time, receipt) {
        var item = {_text: text, _time: time, _bytes: size(text) + 1, _receipt: receipt};
        items.push(item);
        total_bytes += item._bytes;
        if (item._bytes > queue._maxEventBytes) {
            drop([item], 'too_big');
        }
    }

    return {
        _header: header,
        _size: size,
        _add: function (text, time) { add(text, time); expire(); saveSoon(); },
        /** Takes over stored lines, which may be damaged. */
        _restore: function (lines) {
            for (var i = 0; i < lines.length; i++) {
                var receipt = lines[i].split('{', 1)[0];
                var text = lines[i].slice(receipt.length);
                var event = web.attempt(JSON.parse.bind(JSON, text));
                if (event) {
                    add(text, event.created_at, receipt);
                } else {
                    count('damaged', 1);
                }
            }
            save();
        },
        /** The oldest items of at most max_bytes together, at least one. */
        _peek: function (max_bytes) {
            expire();
            var taken = [];
            for (var i = 0; i < items.length && taken.length < 500; i++) {
                max_bytes -= items[i]._bytes;
                if (max_bytes < 0 && taken.length) {
                    break;
                }
                taken.push(items[i]);
            }
            return taken;
        },
        _items: function () { return items; },
        /** Ids of beacons that carried some of them: what became of those is not known. */
        _receipts: function () {
            var ids = [];
            items.forEach(function (item) {
                if (item._receipt && ids.indexOf(item._receipt) < 0) {
                    ids.push(item._receipt);
                }
            });
            return ids.slice(0, 20);
        },
        /** Of the beacons asked for, the collector has these; what others carried is sent anew. */
        _answered: function (asked, have) {
            if (asked.length) {
                without(items.filter(function (item) { return have.indexOf(item._receipt) >= 0; }));
                items.forEach(function (item) {
                    item._receipt = asked.indexOf(item._receipt) < 0 ? item._receipt : '';
                });
                save();
            }
        },
        _pending: function () { return items.length > 0 || header.u > 0; },
        _count: function (reason, n) { count(reason, n); save(); },
        _drop: function (gone, reason) { drop(gone, reason); save(); },
        _remove: function (gone, reported) { header.u -= reported; without(gone); save(); },
        _beat: function () {
            if (items.length || header.u) {
                save();
            }
        },
        /** What still waits to be written is written now: the page goes away. */
        _settle: function () {
            if (timer !== undefined) {
                save();
            }
        },
        _forget: function () {
            web.cancel(timer);
            web._local._remove(key);
        }
    };
}
queue._maxEventBytes = 40960;
queue._maxStored = 524288;

/** The header in a stored text; undefined when there is none. */
queue._head = function (web, text) {
    var header = text && web.attempt(function () { return JSON.parse(text.split('\n', 1)[0]); });
    return header && header.l && header.d ? header : undefined;
};

/**
 * Queues of loads that stopped beating; taken over by beating for them. Of what is too much for the
 * site's own storage the oldest goes; `lost` is told how many events those were.
 */
queue._adopt = function (web, prefix, own_load_id, known, lost) {
    var stored = [];
    var room = queue._maxStored;
    web._local._keys().forEach(function (key) {
        var text = !key.indexOf(prefix) && web._local._get(key);
        var header = queue._head(web, text);
        if (header) {
            stored.push({_key: key, _text: text, _header: header});
        } else if (text) {
            web._local._remove(key);
        }
    });
    stored.sort(function (a, b) { return b._header.t - a._header.t; });
    return stored.map(function (one) {
        var header = one._header;
        room -= one._text.length + 4096;
        if (header.o === own_load_id || known[header.l] ||
            Math.abs(web.now() - header.h) <= 3e4) {
            return undefined;
        }
        var lines = one._text.split('\n').slice(1);
        if (room < 0) {
            web._local._remove(one._key);
            lost(lines.length + header.u);
            return undefined;
        }
        header.o = own_load_id;
        var adopted = queue(web, prefix, one._key, header);
        // Its key still names the load that slept.
        web._local._remove(one._key);
        adopted._restore(lines);
        return adopted;
    }).filter(Boolean).reverse();
};
