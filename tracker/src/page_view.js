/** Module: one page event per real navigation, in-page ones included. */
function pageView() {
    return {name: 'page_view', start: function (core) {
        var web = core.browser;
        var history = web.window.history;
        var doc = web.document;
        var undo = [];
        var last, timer, cause;

        /** The address that makes a page: an anchor does not, a hash route (#/ or #!) does. */
        function place() {
            return web.url().replace(/#(?![\/!]).*$/, '');
        }

        function send() {
            timer = undefined;
            if (place() !== last) {
                last = place();
                core.emit('page', undefined, {navigation: cause});
            }
        }

        /** Waits one turn: routers set the title after the address, and redirect at once. */
        function moved(kind) {
            return function () {
                if (!timer && last !== undefined) {
                    cause = kind;
                    timer = web.later(send, 0);
                }
            };
        }

        function first() {
            cause = 'load';
            send();
        }

        undo.push(web.wrap(history, 'pushState', moved('push')),
            web.wrap(history, 'replaceState', moved('replace')),
            web.listen(web.window, 'popstate', moved('pop')),
            web.listen(web.window, 'hashchange', moved('hash')),
            web.listen(web.window, 'pageshow', function (event) {
                if (event.persisted) {
                    last = '';
                    cause = 'restore';
                    send();
                }
            }),
            function () { web.cancel(timer); });
        if (doc.prerendering) {
            undo.push(web.listen(doc, 'prerenderingchange', first));
        } else {
            first();
        }
        return {stop: function () { undo.forEach(function (fn) { fn(); }); }};
    }};
}
pipesModules.push(pageView());
