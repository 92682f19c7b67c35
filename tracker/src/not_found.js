/**
 * Module: pages that are not there.
 *     track page_not_found {status}
 * Known by <meta name="pipes-status" content="404">, by options.title, a regular expression that
 * the title matches, or by the answer's status, which WebKitGTK 2.50 does not tell a page.
 */
function notFound() {
    var SETTLE_MS = 500;

    return {name: 'not_found', start: function (core) {
        var web = core.browser;
        var is_first = true;
        var is_open;

        function look() {
            var meta = web.elements('meta[name="pipes-status"]')[0];
            var title = core.options.title;
            var status = +(meta ? meta.getAttribute('content') : is_first && web.attempt(function () {
                return web.window.performance.getEntriesByType('navigation')[0].responseStatus;
            }));
            var is_missing = status === 404 || status === 410;
            if (is_open && (is_missing || title && RegExp(title, 'i').test(web.document.title))) {
                core.emit('track', 'page_not_found', {status: is_missing ? status : undefined});
            }
            is_open = is_first = false; // later views are not of that answer
        }

        function begin() {
            is_open = true;
            core.later(look, SETTLE_MS);
        }

        begin();
        core.on('leave', look);
        core.on('view', begin);
    }};
}
pipesModules.push(notFound());
