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
 * left. An unknown propensity stays away. Clicks are joined by list_id.
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

        function attribute(node, name) {
            return node && node.getAttribute ? node.getAttribute(PREFIX + name) : null;
        }

        function said(list, key) {
            return list._given[key] || attribute(list._node, key) || undefined;
        }

        function find(all, node) {
            return all.filter(function (one) { return one._node === node; })[0];
        }

        function around(node, name) {
            return !node || attribute(node, name) !== null ? node : around(node.parentNode, name);
        }

        function listOf(node, given) {
            var list = node && find(lists, node);
            if (!list) {
                list = {_node: node, _count: 0, _given: {}, _items: []};
                lists.push(list);
            }
            if (given) {
                list._given = given;
                list._items = web.elements(given.items).slice(0, GIVEN_MAX);
            }
            list._id = list._given.list_id || attribute(node, 'list-id') || list._id ||
                web.randomId();
            return list;
        }

        function add(list, id, node) {
            var given = list._items.filter(function (one) {
                return '' + one.id === id;
            })[0] || {};
            function told(key, otherwise) {
                var value = given[key] === undefined ? attribute(node, key) : given[key];
                return value === null || value === '' || !isFinite(value) ? otherwise : +value;
            }
            var item = {
                _node: node, _list: list, _dwell: 0, _out: {
                    id: id,
                    position: told('position', list._count++),
                    propensity: told('propensity')
                }
            };
            shown.push(item);
            if (node && seer) {
                seer.observe(node);
            } else {
                count(item);
            }
        }

        function count(item) {
            item._counted = true;
            if (!is_waiting) {
                is_waiting = true;
                core.later(function () {
                    is_waiting = false;
                    send();
                }, BATCH_MS);
            }
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

        /** @param {boolean=} all   also what was sent before and has been seen for longer since */
        function send(all) {
            if (all) {
                shown.forEach(tick);
            }
            lists.forEach(function (list) {
                var items = shown.filter(function (item) {
                    return item._list === list && item._counted && (item._told === undefined ||
                        all && item._dwell > item._told + GAIN_MS);
                });
                while (items[0]) {
                    core.emit('impression', said(list, 'list'), {
                        list_id: list._id,
                        policy: said(list, 'policy'),
                        items: items.splice(0, ITEMS_MAX).map(function (item) {
                            item._told = all ? item._dwell : 0;
                            // The event holds a copy.
                            item._out.dwell_ms = all && item._dwell || undefined;
                            return item._out;
                        })
                    });
                    if (!all && items[0]) {
                        return count(items[0]);
                    }
                }
            });
        }

        /** Takes in what is new, and what a recycled node has become. */
        function scan() {
            web.elements('[' + PREFIX + 'item]').forEach(function (node) {
                var id = attribute(node, 'item');
                var known = find(shown, node);
                var list = around(node, 'list');
                if (known && known._out.id !== id) {
                    known._in = known._node = 0;
                    tick(known);
                    seer && seer.unobserve(node);
                    known = 0;
                }
                if (!known && list && !around(node, 'ignore')) {
                    add(listOf(list), id, node);
                }
            });
        }

        function again() {
            lists.forEach(function (list) { list._count = 0; });
            shown = [];
            if (seer) {
                seer.disconnect();
            }
            core.later(scan, 0);
        }

        web.attempt(function () {
            seer = new win.IntersectionObserver(web.fence(function (entries) {
                entries.forEach(function (entry) {
                    var item = find(shown, entry.target);
                    var is_in = entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >
                        (entry.rootBounds ? entry.rootBounds.height : win.innerHeight) / 2;
                    if (item && item._in !== is_in) {
                        item._in = is_in;
                        tick(item);
                    }
                });
            }), {threshold: [0, 0.1, 0.2, 0.3, 0.5]});
        });
        web.attempt(function () {
            watcher = new win.MutationObserver(web.fence(scan));
            watcher.observe(doc, {childList: true, subtree: true, attributeFilter: [PREFIX + 'item']});
        });
        core.listen(doc, 'visibilitychange', function () { shown.forEach(tick); });
        core.listen(doc, 'click', function (event) {
            var node = around(event.target, 'item');
            scan();
            var item = find(shown, node);
            if (item) {
                core.emit('click', 'item', {list_id: item._list._id, item_id: item._out.id,
                    position: item._out.position});
                core.flush();
            }
        });
        core.on('leave', function () { send(true); });
        core.on('view', function () {
            send(true);
            again();
        });
        core.define('impressions', function (what, given) {
            var list = listOf(web.elements(what)[0], given);
            scan();
            list._items.forEach(function (item) {
                if (!shown.some(function (one) {
                    return one._list === list && one._out.id === '' + item.id;
                })) {
                    add(list, '' + item.id);
                }
            });
        });
        scan();
        return {stop: function () {
            [watcher, seer].forEach(function (one) {
                if (one) {
                    one.disconnect();
                }
            });
        }};
    }};
}
pipesModules.push(impressions());
