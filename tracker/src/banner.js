/**
 * Module: hears the consent banner of the page and says pipes.consent() for it. Until one has spoken
 * consent is pending (unless the configuration says otherwise); 'denied' is said only when the
 * visitor refused. The first source that is on the page has the word, also while it is silent.
 *     options {source: the only one to ask,
 *              purposes: of TCF that must all be agreed to, [1, 8]: to store, to measure content,
 *              group: the banner's own name for what we do, where it is not the one below}
 *
 * What is asked, and where it is documented:
 * - tcf: the visitor's own word is in tcloaded and useractioncomplete; cmpuishown is none yet.
 *   IAB Tech Lab, "CMP API v2", addEventListener and TCData.
 * - cookiebot: consent.statistics once consented or declined. cookiebot.com/en/developer. Before its
 *   script runs, the name is that of the script's element.
 * - onetrust: OnetrustActiveGroups. The event comes with each load, so a group that is missing is a
 *   refusal only when the alert box is closed. developer.onetrust.com, "Web CMP Events Guide".
 * - cookieyes: getCkyConsent(). cookieyes.com/documentation, "Retrieving Consent Data". Where another
 *   law than the GDPR is active, a category is on until it is refused.
 * - complianz: cmplz_has_consent(); its cookie says deny after a refusal. complianz.io,
 *   "Developers guide for third party integrations".
 * - didomi: getCurrentUserStatus(). developers.didomi.io, "Web SDK", events and reference.
 * - klaro: the service as it was applied, not as its switch stands. klaro.org/docs/api/js_api.
 * - google: Consent Mode's commands in dataLayer. developers.google.com/tag-platform, "Set up consent
 *   mode on websites". A default is no word of the visitor: one that is denied, of some region or
 *   with wait_for_update leaves consent pending.
 */
function banner() {
    /** Each look waits a quarter longer than the one before, first 250 ms: eleven in ten seconds. */
    var FIRST_MS = 200;
    var SLOWER = 1.25;
    var LAST_MS = 2000;

    return {name: 'banner', always: true, start: function (core) {
        var web = core.browser;
        var win = web.window;
        var options = core.options;
        var group = options.group;
        var purposes = options.purposes || [1, 8];
        var heard = [];
        var pause, cancel, said, tcf, by_default, updated;

        function verdict(is_on, has_answered) {
            return !has_answered || is_on === undefined ? 'pending' : is_on ? 'granted' : 'denied';
        }

        /** Begins to listen to each object once; one that took another's place is another one. */
        function hear(owner, begin) {
            if (heard.indexOf(owner) < 0) {
                heard.push(owner);
                begin();
            }
        }

        function onTcf(data, success) {
            if (success) {
                if (data.gdprApplies === false) {
                    tcf = 'granted';
                } else if (/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) {
                    tcf = verdict(purposes.every(function (id) {
                        return data.purpose.consents[id];
                    }), true);
                }
                look();
            }
        }

        function onCommand(entry) {
            var set = entry[0] === 'consent' && entry[2];
            var is_on = set.analytics_storage === 'granted';
            if (!set.analytics_storage) {
                return;
            }
            if (entry[1] === 'update') {
                updated = verdict(is_on, true);
            } else {
                by_default = verdict(is_on, is_on && by_default !== 'pending' && !set.region &&
                    !set.wait_for_update);
            }
        }

        function readLayer(entries) {
            [].forEach.call(entries, web.fence(onCommand));
        }

        /** By precedence: what is in window when the banner is there, and what to ask of it. */
        var SOURCES = [
            {_name: 'tcf', _global: '__tcfapi', _ask: function (api) {
                hear(api, function () { api('addEventListener', 2, web.fence(onTcf)); });
                return tcf || 'pending';
            }},
            {_name: 'cookiebot', _global: 'Cookiebot', _ask: function (bot) {
                return verdict(bot.consent[group || 'statistics'], bot.consented || bot.declined);
            }, _events: ['CookiebotOnAccept', 'CookiebotOnDecline']},
            {_name: 'onetrust', _global: 'OneTrust', _ask: function (trust) {
                var is_on = win.OnetrustActiveGroups.split(',').indexOf(group || 'C0002') >= 0;
                return verdict(is_on, is_on || trust.IsAlertBoxClosed());
            }, _events: ['OneTrustGroupsUpdated']},
            {_name: 'cookieyes', _global: 'getCkyConsent', _ask: function (get) {
                var told = get();
                var is_on = told.categories[group || 'analytics'];
                return verdict(is_on,
                    told.isUserActionCompleted || is_on && told.activeLaw !== 'gdpr');
            }, _events: ['cookieyes_consent_update']},
            {_name: 'complianz', _global: 'cmplz_has_consent', _ask: function (has) {
                var name = group || 'statistics';
                var is_on = has(name);
                return verdict(is_on, is_on || win.cmplz_get_cookie(name) === 'deny');
            }, _events: ['cmplz_status_change']},
            {_name: 'didomi', _global: 'Didomi', _ask: function (didomi) {
                hear(didomi, function () {
                    (win.didomiEventListeners = win.didomiEventListeners || []).push(
                        {event: 'consent.changed', listener: watch});
                });
                return didomi.isConsentRequired() ? verdict(didomi.getCurrentUserStatus()
                    .purposes[group || 'measure_content_performance'].enabled,
                !didomi.shouldUserStatusBeCollected()) : 'granted';
            }},
            {_name: 'klaro', _global: 'klaro', _ask: function (klaro) {
                var manager = klaro.getManager();
                hear(manager, function () { manager.watch({update: watch}); });
                return verdict(manager.states[group || 'pipes'], manager.confirmed);
            }},
            {_name: 'google', _global: 'dataLayer', _ask: function (layer) {
                hear(layer, function () {
                    var push = layer.push;
                    layer.push = push && function () {
                        var result = push.apply(this, arguments);
                        readLayer(arguments);
                        look();
                        return result;
                    };
                    readLayer(layer);
                });
                return updated || by_default;
            }}
        ];

        function look() {
            var now, by;
            SOURCES.some(function (source) {
                var there = win[source._global];
                now = there && (options.source || source._name) === source._name &&
                    // One that fails is there, and has not spoken.
                    web.attempt(function () { return source._ask(there); }, 'pending');
                by = source._name;
                return now;
            });
            if (now && now !== 'pending' && now !== said) {
                core.consent(said = now, {source: by});
            }
        }

        function tick() {
            look();
            if (pause < LAST_MS) {
                cancel = core.later(tick, pause *= SLOWER);
            }
        }

        /** Looks for a while: a banner may come late, and may say that it changed before it has. */
        function watch() {
            if (cancel) {
                cancel();
            }
            pause = FIRST_MS;
            tick();
        }

        if (!core.config.consent) {
            core.consent('pending');
        }
        SOURCES.forEach(function (source) {
            (source._events || []).forEach(function (type) { core.listen(win, type, watch); });
        });
        watch();
    }};
}
pipesModules.push(banner());
