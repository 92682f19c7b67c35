/**
 * Module: which tab of the browser an event was made in, as `tab_id`; nothing where the storage mode
 * may keep nothing, or the browser has no sessionStorage.
 */
function tab() {
    return {name: 'tab', always: 'quiet', start: function (core) {
        var web = core.browser;
        var mode = core.config.storage;
        var name = 'pipes_tab' + core.suffix;
        var id;

        function store() {
            return web.window.sessionStorage;
        }

        function forget() {
            id = undefined;
            web.attempt(function () { store().removeItem(name); });
        }

        function look() {
            return id || (id = web.attempt(function () {
                var found = store().getItem(name);
                if (!found) {
                    store().setItem(name, found = web.randomId());
                }
                return found;
            }));
        }

        if (mode !== 'memory' && mode !== 'none') {
            core.on('event', function (event) { event.tab_id = look(); });
        }
        // Also where nothing is made: an earlier page may have kept one.
        core.on('reset', forget);
        core.on('disable', forget);
    }};
}
pipesModules.push(tab());
