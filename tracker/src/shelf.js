/**
 * The queues that one page brings to the collector: its own comes first and to life with the first
 * event that may touch the device; then those of loads that stopped beating.
 * @param {ReturnType<typeof storage>} local
 * @param {string} prefix of the queues' keys
 * @param {Object} header of its own queue: load and drops, the rest is put in when that comes to life
 * @param {Object} config
 * @param {function()} wake   there is something of others to send
 */
function shelf(local, prefix, header, config, wake) {
    var ROOM = 65536;
    var list = [];
    var timer;

    function own() {
        if (!list[0]) {
            list[0] = queue(local, prefix, prefix + header.l,
                merge(header, {t: now(), b: config.bundle, c: context(config)}));
            beat();
        }
        return list[0];
    }

    /** The site's own need of room comes before ours. */
    function makeRoom() {
        if (!local._set(prefix, Array(ROOM + 1).join(' '))) {
            list.forEach(function (one) {
                one._remove(one._items().slice(0, one._items().length / 2 + 1), 'queue_full', 0, [], []);
            });
        }
        local._remove(prefix);
    }

    function beat() {
        list = list.filter(function (one, i) {
            one._beat();
            return !i || one._pending();
        });
        list = list.concat(local._looks(timer) ? adopt(local, prefix, list[0]) : []);
        if ((list[1] || list[0]._pending()) && local._keys()[0]) {
            makeRoom();
        }
        if (list[1]) {
            wake();
        }
        timer = later(beat, 1e4);
    }

    return {
        _own: own,
        _list: function () { return list; },
        _forget: function () {
            cancel(timer);
            list.forEach(function (one) { one._forget(); });
            list = [];
        }
    };
}
