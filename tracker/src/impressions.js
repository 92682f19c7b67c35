/**
 * Module: which items of which list a visitor saw, where, and which were clicked.
 *
 *     <ul data-pipes-list="similar" data-pipes-policy="v7">      (data-pipes-list-id: the site's own)
 *       <li data-pipes-item="fern" data-pipes-propensity="0.2">  (data-pipes-position: else counted)
 *
 * pipes.impressions(element or selector, {list, policy, list_id, items: [{id, position, propensity}]})
 * says the same of a list without markup: its items count as shown if no element has their id.
 * Positions count from 0. An item was seen when half of it, or of the viewport if that is less, was
 * visible for a second. A list is sent at most once a second, and with dwell times when the view is
 * left. An unknown propensity stays away. Clicks are joined by list_id. Items are those of their
 * list's id, and keep position and time when a script draws them, or all of their list, anew.
 */
function impressions() {
    var PREFIX = 'data-pipes-';
    var SEEN_MS = 1000;
    var BATCH_MS = 1000;
    /** Leaving is often told twice, with a moment between. */
    var GAIN_MS = 500;
    var ITEMS_MAX = 100;
    /** Each is looked for among the others. */
    var GIVEN_MAX = 1000;

    return {name: 'impressions', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var doc = web.document;
        var lists = [];
        var shown = [];
        var is_waiting, seer, watcher;
        /** The items of this view by list and id, and the name under which an element has its own. */
        var known, mark;

        function around(node, name) {
            return !node || attribute(node, name) !== null ? node : around(node.parentNode, name);
        }

        /** What is drawn anew stays the item that it was; `before` is what the node was until now. */
        function add(list, id, node, before) {
            var key = list._id + id;
            var item = known[key];
            var given;

            function told(key, otherwise) {
                return [given[key], attribute(node, key)].map(parseFloat).concat(otherwise)
                    .filter(isFinite)[0];
            }

            if (item && !node) {
                return;
            }
            if (!item || around(item._node, 'list') === list._node) {
                given = list._items.filter(function (one) { return '' + one.id === id; })[0] || {};
                item = known[key] = {_list: list, _dwell: 0, _out: {id: id,
                    position: told('position', list._count++), propensity: told('propensity')}};
                shown.push(item);
            }
            if (node) {
                // It runs no longer for what the node, or in what node this one, was before.
                [before, item].forEach(function (one) {
                    one._in = one._node = 0;
                    tick(one);
                });
                item._node = node;
                node[mark] = item;
            }
            if (node && seer) {
                seer.unobserve(node);
                seer.observe(node);
            } else {
                count(item);
            }
        }

        /** Takes in what is new, and what a recycled node has become. */
        function scan() {
            web.elements('[' + PREFIX + 'item]').forEach(function (node) {
                var id = attribute(node, 'item');
                var before = node[mark] || {_out: 0};
                var list = around(node, 'list');
                if (list && !around(node, 'ignore') && before._out.id !== id) {
                    add(listOf(list), id, node, before);
                }
            });
        }

        function listOf(node, given) {
            var list = node && lists.filter(function (one) { return one._node === node; })[0];
            if (!list) {
                list = {_node: node, _count: 0};
                lists.push(list);
                given = given || {};
            }
            if (given) {
                list._given = given;
                list._items = web.elements(given.items).slice(0, GIVEN_MAX);
            }
            list._id = list._given.list_id || attribute(node, 'list-id') || list._id ||
                web.randomId();
            return list;
        }

        function count(item) {
            item._counted = true;
            is_waiting = is_waiting || core.later(function () {
                is_waiting = 0;
                send(true);
            }, BATCH_MS);
        }

        function said(list, key) {
            return list._given[key] || attribute(list._node, key) || undefined;
        }

        /** The clock of an item runs while it is in view and the tab is not hidden. */
        function tick(item) {
            var now = web.elapsed();
            if (item._since) {
                item._dwell += now - item._since;
                item._cancel();
            }
            item._since = item._in && !doc.hidden && now;
            if (item._since) {
                item._cancel = core.later(function () { count(item); }, SEEN_MS);
            }
        }

        function clicked(event) {
            scan();
            var item = (around(event.target, 'item') || 0)[mark];
            if (item && !(event.button > 1)) {
                core.emit('click', 'item', {list_id: item._list._id, item_id: item._out.id,
                    position: item._out.position});
                core.flush();
            }
        }

        function again() {
            send();
            lists.forEach(function (list) { list._count = 0; });
            shown = [];
            known = {};
            mark = web.randomId();
            if (seer) {
                seer.disconnect();
            }
            scan();
        }

        /** @param {boolean=} is_first   not what was sent before, but has been seen for longer since */
        function send(is_first) {
            if (!is_first) {
                shown.forEach(tick);
            }
            lists.forEach(function (list) {
                var items = shown.filter(function (item) {
                    return item._list === list && item._counted &&
                        !(item._told + (is_first ? 1 / 0 : GAIN_MS) >= item._dwell);
                });
                while (items[0]) {
                    core.emit('impression', said(list, 'list'), {
                        list_id: list._id,
                        policy: said(list, 'policy'),
                        items: items.splice(0, ITEMS_MAX).map(function (item) {
                            item._told = is_first ? 0 : item._dwell;
                            // The event holds a copy.
                            item._out.dwell_ms = item._told || undefined;
                            return item._out;
                        })
                    });
                }
            });
        }

        function attribute(node, name) {
            return node && node.getAttribute ? node.getAttribute(PREFIX + name) : null;
        }

        web.attempt(function () {
            seer = new win.IntersectionObserver(web.fence(function (entries) {
                entries.forEach(function (entry) {
                    var item = entry.target[mark];
                    var is_in = entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >
                        win.innerHeight / 2;
                    if (item && item._in !== is_in) {
                        item._in = is_in;
                        tick(item);
                    }
                });
            }), {threshold: [0, 0.1, 0.3, 0.5]});
            watcher = new win.MutationObserver(web.fence(scan));
            watcher.observe(doc, {childList: true, subtree: true, attributeFilter: [PREFIX + 'item']});
        });
        core.listen(doc, 'visibilitychange', function () { shown.forEach(tick); });
        core.listen(doc, 'click', clicked);
        core.listen(doc, 'auxclick', clicked);
        core.on('leave', send);
        core.on('view', again);
        core.define('impressions', function (what, given) {
            var list = listOf(web.elements(what)[0], given);
            scan();
            list._items.forEach(function (item) {
                add(list, '' + item.id);
            });
        });
        again();
        return {stop: function () {
            seer.disconnect();
            watcher.disconnect();
        }};
    }};
}
pipesModules.push(impressions());
