var EVENT_BYTES_MAX = 40960;
var STORED_MAX = 524288;

/**
 * The events of one page load that no collector has answered for yet, mirrored in localStorage
 * under a key of their own. First line: a header; then one event per line, behind the id of the
 * beacon that carried it, if one did. An event leaves by _remove (accepted, the collector
 * has its beacon, or counted under a reason) or drop (counted), by nothing else.
 *
 * Header: h heartbeat, l load id, o load id of who writes it, b bundle, c context, k skew, d drops by
 * reason (total of the load), u drops not yet reported.
 *
 * A page that sleeps (a tab in the background, the back-forward cache) does not beat, and another one
 * takes its queue over. When it wakes up it sees that by `o` (or because all is gone), forgets what it
 * had stored, and goes on under another key.
 * @param {ReturnType<typeof storage>} local
 * @param {string} prefix of the keys
 * @param {string} key
 * @param {{h:number,l:string,o:string,b:string,c:Object,k:number,d:Object,u:number}} header
 */
function queue(local, prefix, key, header) {
    var MAX_BYTES = 262144;
    var MAX_AGE_MS = 6048e5;
    var SAVE_MS = 1e3;
    var owner = header.o;
    var items = [];
    var is_stored, timer;

    function isPending() {
        return items[0] || header.u > 0;
    }

    /** Whoever woke up and finds its queue taken over forgets what it had stored. */
    function lookAfter() {
        var there = is_stored && headOf(local._get(key));
        var stored = items.filter(function (item) { return item._saved; });
        if (there ? there.o !== owner : stored.length) {
            without(stored);
            header.u = 0;
            key = prefix + header.l + '.' + randomId();
        }
    }

    function save() {
        var is_kept;
        cancel(timer);
        timer = 0;
        lookAfter();
        if (isPending()) {
            header.h = now();
            is_kept = local._set(key, [JSON.stringify(header)].concat(items.map(function (item) {
                return item._receipt + item._text;
            })).join('\n'));
            if (is_kept) {
                is_stored = is_kept;
                local._mark(is_kept);
            }
            items.forEach(function (item) { item._saved = is_kept || item._saved; });
        } else {
            if (is_stored) {
                local._remove(key);
            }
            is_stored = 0;
        }
    }

    function without(gone) {
        items = items.filter(function (item) { return gone.indexOf(item) < 0; });
    }

    function drop(gone, reason) {
        without(gone);
        count(header, reason, gone.length);
    }

    function expire() {
        drop(items.filter(function (item) { return now() - item._time > MAX_AGE_MS; }), 'expired');
        while (weigh(items) > MAX_BYTES) {
            drop([items[0]], 'queue_full');
        }
    }

    function add(text, time, receipt) {
        var item = {_text: text, _time: time, _bytes: bytesOf(text) + 1, _receipt: receipt};
        items.push(item);
        if (item._bytes > EVENT_BYTES_MAX) {
            drop([item], 'too_big');
        }
    }

    return {
        _header: header,
        _add: function (text, time) {
            add(text, time, '');
            expire();
            // A burst is written once, and not at all when it is answered by then.
            timer = timer || later(save, SAVE_MS);
        },
        /** Takes over stored lines, which may be damaged. */
        _restore: function (lines) {
            lines.forEach(function (line) {
                var receipt = line.split('{', 1)[0];
                var text = line.slice(receipt.length);
                var event = attempt(JSON.parse.bind(JSON, text));
                if (event) {
                    add(text, event.created_at, receipt);
                } else {
                    count(header, 'damaged', 1);
                }
            });
            save();
        },
        /** The oldest items of at most max_bytes together, at least one. */
        _peek: function (max_bytes) {
            lookAfter();
            expire();
            return fit(items, max_bytes);
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
        _pending: isPending,
        /**
         * These go, for this reason if they are lost; so many losses are known now. Of the beacons asked
         * for the collector has those; what the others carried is sent anew.
         */
        _remove: function (gone, reason, reported, asked, have) {
            header.u -= reported;
            drop(gone, reason);
            items = items.filter(function (item) {
                var stays = have.indexOf(item._receipt) < 0;
                if (asked.indexOf(item._receipt) >= 0) {
                    item._receipt = '';
                }
                return stays;
            });
            save();
        },
        _beat: function () {
            if (isPending()) {
                save();
            }
        },
        /** What still waits to be written is written now: the page goes away, or nobody answers. */
        _settle: function () {
            if (timer) {
                save();
            }
        },
        _forget: function () {
            cancel(timer);
            local._remove(key);
        }
    };
}
/** So many were lost: told with the next batch of that load. */
function count(header, reason, n) {
    if (reason && n) {
        header.d[reason] = (header.d[reason] || 0) + n;
        header.u += n;
        say('dropped ' + n + ': ' + reason);
    }
}

/** Upper bound of the UTF-8 length (a surrogate pair counts six instead of four). */
function bytesOf(text) {
    return text.replace(/[\x80-\u07ff]/g, '..').replace(/[\u0800-\uffff]/g, '...').length;
}

function weigh(items) {
    return items.reduce(function (sum, item) { return sum + item._bytes; }, 0);
}

/** The first items of at most max_bytes together, at least one. */
function fit(items, max_bytes) {
    return items.filter(function (item, i) {
        max_bytes -= item._bytes;
        return i < 500 && (max_bytes >= 0 || !i);
    });
}

/** The header in a stored text; undefined when there is none. */
function headOf(text) {
    var header = text && attempt(function () { return JSON.parse(text.split('\n', 1)[0]); });
    return header && header.l && header.d ? header : undefined;
}

/**
 * Queues of loads that stopped beating; taken over by beating for them. Of what is too much for the
 * site's own storage the oldest goes, and is counted in `own`.
 */
function adopt(local, prefix, own) {
    var owner = own._header.l;
    var stored = [];
    var room = STORED_MAX;
    local._keys().forEach(function (key) {
        var text = !key.indexOf(prefix) && local._get(key);
        var header = headOf(text);
        if (header) {
            stored.push({_key: key, _text: text, _header: header});
        } else if (text) {
            local._remove(key);
        }
    });
    if (!stored[0]) {
        local._mark();
    }
    stored.sort(function (a, b) { return b._header.t - a._header.t; });
    return stored.filter(function (one) {
        var header = one._header;
        room -= one._text.length + 4096;
        if (header.o === owner || Math.abs(now() - header.h) <= 3e4) {
            return false;
        }
        one._lines = one._text.split('\n').slice(1);
        // Its key still names the load that slept.
        local._remove(one._key);
        if (room < 0) {
            count(own._header, 'adopted_full', one._lines.length + header.u);
            own._beat();
        }
        return room >= 0;
    }).map(function (one) {
        one._header.o = owner;
        var adopted = queue(local, prefix, one._key, one._header);
        adopted._restore(one._lines);
        return adopted;
    }).reverse();
}
