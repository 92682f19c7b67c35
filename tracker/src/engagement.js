/**
 * Module: how long a view was before someone's eyes, and what was done meanwhile.
 *     engagement {engaged_ms, depth, scrolls, clicks, keys, touches, pointer_px}
 * All are totals of the view so far. Only time counts in which the page was visible and had the
 * focus. Sent when the page is left or the next view begins, if there is more than the last time.
 */
function engagement() {
    var FIRST_MS = 1000;
    var STEP_MS = 3000;
    /** A longer step is a machine that slept. */
    var STEP_MAX_MS = 5000;
    var GAIN_MS = 1000;

    return {name: 'engagement', start: function (core) {
        var web = core.browser;
        var doc = web.document;
        var last = web.elapsed();
        var sum, sent_ms, sent_depth, is_engaged, is_ticking, x, y;
        var pause_ms = FIRST_MS;

        function begin() {
            sum = {engaged_ms: 0, depth: 0, scrolls: 0, clicks: 0, keys: 0, touches: 0, pointer_px: 0};
            sent_ms = sent_depth = 0;
        }

        function look() {
            var page = doc.scrollingElement || doc.documentElement;
            sum.depth = Math.max(sum.depth, Math.min(100, Math.round(
                100 * (page.scrollTop + web.window.innerHeight) / page.scrollHeight) || 0));
        }

        /** Adds the time since the last step, if it was spent here. */
        function step() {
            var ms = web.elapsed() - last;
            last += ms;
            sum.engaged_ms += is_engaged && ms < STEP_MAX_MS ? ms : 0;
            is_engaged = doc.visibilityState !== 'hidden' && (!doc.hasFocus || doc.hasFocus());
            if (is_engaged && !is_ticking) {
                is_ticking = true;
                core.later(tick, pause_ms);
                pause_ms = STEP_MS;
            }
        }

        function tick() {
            is_ticking = false;
            step();
            look();
        }

        function send() {
            step();
            if (sum.engaged_ms >= sent_ms + GAIN_MS || sum.depth > sent_depth) {
                sent_ms = sum.engaged_ms;
                sent_depth = sum.depth;
                core.emit('engagement', undefined, sum);
            }
        }

        function count(type, key) {
            core.listen(doc, type, function () { sum[key]++; });
        }

        if (web.isInner()) {
            return; // its page has the view
        }
        begin();
        step();
        core.on('leave', send);
        core.on('view', function () {
            send();
            begin();
        });
        ['focus', 'blur'].forEach(function (type) { core.listen(web.window, type, step); });
        core.listen(doc, 'visibilitychange', step);
        count('click', 'clicks');
        count('keydown', 'keys');
        count('touchstart', 'touches');
        core.listen(doc, 'scroll', function (event) {
            if (event.target === doc) {
                sum.scrolls++;
                look();
            }
        });
        core.listen(doc, 'mousemove', function (event) {
            sum.pointer_px += Math.round(Math.abs(event.clientX - x) + Math.abs(event.clientY - y)) || 0;
            x = event.clientX;
            y = event.clientY;
        });
    }};
}
pipesModules.push(engagement());
