/**
 * Module: which campaign brought the visitor first and last. A landing page with utm_ parameters or
 * an advertiser's click id (its kind only, never the id) changes the user properties first_campaign
 * (once) and last_campaign, and begins a session: so this is told before the page, which belongs to that
 * session, too; when consent is given later, before all that waited for it. The campaign of the page itself is read from its url by the collector.
 */
function campaign() {
    /** Of two kinds of click id the first counts. */
    var NAMES = ('utm_source utm_medium utm_campaign utm_term utm_content utm_id ' +
        'gclid gbraid wbraid dclid fbclid msclkid ttclid twclid li_fat_id yclid').split(' ');
    var TEXT_MAX = 256;
    var NONE = '{}';

    return {name: 'campaign', start: function (core) {
        var web = core.browser;

        var query = web.url().split('#')[0].split('?')[1];
        var touch = {};

        NAMES.forEach(function (name) {
            var value = (('&' + query).split('&' + name + '=')[1] || '').split('&')[0];
            var key = name.split('utm_')[1];
            if (value) {
                touch[key || 'click_id_kind'] = key ? web.attempt(function () {
                    return decodeURIComponent(value.replace(/\+/g, ' ')).slice(0, TEXT_MAX);
                }) : touch.click_id_kind || name;
            }
        });

        /** Not before the device may be asked: a reload, or the way back, is no new touch. */
        function note(consent) {
            if (consent === 'granted' && text !== NONE && text !== JSON.stringify(core.store())) {
                text = NONE;
                // Where it cannot be kept each reload would begin one.
                if (core.store(touch)) {
                    core.renew();
                }
                core.emit('identify', undefined, undefined, {user_properties: {
                    $once: {first_campaign: touch}, $set: {last_campaign: touch}
                }});
            }
        }

        var text = JSON.stringify(touch);
        core.on('consent', note);
        note(core.get('consent') || 'granted');
    }};
}
pipesModules.push(campaign());
