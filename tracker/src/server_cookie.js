/**
 * Module: the collector sets the cookie again (option server-cookie). The core asks; here is seen to it
 * that an answer which was on its way does not bring back an id after reset() or a refusal.
 */
function server_cookie() {
    return {name: 'server_cookie', always: 'quiet', start: function (core) {
        var config = core.config;
        var web = core.browser;
        // The ids that were, as a pattern; its first part fits nowhere.
        var gone = '^';
        var last;

        /** The next id is there before a late answer: nobody takes the old one from the jar. */
        function forget() {
            if (last) {
                gone += '|' + last;
            }
            last = core.id();
        }

        if (config.credentials) {
            core.on('event', function () { last = core.id(); });
            core.on('reset', forget);
            core.on('disable', forget);
            core.on('answer', function () {
                var back = RegExp('([^ ;]+)=(' + gone + ')').exec(web.document.cookie);
                if (back) {
                    web.document.cookie = back[1] + '=; path=/; max-age=0' +
                        (config.domain ? '; domain=' + config.domain : '');
                    core.id(last);
                }
            });
        }
    }};
}

pipesModules.push(server_cookie());
