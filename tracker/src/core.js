/**
 * The tracker's core: the public calls, the events made from them, and who may send.
 *
 * What modules get is described in scope.js.
 *
 * @param {Object} config
 * @param {Array<{name: string, start: Function, always: boolean}>} modules
 * @param {Object=} api   where the calls are put: window.pipes, but for another instance
 */
function core(config, modules, api) {
    var MAX_HELD = 200;
    /** A page that tells without end: so many at once, then one in each of these times. */
    var BURST = 100;
    var PACE_MS = 100;
    var SLICE_MS = 5;
    var load_id = randomId();
    var suffix = nameOf('.', config.site, 'main') +
        nameOf('+', config.environment, 'production');
    // No site's names begin as those of another do: shop_x is none of shop's.
    var ending = suffix.replace(/_/g, '%5f') + '_';
    var prefix = 'pipes_queue' + ending;
    var data_prefix = 'pipes_data' + ending;
    var local = storage(/^(memory|none)$/.test(config.storage));
    var identity = ids(local, config, suffix);
    var header = {l: load_id, o: load_id, d: {}, u: 0};
    var queues = shelf(local, prefix, header, config, function () { sender._wake(1000); });
    var consent = config.consent;
    var hooks = {};
    /** What create() made, by what was asked for. */
    var instances = {};
    var undo = [];
    var face = {};
    var held = [];
    var seq = 0;
    var left = BURST;
    var left_at = now();
    var unhook = now;
    var running = false;
    var page_referrer = window.document.referrer;
    var at, page_view_id, page_url, sender, pack, agreement, is_out, is_erasing;

    config.endpoint = config.endpoint || scriptOrigin() + '/e';
    api = api || (window.pipes = window.pipes || {});
    if (api.begun) {
        return;
    }
    api.begun = 1;

    /** What names on the device end with, but for the one that needs nothing. No part has a + in it. */
    function nameOf(sign, part, plain_one) {
        return part && part !== plain_one ? sign + encodeURIComponent(part) : '';
    }

    function mayKeep() {
        return running && consent !== 'pending' && consent !== 'denied';
    }

    function tell(hook, value, more) {
        return !(hooks[hook] || []).filter(function (fn) {
            return fn(value, more) === false;
        })[0];
    }

    function on(hook, fn) {
        var safe = fence(fn);
        hooks[hook] = (hooks[hook] || []).concat([safe]);
        return function () {
            hooks[hook] = hooks[hook].filter(function (other) { return other !== safe; });
        };
    }

    /** When the page said what is being done: what waited for the start is older than now. */
    function time() {
        return at || now();
    }

    /** Are there too many already? */
    function isTooMuch() {
        left = Math.min(BURST, left + Math.max(0, now() - left_at) / PACE_MS);
        left_at = now();
        return left < 1 || held.length >= MAX_HELD || !left--;
    }

    /**
     * Gives ids and number and puts the event where only an answer removes it.
     * @param {string=} waited   the consent in which it was made, if that is not what holds now
     */
    function enqueue(event, waited) {
        // A hook, or what a hook heard before, may have refused.
        if (!mayKeep()) {
            return;
        }
        var own = queues._own();
        var who = identity._touch();
        var key = {identify: 'user_id', group: 'group_id'}[event.type];
        var user;
        if (event[key]) {
            identity._setUser(key, event[key]);
        }
        user = identity._user();
        event = merge(event, {
            anonymous_id: who._id, user_id: user.user_id, group_id: user.group_id,
            session_id: who._session, session_index: who._index,
            consent: consent ?
                merge(merge({}, agreement), {state: consent, state_when_made: waited}) : undefined
        }, true);
        // What a hook made of it may be frozen, or no JSON any more: then it never had a number.
        var line = tell('event', event) && running && attempt(function () {
            event = merge({seq: seq + 1}, event, true);
            delete event.toJSON;
            return JSON.stringify(event);
        });
        if (!line) {
            return count(header, 'hook', 1);
        }
        seq++;
        say(event);
        own._add(line, event.created_at);
        // What is told while it starts goes in one request.
        if (!parts[0]) {
            sender._wake(seq > 1 ? 500 : 0);
        }
    }

    function emit(type, name, props, extra) {
        if (!running || isRefused()) {
            return say(type + ': not collecting');
        }
        if (isTooMuch()) {
            return count(header, 'too_many', 1);
        }
        // Nobody may ever see this page. The modules that wait, too, began to listen before.
        if (window.document.prerendering) {
            return listen(window.document, 'prerenderingchange', emit.bind(0, type, name,
                properties(props), merge({created_at: time()}, extra)));
        }
        if (type === 'page' || type === 'screen') {
            tell('view');
            page_referrer = page_url || page_referrer;
            page_url = address();
            page_view_id = randomId();
        }
        var event = merge({
            type: type, name: name, created_at: time(),
            is_test: config.is_test || debugging === 'test' || undefined,
            page_view_id: page_view_id, url: address(), title: window.document.title,
            referrer: page_referrer,
            properties: properties(props) || {}
        }, extra);
        merge(event, {since_load_ms: Math.max(0, elapsed() + event.created_at - now())}, true);
        event.user_properties = properties(event.user_properties);
        ['name', 'user_id', 'group_id', 'previous_id'].forEach(function (key) {
            event[key] = text(event[key]);
        });
        ['name', 'url', 'referrer', 'title', 'target_url'].forEach(function (key) {
            event[key] = scrub(event[key]);
        });
        tell('make', event);
        if (consent !== 'pending') {
            enqueue(event);
        } else {
            held.push(enqueue.bind(0, event, consent));
            say(type + ': pending');
        }
    }

    /** page([name], [properties]) and screen alike; what is mounted twice at once is one view. */
    function view(type) {
        var last, begun;
        return function (name, props) {
            var key = text(name) + address();
            var ms = time() - begun;
            if (key !== last || !(ms >= 0 && ms < 50)) {
                last = running && key;
                begun = time();
                emit(type, name, name && typeof name === 'object' ? name : props);
            }
        };
    }

    function identify(id, traits) {
        var user_id = text(id);
        emit('identify', undefined, undefined,
            {user_id: user_id, user_properties: user_id ? traits : id || traits});
    }

    /** What is there to hear of consent runs always, others only while anything is told. */
    function startModule(module) {
        if (!running && !module.always) {
            return;
        }
        attempt(function () {
            var made = scope(shared, module.name);
            var ends = module.always ? [] : undo;
            ends.push(made._end);
            var hook = module.start(made);
            ends.push(fence(function () { hook.stop(); }));
        });
    }

    /** At once, or each as a part of the start. */
    function startModules(always) {
        var starts = modules.filter(function (module) {
            return !module.always === !always;
        }).map(function (module) {
            return function () { startModule(module); };
        });
        if (parts[0]) {
            parts = starts.concat(parts);
        } else {
            starts.forEach(attempt);
        }
    }

    function start() {
        if (running || consent === 'denied' || isRefused()) {
            return;
        }
        running = true;
        sender = transport(config, ownQueues, tell, function () { return pack; });
        undo = [
            listen(window, 'pagehide', function () { leave(sender._leave); }),
            listen(window.document, 'visibilitychange', function () {
                if (window.document.visibilityState === 'hidden') {
                    leave(sender._hide);
                }
            }),
            listen(window, 'online', function () { sender._online(); })
        ];
        if (consent !== 'pending') {
            queues._own();
        }
        startModules();
    }

    /** By a signal, or the opt-out, which another tab, or the collector, may have taken since. */
    function isRefused() {
        return saysNo(config) && (erase(), 1);
    }

    /** What may be sent now. */
    function ownQueues(all) {
        if (!all) {
            isRefused();
        }
        return queues._list();
    }

    function leave(send) {
        tell('leave');
        if (!isRefused() && queues._list()[0]) {
            queues._own()._beat();
            send();
        }
    }

    function store(name, value) {
        var key = data_prefix + name;
        return mayKeep() ? value === undefined ?
            attempt(function () { return JSON.parse(local._get(key)); }) :
            local[value === null ? '_remove' : '_set'](key, JSON.stringify(value)) : undefined;
    }

    /** Ends all and leaves nothing of ours on the device. */
    function erase() {
        if (running) {
            running = false;
            sender._stop();
            undo.forEach(function (fn) { fn(); });
            queues._forget();
            held = [];
            say('dropped all: refused');
        }
        local._clear(prefix);
        local._clear(data_prefix);
        identity._forget();
        // Who hears it may refuse, or enable what a signal forbids, once more.
        if (!is_erasing) {
            is_erasing = 1;
            tell('disable');
            is_erasing = 0;
        }
    }

    /** @param {Object=} told   how that was said (source, purposes, version): goes with every event */
    function setConsent(flag, told) {
        if (flag !== 'granted' && flag !== 'denied' && flag !== 'pending') {
            return;
        }
        var waiting = held;
        consent = flag;
        agreement = properties(told);
        if (flag !== 'denied') {
            start();
        }
        tell('consent', flag, agreement);
        if (flag === 'denied') {
            return erase();
        }
        if (flag === 'granted' && running) {
            held = [];
            waiting.forEach(attempt);
        }
    }

    /** What was told before is still that visitor's, and may have to wait. */
    function forget() {
        if (mayKeep()) {
            identity._forget();
            local._clear(data_prefix);
        } else if (running && held[held.length - 1] !== forget) {
            held.push(forget);
        }
    }

    function takeUp() {
        identity._optOut(false);
        start();
    }

    var calls = {
        page: view('page'),
        screen: view('screen'),
        track: function (name, props) { emit('track', name, props); },
        identify: identify,
        identity: identify,
        ready: function (fn) { fn(api); },
        consent: setConsent,
        on: on,
        flush: function () {
            if (running && queues._list()[0]) {
                sender._now();
            }
        },
        use: function (module) {
            var name = module.name;
            if (modules.every(function (one) { return one.name !== name; })) {
                modules.push(module);
                startModule(module);
            }
        },
        create: function (options) {
            var key = JSON.stringify(properties(options));
            instances[key] = instances[key] || {};
            core(merge(merge({}, config), options), modules.slice(), instances[key]);
            return instances[key];
        },
        debug: function (wanted) { debugging = wanted === undefined || wanted; },
        disable: function () {
            is_out = true;
            identity._optOut(true);
            erase();
            // Where it is of the same site the collector keeps it, too: what a script keeps may end in a week.
            post(config.endpoint + '?optout=' + config.domain, '', function () {
                if (!is_out) {
                    takeUp();
                }
            }, 'include');
        },
        enable: function () {
            is_out = false;
            takeUp();
            tell('enable');
        },
        reset: function () {
            forget();
            tell('reset');
        },
        get: function (key) {
            // Only who asks for who it is makes somebody of the visitor.
            var may = mayKeep() && /^(an|se|us)/.test(key);
            var who = may ? identity._touch() : {};
            return {
                load_id: load_id, page_view_id: page_view_id, consent: consent, told: agreement, enabled: running,
                site: config.site, anonymous_id: who._id, session_id: who._session,
                user_id: may ? identity._user().user_id : undefined
            }[key];
        }
    };

    /** Without fn: a call whose module is not in the bundle, or was stopped. */
    function define(name, fn) {
        face[name] = fence(fn || function () {
            say(name + ': its module does not run');
        });
    }

    var shared = {
        version: 2, config: config, suffix: suffix, browser: browser(time),
        emit: fence(emit), define: define, on: on,
        flush: fence(calls.flush), consent: fence(setConsent), get: fence(calls.get), copy: properties,
        _store: store, renew: identity._renew,
        pack: function (fn) { pack = fn; },
        id: fence(function (arriving) {
            return mayKeep() ? identity._text(arriving) : undefined;
        })
    };

    /**
     * The start, part after part. What takes the browser long the first time is a part of its own. The page
     * sees none of it: until the last part its calls wait.
     */
    var parts = [function () { saysNo(config); }, function () {
        // A module that is always there may be about to ask for consent, unless it is quiet.
        if (consent === 'granted' || !consent && modules.every(function (one) {
            return !one.always || one.always === 'quiet';
        })) {
            if (local._looks()) {
                local._keys();
            }
        }
    }, function () {
        // The tag's stub and the package name all calls; those of modules come when these start.
        for (var name in merge(merge({}, window.pipes), calls)) {
            define(name, calls[name]);
        }
        face.version = '0.1.0';
        startModules(true);
    }, start, function () {
        var waiting = api.q || [];
        unhook();
        face = merge(api, face);
        waiting.forEach(function (call) {
            at = call[2];
            attempt(function () { api[call[0]].apply(api, call[1]); });
        });
        at = 0;
        api.q = [];
        if (seq) {
            sender._wake(0);
        }
    }];

    /** @param {*=} all   the page goes, or who asks wants to use it at once */
    function next(all) {
        var end = now() + SLICE_MS;
        while (parts[0] && (all || now() < end)) {
            attempt(parts.shift());
        }
        if (parts[0]) {
            later(next, 0);
        }
    }

    // Without the tag's stub nothing would take the calls that come next.
    if (api.q) {
        unhook = listen(window, 'pagehide', function () {
            next(1);
            leave(sender._leave);
        });
        lookAhead(next);
    } else {
        next(1);
    }
}
