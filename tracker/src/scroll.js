/**
 * Module: how far down a page was seen.
 *     engagement scroll {depth: 25|50|75|90|100}, each once a view
 * A page that needs no scrolling is 100 when it is loaded.
 */
function scroll() {
    var SHORT_MS = 1000;
    var FRAME_MS = 50;

    return {name: 'scroll', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var doc = web.document;
        var left, is_asked;

        /** One pixel more: zoomed pages end in fractions. */
        function depth() {
            var page = doc.scrollingElement || doc.documentElement;
            return 100 * (page.scrollTop + win.innerHeight + 1) / page.scrollHeight;
        }

        function look() {
            var seen = depth();
            is_asked = false;
            while (left[0] <= seen) {
                core.emit('engagement', 'scroll', {depth: left.shift()});
            }
        }

        function lookForShort() {
            if (doc.readyState === 'loading') {
                core.later(lookForShort, SHORT_MS);
            } else if (left[4] && depth() >= 100) {
                left = [100];
                look();
            }
        }

        function begin() {
            left = [25, 50, 75, 90, 100];
            core.later(lookForShort, SHORT_MS);
        }

        if (web.isInner()) {
            return; // its page has the view
        }
        begin();
        core.on('view', begin);
        core.listen(doc, 'scroll', function () {
            if (!is_asked) {
                is_asked = true;
                if (win.requestAnimationFrame) {
                    win.requestAnimationFrame(web.fence(look));
                } else {
                    core.later(look, FRAME_MS);
                }
            }
        });
    }};
}
pipesModules.push(scroll());
