/**
 * Module: which campaign brought the visitor first and last. A landing page with utm_ parameters or
 * an advertiser's click id (its kind only, never the id) changes the user properties first_campaign
 * (once) and last_campaign, and begins a session: so this is told before the page, which belongs to that
 * session, too. The campaign of the page itself is read from its url by the collector.
 */
function campaign() {
    var UTM = ['source', 'medium', 'campaign', 'term', 'content', 'id'];
    var CLICKS = ['gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'twclid',
        'li_fat_id', 'yclid'];
    var TEXT_MAX = 256;

    return {name: 'campaign', start: function (core) {
        var web = core.browser;

        function parameters() {
            var found = {};
            (web.url().split('#')[0].split('?')[1] || '').split('&').forEach(function (pair) {
                var at = pair.indexOf('=');
                if (at > 0) {
                    found[pair.slice(0, at)] = web.attempt(function () {
                        return decodeURIComponent(pair.slice(at + 1).replace(/\+/g, ' '))
                            .slice(0, TEXT_MAX);
                    });
                }
            });
            return found;
        }

        function read() {
            var given = parameters();
            var made = {};
            var any = false;
            UTM.forEach(function (name) {
                if (given['utm_' + name]) {
                    made[name] = given['utm_' + name];
                    any = true;
                }
            });
            CLICKS.forEach(function (name) {
                if (given[name] && !made.click_id_kind) {
                    made.click_id_kind = name;
                    any = true;
                }
            });
            return any ? made : undefined;
        }

        function note() {
            var touch = read();
            // A reload, or the way back, is no new touch.
            if (touch && JSON.stringify(touch) !== JSON.stringify(core.store())) {
                core.store(touch);
                core.renew();
                core.emit('identify', undefined, undefined, {user_properties: {
                    $once: {first_campaign: touch}, $set: {last_campaign: touch}
                }});
            }
        }

        note();
    }};
}
pipesModules.push(campaign());
