/* Consent banners, each as its documentation has it, from the first look to a change of mind. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

/** What a visitor does at a banner, in these words. */
const WORDS = {granted: true, denied: false};

/**
 * The banners: `put(page)` places one that has not been answered and returns say(granted), the
 * visitor's answer. `broken` is one of which every question throws.
 */
const BANNERS = {
    tcf: {
        put(page, {gdprApplies = true} = {}) {
            const listeners = [];
            const data = (eventStatus, is_on) => ({gdprApplies, eventStatus,
                purpose: {consents: is_on ? {1: true, 7: true, 8: true} : {1: true, 7: true}}});
            let last = ['cmpuishown', true];
            page.win.__tcfapi = (command, version, callback) => {
                assert.deepEqual([command, version], ['addEventListener', 2]);
                listeners.push(callback);
                callback(data(...last), true);
            };
            return (is_on) => {
                last = ['useractioncomplete', is_on];
                listeners.forEach((fn) => fn(data('cmpuishown', !is_on), true));
                listeners.forEach((fn) => fn(data(...last), true));
            };
        },
        broken: (win, fail) => { win.__tcfapi = fail; }
    },
    cookiebot: {
        put(page) {
            const bot = page.win.Cookiebot = {consent: {necessary: true, statistics: false},
                consented: false, declined: false};
            return (is_on) => {
                Object.assign(bot, {consented: is_on, declined: !is_on});
                bot.consent.statistics = is_on;
                page.win.fire(is_on ? 'CookiebotOnAccept' : 'CookiebotOnDecline');
            };
        },
        // Before its script runs, the name is that of the script's element.
        broken: (win) => { win.Cookiebot = {tagName: 'SCRIPT'}; }
    },
    onetrust: {
        put(page) {
            let is_closed = false;
            Object.assign(page.win, {OnetrustActiveGroups: ',C0001,',
                OneTrust: {IsAlertBoxClosed: () => is_closed}});
            page.win.fire('OneTrustGroupsUpdated');
            return (is_on) => {
                page.win.OnetrustActiveGroups = is_on ? ',C0001,C0002,' : ',C0001,C00021,';
                page.win.fire('OneTrustGroupsUpdated');
                is_closed = true; // a moment behind its event
            };
        },
        broken: (win) => { win.OneTrust = {geolocationResponse: {}}; }
    },
    cookieyes: {
        put(page, {activeLaw = 'gdpr'} = {}) {
            const told = {activeLaw, isUserActionCompleted: false,
                categories: {necessary: true, analytics: activeLaw !== 'gdpr'}};
            page.win.getCkyConsent = () => told;
            return (is_on) => {
                told.isUserActionCompleted = true;
                told.categories.analytics = is_on;
                page.win.fire('cookieyes_consent_update');
            };
        },
        broken: (win, fail) => { win.getCkyConsent = fail; }
    },
    complianz: {
        put(page) {
            let cookie = '';
            Object.assign(page.win, {
                cmplz_has_consent: (name) => name === 'statistics' && cookie === 'allow',
                cmplz_get_cookie: (name) => name === 'statistics' ? cookie : ''
            });
            return (is_on) => {
                cookie = is_on ? 'allow' : 'deny';
                page.win.fire('cmplz_status_change');
            };
        },
        broken: (win, fail) => { win.cmplz_has_consent = fail; }
    },
    didomi: {
        put(page, {required = true} = {}) {
            let answer;
            page.win.Didomi = {
                isConsentRequired: () => required,
                shouldUserStatusBeCollected: () => answer === undefined,
                getCurrentUserStatus: () => ({purposes: {cookies: {enabled: true},
                    measure_content_performance: {enabled: Boolean(answer)}}})
            };
            return (is_on) => {
                answer = is_on;
                (page.win.didomiEventListeners || []).forEach((one) => {
                    assert.equal(one.event, 'consent.changed');
                    one.listener();
                });
            };
        },
        broken: (win, fail) => { win.Didomi = {isConsentRequired: fail}; }
    },
    klaro: {
        put(page) {
            const watchers = new Set();
            const manager = {confirmed: false, states: {pipes: false},
                watch: (one) => watchers.add(one)};
            page.win.klaro = {getManager: () => manager};
            return (is_on) => {
                manager.confirmed = true;
                manager.states.pipes = is_on;
                watchers.forEach((one) => one.update(manager, 'applyConsents', {}));
            };
        },
        broken: (win, fail) => { win.klaro = {getManager: fail}; }
    },
    google: {
        put(page) {
            const layer = page.win.dataLayer = page.win.dataLayer || [];
            function gtag() { layer.push(arguments); }
            gtag('js', new Date());
            gtag('consent', 'default', {analytics_storage: 'denied', wait_for_update: 500});
            return (is_on) => {
                const state = is_on ? 'granted' : 'denied';
                layer.push({event: 'chosen'}, null);
                gtag('consent', 'update', {ad_storage: 'granted'});
                gtag('consent', 'update', {ad_storage: 'denied', analytics_storage: state});
            };
        },
        broken: (win, fail) => {
            win.dataLayer = Object.defineProperty({}, 'push', {get: fail});
        }
    }
};

/** A page with the module; `put(page)` runs before the tracker and its result is `page.say`. */
function opened(options = {}, put = () => undefined) {
    const page = openPage({...options, modules: ['banner', ...options.modules || []],
        prepare: (made) => { made.say = put(made); }});
    page.state = () => page.pipes.get('consent');
    return page;
}

function nothingLeft(page) {
    assert.deepEqual([...page.local.keys()], []);
    assert.deepEqual([...page.cookies.keys()], []);
    assert.equal(page.win.sessionStorage.length, 0);
}

/** Sends what there is; the names of what was told, and when. */
async function sent(page) {
    page.pipes.flush();
    await page.settle();
    return page.requests.length ?
        (await page.answer(200)).events.map((event) => [event.name, event.created_at]) : [];
}

for (const [name, {put, broken}] of Object.entries(BANNERS)) {
    test(`${name}: what waited is sent after a yes, nothing is kept before`, async () => {
        const page = opened({}, put);
        page.pipes.track('early');
        const early = page.now;
        await page.pass(30000);
        assert.equal(page.state(), 'pending');
        assert.equal(page.requests.length + page.beacons.length, 0);
        assert.deepEqual(page.cookie_writes, []);
        nothingLeft(page);
        page.say(true);
        await page.pass(600);
        assert.equal(page.state(), 'granted');
        assert.deepEqual(await sent(page), [['early', early]]);
    });

    test(`${name}: what waited is dropped when the visitor refuses`, async () => {
        const page = opened({}, put);
        page.pipes.track('early');
        page.say(false);
        await page.pass(600);
        assert.equal(page.state(), 'denied');
        page.pipes.track('late');
        await page.pass(60000);
        assert.equal(page.requests.length + page.beacons.length, 0);
        nothingLeft(page);
    });

    test(`${name}: whoever changes their mind is heard, both ways`, async () => {
        const page = opened({}, put);
        for (const word of ['granted', 'denied', 'granted', 'denied']) {
            await page.pass(30000);
            page.say(WORDS[word]);
            await page.pass(600);
            assert.equal(page.state(), word);
            page.pipes.track(word);
            assert.equal((await sent(page)).length, WORDS[word] ? 1 : 0);
        }
        nothingLeft(page);
    });

    test(`${name}: an answer of an earlier visit counts from the beginning`, () => {
        for (const [word, is_on] of Object.entries(WORDS)) {
            const page = opened({}, (made) => put(made)(is_on));
            assert.equal(page.state(), word);
        }
    });

    test(`${name}: a banner that comes late is found, and then heard`, async () => {
        const page = opened();
        page.pipes.track('early');
        await page.pass(9000);
        const say = put(page);
        await page.pass(60000);
        assert.equal(page.state(), 'pending');
        say(true);
        await page.pass(600);
        assert.equal(page.state(), 'granted');
        assert.equal((await sent(page)).length, 1);
    });

    test(`${name}: one that fails harms nothing, and is heard later on`, async () => {
        const page = opened({}, (made) => broken(made.win, () => { throw new Error('broken'); }));
        page.pipes.track('early');
        await page.pass(1000);
        assert.equal(page.state(), 'pending');
        if (name === 'google') { delete page.win.dataLayer; }
        put(page)(true);
        await page.pass(600);
        assert.equal(page.state(), 'granted');
    });

    test(`${name}: a browser that said no stays out, whatever its visitor clicks`, async () => {
        for (const browser of [{navigator: {doNotTrack: '1'}},
            {navigator: {globalPrivacyControl: true}},
            {cookies: new Map([['pipes_disabled', '1']])}]) {
            const page = opened(browser, put);
            const kept = [...page.cookies];
            page.pipes.track('early');
            page.say(true);
            page.pipes.track('late');
            await page.pass(60000);
            assert.equal(page.pipes.get('enabled'), false);
            assert.equal(page.requests.length + page.beacons.length, 0);
            assert.deepEqual([[...page.cookies], page.local.size], [kept, 0]);
        }
    });
}

test('without a banner consent stays pending, and the looking ends', async () => {
    const page = opened();
    await page.pass(11000);
    assert.equal(page.state(), 'pending');
    assert.equal(page.timers.length, 0);
    BANNERS.cookieyes.put(page);
    await page.pass(60000);
    page.win.fire('cookieyes_consent_update');
    assert.equal(page.timers.length, 1);
    await page.pass(11000);
    assert.equal(page.timers.length, 0, 'and so it does after each event');
});

test('many events of a banner are one looking', async () => {
    const page = opened({}, BANNERS.cookiebot.put);
    for (let i = 0; i < 5; i++) {
        page.say(true);
    }
    const asked = page.timers.filter((timer) => timer.due === page.now + 250);
    assert.equal(asked.length, 1);
});

test('what the configuration says of consent holds until a banner speaks', () => {
    for (const consent of ['granted', 'denied', 'pending']) {
        const page = opened({config: {consent}}, BANNERS.cookiebot.put);
        assert.equal(page.state(), consent);
        page.say(consent !== 'granted');
        assert.equal(page.state(), consent === 'granted' ? 'denied' : 'granted');
    }
});

test('an opt-out is not undone by a banner, and after enable() its word holds', async () => {
    const page = opened({}, BANNERS.tcf.put);
    page.say(true);
    page.pipes.disable();
    page.say(false);
    page.say(true);
    page.pipes.track('out');
    await page.pass(60000);
    assert.deepEqual([page.requests.length, page.local.size], [0, 0]);
    page.pipes.enable();
    page.pipes.track('in');
    assert.deepEqual((await sent(page)).map(([name]) => name), ['in']);
});

test('what the page says itself holds until the banner says something new', () => {
    const page = opened({}, BANNERS.cookiebot.put);
    page.say(true);
    page.pipes.consent('denied');
    page.say(true);
    assert.equal(page.state(), 'denied');
    page.say(false);
    page.say(true);
    assert.equal(page.state(), 'granted');
});

const ORDER = Object.keys(BANNERS);

test('the first of several has the word, also while it is silent', async () => {
    for (let i = 1; i < ORDER.length; i++) {
        const page = opened({}, (made) => {
            const first = BANNERS[ORDER[i - 1]].put(made);
            const second = BANNERS[ORDER[i]].put(made);
            return {first, second};
        });
        page.say.second(true);
        await page.pass(11000);
        assert.equal(page.state(), 'pending', `${ORDER[i]} beside ${ORDER[i - 1]}`);
        page.say.first(false);
        await page.pass(600);
        assert.equal(page.state(), 'denied', ORDER[i - 1]);
    }
});

test('the configuration names the one that has the word', async () => {
    for (const source of ORDER) {
        const page = opened({config: {banner: {source}}}, (made) => {
            ORDER.forEach((name) => { made[name] = BANNERS[name].put(made); });
        });
        ORDER.filter((name) => name !== source).forEach((other) => page[other](false));
        await page.pass(600);
        assert.equal(page.state(), 'pending', source);
        page[source](true);
        await page.pass(600);
        assert.equal(page.state(), 'granted', source);
    }
});

test('tcf: where the GDPR does not apply, nobody is asked', () => {
    const page = opened({}, (made) => BANNERS.tcf.put(made, {gdprApplies: false}));
    assert.equal(page.state(), 'granted');
});

test('tcf: the site says which purposes it needs', () => {
    for (const [purposes, word] of [[[7], 'granted'], [[1, 7], 'granted'], [[8], 'denied'],
        [[1, 9], 'denied']]) {
        const page = opened({config: {banner: {purposes}}}, BANNERS.tcf.put);
        page.say(false); // to 8, and to all that was not asked
        assert.equal(page.state(), word, purposes);
    }
});

test('tcf: a call that did not succeed, or has no purposes, says nothing', () => {
    const page = opened({}, (made) => {
        made.win.__tcfapi = (command, version, callback) => { made.tell = callback; };
    });
    const told = {gdprApplies: true, eventStatus: 'tcloaded', purpose: {consents: {}}};
    page.tell(told, false);
    page.tell(null, true);
    page.tell({...told, purpose: undefined}, true);
    assert.equal(page.state(), 'pending');
    page.tell(told, true);
    assert.equal(page.state(), 'denied');
});

test('tcf: what takes the place of the stub is listened to, once', async () => {
    let count = 0;
    const api = () => () => { count++; };
    const page = opened({}, (made) => { made.win.__tcfapi = api(); });
    await page.pass(1000);
    assert.equal(count, 1);
    page.win.__tcfapi = api();
    await page.pass(1000);
    assert.equal(count, 2);
});

test('another name for what we do is asked for', async () => {
    const told = {onetrust: (win) => {
        win.OneTrust = {IsAlertBoxClosed: () => true};
        win.OnetrustActiveGroups = ',C0001,mine,';
    }, cookiebot: (win) => {
        win.Cookiebot = {consented: true, consent: {statistics: false, mine: true}};
    }, cookieyes: (win) => {
        win.getCkyConsent = () => ({isUserActionCompleted: true, activeLaw: 'gdpr',
            categories: {analytics: false, mine: true}});
    }, complianz: (win) => {
        win.cmplz_has_consent = (name) => name === 'mine';
        win.cmplz_get_cookie = (name) => name === 'mine' ? 'allow' : 'deny';
    }, didomi: (win) => {
        win.Didomi = {isConsentRequired: () => true, shouldUserStatusBeCollected: () => false,
            getCurrentUserStatus: () => ({purposes: {mine: {enabled: true}}})};
    }, klaro: (win) => {
        win.klaro = {getManager: () => ({confirmed: true, watch() {},
            states: {pipes: false, mine: true}})};
    }};
    for (const [name, put] of Object.entries(told)) {
        const page = opened({config: {banner: {group: 'mine'}}}, (made) => put(made.win));
        assert.equal(page.state(), 'granted', name);
        const other = opened({config: {banner: {group: 'yours'}}}, (made) => put(made.win));
        assert.notEqual(other.state(), 'granted', name);
    }
});

test('a banner that does not know our group has not heard a refusal', () => {
    const page = opened({config: {banner: {group: 'none'}}}, BANNERS.cookieyes.put);
    page.say(false);
    assert.equal(page.state(), 'pending');
});

test('a visitor whose law lets the banner collect until they refuse is collected', async () => {
    const page = opened({}, (made) => BANNERS.cookieyes.put(made, {activeLaw: 'ccpa'}));
    assert.equal(page.state(), 'granted');
    page.say(false);
    assert.equal(page.state(), 'denied');
    const trust = opened({}, (made) => {
        made.win.OneTrust = {IsAlertBoxClosed: () => false};
        made.win.OnetrustActiveGroups = ',C0001,C0002,';
    });
    assert.equal(trust.state(), 'granted');
    const didomi = opened({}, (made) => BANNERS.didomi.put(made, {required: false}));
    assert.equal(didomi.state(), 'granted');
});

test('cookieyes: a category that is switched on beforehand is no consent', () => {
    const page = opened({}, (made) => {
        made.win.getCkyConsent = () => ({activeLaw: 'gdpr', isUserActionCompleted: false,
            categories: {analytics: true}});
    });
    assert.equal(page.state(), 'pending');
});

/** The state after these defaults, and the page. */
function withDefaults(...settings) {
    return opened({}, (made) => {
        made.win.dataLayer = settings.map((one) => ['consent', 'default', one]);
    });
}

test('google: a default lets collect only where none holds it back', () => {
    const granted = {analytics_storage: 'granted'};
    const denied = {analytics_storage: 'denied'};
    for (const [settings, state] of [
        [[granted], 'granted'], [[denied], 'pending'], [[granted, denied], 'pending'],
        [[denied, granted], 'pending'], [[{...granted, region: ['US']}], 'pending'],
        [[{...granted, wait_for_update: 500}], 'pending'],
        [[granted, {...denied, region: ['DE']}], 'pending'], [[{ad_storage: 'granted'}], 'pending']
    ]) {
        assert.equal(withDefaults(...settings).state(), state, JSON.stringify(settings));
    }
});

test('google: the word of the visitor holds, whatever is a default later', () => {
    const page = withDefaults({analytics_storage: 'denied'});
    page.win.dataLayer.push(['consent', 'update', {analytics_storage: 'granted'}]);
    page.win.dataLayer.push(['consent', 'default', {analytics_storage: 'denied'}]);
    assert.equal(page.state(), 'granted');
});

test('google: the page sees its push as it was, also after another took its place', async () => {
    const page = opened({}, (made) => { made.win.dataLayer = []; });
    assert.equal(page.win.dataLayer.push('a', 'b'), 2);
    page.win.dataLayer = [];
    await page.pass(300);
    page.win.dataLayer.push(['consent', 'update', {analytics_storage: 'granted'}]);
    assert.equal(page.win.dataLayer.length, 1);
    assert.equal(page.state(), 'granted');
});

test('a data layer without consent mode leaves the word to others', async () => {
    const page = opened({}, (made) => { made.win.dataLayer = [{event: 'gtm.js'}, null, 7]; });
    await page.pass(1000);
    assert.equal(page.state(), 'pending');
    BANNERS.klaro.put(page)(true);
    await page.pass(600);
    assert.equal(page.state(), 'granted');
});

test('an instance beside the first hears the banner, too', () => {
    const page = opened({}, BANNERS.cookiebot.put);
    const other = page.pipes.create({site: 'blog'});
    assert.equal(other.get('consent'), 'pending');
    page.say(true);
    assert.deepEqual([page.state(), other.get('consent')], ['granted', 'granted']);
});

test('other modules begin while consent is pending, and what they told waits', async () => {
    const page = opened({modules: ['page_view']}, BANNERS.onetrust.put);
    await page.pass(5000);
    page.say(true);
    await page.pass(600);
    page.pipes.flush();
    await page.settle();
    const [view] = (await page.answer(200)).events;
    assert.deepEqual([view.type, view.created_at, view.consent],
        ['page', 1.7e12, {state: 'granted', source: 'onetrust', state_when_made: 'pending'}]);
});

test('google: what is named like a data layer and takes nothing is left as it is', () => {
    const page = opened({}, (made) => { made.win.dataLayer = {length: 0}; });
    assert.equal(page.win.dataLayer.push, undefined);
    assert.equal(page.state(), 'pending');
});

test('google: other commands that bear the same word are not heard', () => {
    const page = opened({}, (made) => {
        made.win.dataLayer = [['set', 'update', {analytics_storage: 'granted'}],
            {0: 'event', 1: 'default', 2: {analytics_storage: 'granted'}}];
    });
    assert.equal(page.state(), 'pending');
});

test('onetrust: the place of the group in the list is of no account', () => {
    for (const list of ['C0002', 'C0002,C0001', ',C0001,C0002']) {
        const page = opened({}, (made) => {
            Object.assign(made.win, {OnetrustActiveGroups: list, OneTrust: {}});
        });
        assert.equal(page.state(), 'granted', list);
    }
});

test('cookieyes: a category that is off beforehand, under whatever law, is no refusal', () => {
    const page = opened({}, (made) => {
        made.win.getCkyConsent = () => ({activeLaw: 'ccpa', isUserActionCompleted: false,
            categories: {analytics: false}});
    });
    assert.equal(page.state(), 'pending');
});

test('didomi: who else listens goes on listening', () => {
    const other = {event: 'consent.changed', listener() {}};
    const page = opened({}, (made) => {
        made.win.didomiEventListeners = [other];
        BANNERS.didomi.put(made);
    });
    assert.deepEqual([page.win.didomiEventListeners.length, page.win.didomiEventListeners[0]],
        [2, other]);
});
