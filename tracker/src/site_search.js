/**
 * Module: searches within the site, known by a parameter of the address.
 *     track site_search {term: with options.terms, results: the number in options.results}
 * options.parameters are the names looked for; a search that goes on (its next pages) is told once.
 */
function siteSearch() {
    var SETTLE_MS = 500;
    var NAMES = ['q', 'query', 's', 'search', 'k', 'keyword'];

    return {name: 'site_search', start: function (core) {
        var web = core.browser;
        var options = core.options;
        var term, is_open;

        function read() {
            var found;
            web.url().replace(/[?&]([^=&#]+)=([^&#]+)/g, function (all, name, value) {
                if (!found && (options.parameters || NAMES).indexOf(name) >= 0) {
                    found = web.attempt(function () {
                        return decodeURIComponent(value.replace(/\+/g, ' ')).trim();
                    }, value);
                }
            });
            return found;
        }

        function tell() {
            if (is_open) {
                is_open = false;
                var place = web.elements(options.results)[0];
                var digits = place && /\d[\d.,'\s]*/.exec(place.textContent);
                core.emit('track', 'site_search', {term: options.terms === true ? term : undefined,
                    results: digits ? +digits[0].replace(/\D/g, '') : undefined});
            }
        }

        function begin() {
            tell();
            var before = term;
            term = read();
            is_open = term && term !== before;
            core.later(tell, SETTLE_MS);
        }

        begin();
        core.on('view', begin);
        core.on('leave', tell);
    }};
}
pipesModules.push(siteSearch());
