/**
 * Module: clicks that show that something is wrong. Each name at most 20 times a view.
 *     click rage {path, tag, id, name, x, y, count, duration_ms, data-pipes-*}
 *     click dead {path, tag, id, name, x, y, data-pipes-*}
 *
 * Rage is three clicks or more within a second on one place (30 px, and the same path), and all
 * that follow with less than a second between; told when they have ended. Left out is what has
 * data-pipes-repeat on or around it, fields and their labels, players, sliders and drawings, and
 * clicks that select a text which does not look clickable.
 *
 * A click is dead if what was clicked looks clickable (a link, a button, or the pointer says so)
 * and nothing came of it for 2.5 s: no change of the DOM, the address, a field, the focus, the
 * window or the selected text, no scrolling, playing, printing, copying, submitting or leaving.
 * A link that the browser follows by itself is never dead; one that a script has stopped may be.
 * One click is watched at a time: those that follow meanwhile are no dead ones of their own.
 * What happens in a shadow tree cannot be seen from here, so nothing in one is called dead.
 *
 * Only plain clicks of a pointer count, not those of keys or scripts, which have no detail. The
 * numbers are those most tools agree on; longer waits find slow answers rather than none.
 */
function frustration() {
    var MAX_PER_VIEW = 20;
    var SPAN_MS = 1000;
    var SPAN_PX = 30;
    var RAGE_CLICKS = 3;
    var WAIT_MS = 2500;
    /** The focus that moves so soon after the pointer was pressed is nobody's answer. */
    var PRESS_MS = 50;
    // Some pages have <body onclick=""> to make old phones show what is touched.
    var CLICKABLE = 'a,button,summary,[role=button],[onclick]:not(body),' +
        '[type=submit],[type=button]';
    var FIELDS = 'input,textarea,select';
    var BUSY = FIELDS + ',label,video,audio,canvas,[role=slider],[role=spinbutton]';
    var SIGNS = 'mousedown focus blur scroll resize submit invalid toggle play copy ' +
        'beforeprint beforeunload';

    return {name: 'frustration', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var undo = [];
        /** Of the burst that goes on, whose first click is told. */
        var times = [];
        var burst, cancel, left, waiting, before, pressed_ms, watcher;

        function around(node, selector) {
            while (node && !(node.matches && node.matches(selector))) {
                node = node.parentNode || node.host;
            }
            return node;
        }

        function selected() {
            return '' + win.getSelection();
        }

        /** What changes without the DOM; only compared. */
        function state() {
            return web.url() + selected() + web.elements(FIELDS).map(function (field) {
                return field.value + field.checked;
            });
        }

        function about(node, event) {
            var label = web.label(node);
            var told = label.data;
            told.path = label.path;
            told.tag = node.tagName.toLowerCase();
            told.id = node.getAttribute('id') || undefined;
            told.name = label.name;
            told.x = Math.round(event.pageX);
            told.y = Math.round(event.pageY);
            return told;
        }

        function tell(name, told) {
            if (left[name]-- > 0) {
                core.emit('click', name, told);
            }
        }

        function endBurst() {
            if (times.length >= RAGE_CLICKS) {
                burst.count = times.length;
                burst.duration_ms = times.pop() - times[0];
                tell('rage', burst);
            }
            times = [];
        }

        function addToBurst(told) {
            var now = web.elapsed();
            if (times.length) {
                cancel();
                if (burst.path !== told.path || Math.abs(burst.x - told.x) > SPAN_PX ||
                    Math.abs(burst.y - told.y) > SPAN_PX) {
                    endBurst();
                }
            }
            while (times.length < RAGE_CLICKS && now - times[0] > SPAN_MS) {
                times.shift();
            }
            burst = times.length ? burst : told;
            times.push(now);
            cancel = core.later(endBurst, SPAN_MS);
        }

        function calm() {
            watcher && watcher.disconnect();
            waiting = 0;
            undo.forEach(function (fn) { fn(); });
            undo = [];
        }

        function sign(event) {
            if (event.type === 'mousedown') {
                pressed_ms = web.elapsed();
            } else if (!(web.elapsed() - pressed_ms < PRESS_MS)) {
                calm();
            }
        }

        /** Throws, into the listener's fence, where there is no observer: then nothing is dead. */
        function watch() {
            watcher = new win.MutationObserver(calm);
            watcher.observe(web.document, {childList: true, attributes: true, characterData: true,
                subtree: true});
            // Not core.listen(), which would remember each of them until the end.
            undo = SIGNS.split(' ').map(function (type) { return web.listen(win, type, sign); });
        }

        /** The browser itself goes where it leads, later or in another window. */
        function isFollowed(link, event) {
            return link && !event.defaultPrevented && link.href.indexOf('javascript:') &&
                link.href.indexOf(web.url().split('#')[0] + '#');
        }

        function judge(told, event) {
            if (told === waiting) {
                calm();
                if (before === state() && !isFollowed(around(event.target, 'a[href]'), event)) {
                    tell('dead', told);
                }
            }
        }

        function wait(told, event) {
            if (!waiting) {
                watch();
                waiting = told;
                core.later(function () { judge(told, event); }, WAIT_MS);
            }
            if (waiting.path === told.path) {
                // Anew: the second click of two may have selected a word.
                before = state();
            }
        }

        function clicked(event) {
            var target = event.composedPath ? event.composedPath()[0] : event.target;
            if (!event.detail || event.button || event.ctrlKey || event.metaKey || event.shiftKey ||
                target.isContentEditable ||
                !target.matches(CLICKABLE) && around(target, BUSY)) {
                return;
            }
            var node = around(target, CLICKABLE) ||
                win.getComputedStyle(target).cursor === 'pointer' && target;
            var told = about(node || target, event);
            if (!('repeat' in told) && (node || !selected())) {
                addToBurst(told);
            }
            if (node && target === event.target && left.dead) {
                wait(about(node, event), event);
            }
        }

        function end() {
            endBurst();
            calm();
        }

        function begin() {
            end();
            left = {rage: MAX_PER_VIEW, dead: MAX_PER_VIEW};
        }

        begin();
        core.on('view', begin);
        core.on('leave', end);
        core.listen(win, 'click', clicked);
        return {stop: calm};
    }};
}
pipesModules.push(frustration());
