/**
 * Module: clicks that leave the site or fetch a file, and pipes.trackLink(). Never waits.
 *     click outbound|download {target_url, target_id, data-pipes-*}
 * Of an address that is none of the web (mailto:, tel:) only the scheme is told.
 */
function links() {
    var FILE = /\.(pdf|zip|rar|7z|gz|tgz|dmg|exe|msi|pkg|apk|csv|xlsx?|docx?|pptx?|txt|mp[34]|mov|avi|wav|epub)$/i;

    return {name: 'links', start: function (core) {
        var web = core.browser;
        var doc = web.document;

        function target(link) {
            return /^http/.test(link.protocol) ? link.href : link.protocol;
        }

        /** A selector counts for elements that come later, too. */
        function listen(what, fn) {
            var selector = typeof what === 'string' && what;
            (selector ? [doc] : web.elements(what)).forEach(function (place) {
                function clicked(event) {
                    var node = selector ? web.hit(event, selector) : place;
                    if (node && !(event.button > 1)) {
                        fn(node);
                    }
                }
                core.listen(place, 'click', clicked);
                core.listen(place, 'auxclick', clicked);
            });
        }

        core.define('trackLink', function (what, name, properties) {
            listen(what, function (link) {
                core.emit('track', name, typeof properties === 'function' ?
                    properties(link) : properties || {target_url: target(link)});
                core.flush();
            });
        });
        listen('a[href],area[href]', function (link) {
            var is_file = link.hasAttribute('download') || FILE.test(link.pathname);
            var told = web.label(link).data;
            if (link.href.indexOf('javascript:') &&
                (is_file || link.hostname !== web.window.location.hostname)) {
                told.target_url = target(link);
                told.target_id = link.getAttribute('id') || undefined;
                core.emit('click', is_file ? 'download' : 'outbound', told);
                core.flush();
            }
        });
    }};
}
pipesModules.push(links());
