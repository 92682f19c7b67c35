/**
 * Module: how far down a page was seen.
 *     engagement scroll {depth: 25|50|75|90|100}, each once a view
 * Told only where it was scrolled; what a page shows unscrolled is in `depth` of its engagement.
 */
function scroll() {
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

        function begin() {
            left = [25, 50, 75, 90, 100];
        }

        if (web.isInner()) {
            return; // its page has the view
        }
        begin();
        core.on('view', begin);
        core.listen(doc, 'scroll', function (event) {
            if (event.target === doc && !is_asked) {
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
