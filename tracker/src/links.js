/** Module: clicks that leave the site or fetch a file, and pipes.trackLink(). Never waits. */
function links() {
    var FILE = /\.(pdf|zip|rar|7z|gz|tgz|dmg|exe|msi|pkg|apk|csv|xlsx?|docx?|pptx?|txt|mp[34]|mov|avi|wav|epub)$/i;

    return {name: 'links', start: function (core) {
        var web = core.browser;
        var undo = [];

        function anchorOf(node) {
            while (node && !(node.href && /^a(rea)?$/i.test(node.tagName))) {
                node = node.parentNode;
            }
            return node;
        }

        function clicked(event) {
            var link = event.button > 1 ? null : anchorOf(event.target);
            if (!link || !/^https?:$/.test(link.protocol)) {
                return;
            }
            var is_file = link.hasAttribute('download') || FILE.test(link.pathname);
            if (is_file || link.hostname !== web.window.location.hostname) {
                core.emit('click', is_file ? 'download' : 'outbound',
                    {target_url: link.href, target_id: link.id || undefined});
                core.flush();
            }
        }

        core.define('trackLink', function (what, name, properties) {
            web.elements(what).forEach(function (link) {
                undo.push(web.listen(link, 'click', function () {
                    core.emit('track', name, typeof properties === 'function' ?
                        properties(link) : properties || {target_url: link.href});
                    core.flush();
                }));
            });
        });
        undo.push(web.listen(web.document, 'click', clicked),
            web.listen(web.document, 'auxclick', clicked),
            function () { core.define('trackLink', function () {}); });
        return {stop: function () { undo.forEach(function (fn) { fn(); }); }};
    }};
}
pipesModules.push(links());
