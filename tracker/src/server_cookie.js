/**
 * Module: the collector sets the cookie again (option server-cookie). The core asks; here is seen to it
 * that an answer which was on its way does not bring back an id after reset() or a refusal.
 */
function server_cookie() {
    return {name: 'server_cookie', always: 'quiet', start: function (core) {
        var config = core.config;
        var web = core.browser;
        var last, gone;

        /** The next id is there before a late answer: nobody takes the old one from the jar. */
        function forget() {
            gone = last || gone;
            last = core.id();
        }

        if (config.credentials) {
            core.on('event', function () { last = core.id(); });
            core.on('reset', forget);
            core.on('disable', forget);
            core.on('answer', function () {
                var before = gone && web.document.cookie.split('=' + gone);
                if (before && before[1] !== undefined) {
                    web.document.cookie = before[0].split('; ').pop() + '=; path=/; max-age=0' +
                        (config.domain ? '; domain=' + config.domain : '');
                    core.id(last);
                }
            });
        }
    }};
}

pipesModules.push(server_cookie());
