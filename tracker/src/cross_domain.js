/**
 * Module: a visitor who follows a link to another domain of yours stays the same one.
 *     options {hosts: ['blog.example']}      each with all its subdomains
 *
 * A link or form to one of these hosts gets `pipes_id=1.<id>.<created ms>.<now ms>` at the moment it is
 * followed, and loses it behind that, so that it is not copied. The page it leads to takes it out of its
 * address before anything reads that, and takes the id if it is well formed, comes from a listed host
 * (by the referrer) and is not older than two minutes: so a link somebody passes on makes nobody
 * somebody else. Who has an id already keeps it; an `alias` event then says that both are one.
 */
function cross_domain() {
    var NAME = 'pipes_id';
    var FRESH_MS = 12e4;
    var CARRIER = /([?&])pipes_id=([^&#]*)(&?)/;

    return {name: 'cross_domain', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var doc = web.document;
        var hosts = core.options.hosts || [];
        var arrived;

        /** One of yours, but another than this: no address at all is this one, for a link. */
        function isOther(host) {
            return host !== win.location.hostname && hosts.some(function (one) {
                return ('.' + host).slice(-one.length - 1) === '.' + one;
            });
        }

        /** The address as a link has it. */
        function parts(address) {
            var link = doc.createElement('a');
            link.href = address;
            return link;
        }

        function carried() {
            var id = core.id();
            return id && id + '.' + web.now();
        }

        function leadsAway(target) {
            return /^http/.test(target.protocol) && isOther(target.hostname) &&
                !CARRIER.test(target.href);
        }

        function withId(address) {
            var target = parts(address);
            var id = leadsAway(target) && carried();
            if (id) {
                target.search += (target.search ? '&' : '?') + NAME + '=' + id;
            }
            return id && target.href;
        }

        /** Not through the scope: a stop must not leave an id in the page. */
        function behind(fn) {
            win.setTimeout(web.fence(fn), 0);
        }

        /** Sets an attribute until what is going on has read it. */
        function lend(node, name, value) {
            var before = node.getAttribute(name);
            node.setAttribute(name, value);
            behind(function () { node.setAttribute(name, before); });
        }

        function followed(event) {
            var node = event.composedPath ? event.composedPath()[0] : event.target;
            while (node && !(node.matches && node.matches('a[href],area[href]'))) {
                node = node.parentNode || node.host;
            }
            var address = withId(node.href);
            if (address) {
                lend(node, 'href', address);
            }
        }

        function submitted(event) {
            var form = event.target;
            var action = form.getAttribute('action');
            var id = action && leadsAway(parts(action)) && carried();
            if (!id) {
                return;
            }
            if (/^post$/i.test(form.getAttribute('method'))) {
                return lend(form, 'action', withId(action));
            }
            // What is sent by GET has its own query: that of the action is dropped.
            var field = doc.createElement('input');
            field.type = 'hidden';
            field.name = NAME;
            field.value = id;
            form.appendChild(field);
            behind(function () { form.removeChild(field); });
        }

        function take() {
            var own = arrived && core.id(arrived);
            if (own && own !== arrived) {
                core.emit('alias', undefined, undefined, {previous_id: arrived.split('.')[1]});
            }
            arrived = own ? undefined : arrived;
        }

        /** Takes the parameter out of the address, whatever is in it. */
        function arrive() {
            var found = CARRIER.exec(web.url());
            var match = found && /^(1\.[\w-]{8,64}\.\d{1,15})\.(\d{1,15})$/.exec(found[2]);
            if (found) {
                win.history.replaceState(win.history.state, '', web.url().replace(CARRIER,
                    function (all, before, id, after) { return after ? before : ''; }));
            }
            if (match && isOther(parts(doc.referrer).hostname) &&
                Math.abs(web.now() - match[2]) < FRESH_MS) {
                arrived = match[1];
                take();
            }
        }

        // Behind the listeners of other modules, which tell of a link as it is in the page.
        core.later(function () {
            core.listen(doc, 'click', followed);
            core.listen(doc, 'auxclick', followed);
            core.listen(doc, 'submit', submitted);
        }, 0);
        core.on('consent', take);
        arrive();
    }};
}
pipesModules.push(cross_domain());
