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
    var web = browser(window);
    var fence = web.fence;
    var load_id = web.randomId();
    var suffix = nameOf(config.site, 'main') + nameOf(config.environment, 'production');
    var prefix = 'pipes_queue' + suffix + '_';
    var data_prefix = 'pipes_data' + suffix + '_';
    var identity = ids(web, config, suffix);
    var endpoint = config.endpoint = config.endpoint || web._scriptOrigin() + '/e';
    var consent = config.consent;
    var hooks = {};
    var defaults = {};
    var timers = {};
    var undo = [];
    var seq = 0;
    var running = false;
    var held = [];
    var queues = [];
    var unhook = web._saysNo;
    var at, page_view_id, page_url, page_referrer, debugging, sender, beat, pack, agreement;

    var is_own = !api;

    api = api || (window.pipes = window.pipes || {});
    if (api.begun) {
        return;
    }
    api.begun = 1;
    if (config.storage === 'memory' || config.storage === 'none') {
        web._keepNothing();
    }

    /** What names on the device end with, but for the one that needs nothing. */
    function nameOf(part, plain_one) {
        return part && part !== plain_one ? '.' + encodeURIComponent(part) : '';
    }

    /** A plain copy, whatever the page hands in: cycles, getters that throw, endless trees. */
    function plain(value, path, budget) {
        var kind = typeof value;
        if (kind === 'string') {
            budget._left -= value.length / 50;
            return scrub(value);
        }
        if (value === null || kind === 'boolean') {
            return value;
        }
        if (kind === 'number') {
            return isFinite(value) ? value : undefined;
        }
        if (kind === 'bigint') {
            return String(value);
        }
        if (kind !== 'object' || path.length > 8 || path.indexOf(value) >= 0 || value.nodeType ||
            value.window === value) {
            return undefined;
        }
        if (typeof value.toJSON === 'function') {
            return plain(value.toJSON(), path.concat([value]), budget);
        }
        var copy = Array.isArray(value) ? [] : {};
        Object.keys(value).forEach(function (key) {
            if (--budget._left > 0) {
                web.attempt(function () {
                    var part = plain(value[key], path.concat([value]), budget);
                    if (part !== undefined) {
                        copy[key] = part;
                    } else if (copy.push) {
                        copy[key] = null;
                    }
                });
            }
        });
        return copy;
    }

    /** @returns {Object|undefined} */
    function properties(value) {
        return value && typeof value === 'object' ? web.attempt(function () {
            return plain(value, [], {_left: 2000});
        }) : undefined;
    }

    /** Names and ids; an endless one would make every event of its user too big. */
    function text(value) {
        return typeof value === 'string' || typeof value === 'number' ?
            ('' + value).slice(0, 1e3) : undefined;
    }

    function merge(target, source, keep) {
        for (var key in source) {
            if (!keep || !(key in target)) {
                target[key] = source[key];
            }
        }
        return target;
    }

    function mayKeep() {
        return running && consent !== 'pending' && consent !== 'denied';
    }

    function tell(hook, value) {
        var verdict = true;
        (hooks[hook] || []).slice().forEach(function (fn) {
            verdict = fn(value) !== false && verdict;
        });
        return verdict;
    }

    function on(hook, fn) {
        var safe = fence(fn);
        hooks[hook] = (hooks[hook] || []).concat([safe]);
        return function () {
            hooks[hook] = hooks[hook].filter(function (other) { return other !== safe; });
        };
    }

    function context() {
        return merge({
            library: 'pipes.js', library_version: '0.1.0',
            release: config.release, environment: config.environment
        }, web._surroundings());
    }

    /** The store comes to life with the first event that may touch the device. */
    function openStore() {
        if (!queues.length) {
            queues.push(queue(web, prefix, prefix + load_id,
                {l: load_id, o: load_id, t: web.now(), b: config.bundle, c: context(), d: {}, u: 0}));
            heartbeat();
        }
        return queues[0];
    }

    function heartbeat() {
        var known = {};
        queues = queues.filter(function (one, i) {
            one._beat();
            known[one._header.l] = true;
            return !i || one._pending();
        });
        queues = queues.concat(queue._adopt(web, prefix, load_id, known, function (n) {
            queues[0]._count('adopted_full', n);
        }));
        // The site's own need of room comes before ours.
        if ((queues[1] || queues[0]._pending()) && web._local._keys()[0]) {
            if (!web._local._set(prefix, Array(65).join(Array(1025)))) {
                queues.forEach(function (one) {
                    one._drop(one._items().slice(0, one._items().length / 2 + 1), 'queue_full');
                });
            }
            web._local._remove(prefix);
        }
        if (queues[1]) {
            sender._wake(1000);
        }
        beat = web.later(heartbeat, 1e4);
    }

    /** Gives ids and number and puts the event where only an answer removes it. */
    function enqueue(event) {
        var store = openStore();
        var user = identity._user();
        var session = identity._session();
        event = merge(event, {
            anonymous_id: identity._anonymous(), user_id: user.user_id, group_id: user.group_id,
            session_id: session._id, session_index: session._index,
            consent: consent ? merge(merge({}, agreement), {state: consent}) : undefined
        }, true);
        if (!tell('event', event)) {
            return store._count('hook', 1);
        }
        // What a hook made of it may be frozen, or no JSON any more: then it never had a number.
        var line = web.attempt(function () {
            event = merge({seq: seq + 1}, event, true);
            delete event.toJSON;
            return JSON.stringify(event);
        });
        if (!line) {
            return store._count('hook', 1);
        }
        seq++;
        if (debugging) {
            web._log(event);
        }
        store._add(line, event.created_at);
        sender._wake(seq > 1 ? 500 : 0);
    }

    function emit(type, name, props, extra) {
        // Another tab may have opted out since.
        if (running && web._saysNo()) {
            stop();
        }
        if (!running) {
            return;
        }
        if (type === 'page' || type === 'screen') {
            tell('view');
            page_referrer = page_url === undefined ? web.document.referrer : page_url;
            page_url = web.url();
            page_view_id = web.randomId();
        }
        var event = merge({
            type: type, name: text(name), created_at: at || web.now(),
            since_load_ms: Math.max(0, web.elapsed() - (at ? web.now() - at : 0)),
            page_view_id: page_view_id, url: web.url(), title: web.document.title,
            referrer: page_url === undefined ? web.document.referrer : page_referrer,
            properties: merge(properties(props) || {}, defaults, true)
        }, extra);
        event.user_properties = properties(event.user_properties);
        ['url', 'referrer', 'title', 'target_url'].forEach(function (key) {
            event[key] = scrub(event[key]);
        });
        if (consent !== 'pending') {
            enqueue(event);
        } else if (held.push(event) > MAX_HELD) {
            held.shift();
        }
    }

    /** page([name], [properties]) and screen alike; what is mounted twice at once is one view. */
    function view(type) {
        var last, begun;
        return function (name, props) {
            var key = text(name) + web.url();
            var ms = (at || web.now()) - begun;
            if (key !== last || !(ms >= 0 && ms < 50)) {
                last = key;
                begun = at || web.now();
                emit(type, text(name), name && typeof name === 'object' ? name : props);
            }
        };
    }

    function identify(id, traits) {
        var user_id = text(id);
        if (!running) {
            return;
        }
        if (user_id && consent !== 'pending') {
            identity._setUser('user_id', user_id);
        }
        emit('identify', undefined, undefined, merge(user_id ? {user_id: user_id} : {}, {
            user_properties: user_id ? traits : id
        }));
    }

    function startModule(module) {
        fence(function () {
            var made = scope(web, shared, module.name);
            var ends = module.always ? [] : undo;
            ends.push(fence(made._end));
            var hook = module.start(made);
            ends.push(fence(function () { hook.stop(); }));
        })();
    }

    function startModules(always) {
        modules.forEach(function (module) {
            if (!module.always === !always) {
                startModule(module);
            }
        });
    }

    function start() {
        if (running || web._saysNo() || consent === 'denied') {
            return;
        }
        running = true;
        sender = transport(web, endpoint, config, ownQueues, tell,
            function (text, done) { pack ? pack(text, done) : done(text); });
        undo = [
            web.listen(window, 'pagehide', function () { leave(sender._leave); }),
            web.listen(web.document, 'visibilitychange', function () {
                if (web.document.visibilityState === 'hidden') {
                    leave(sender._hide);
                }
            }),
            web.listen(window, 'online', function () { sender._online(); })
        ];
        if (consent !== 'pending') {
            openStore();
        }
        startModules();
    }

    /** What may be sent now: another tab may have opted out since. */
    function ownQueues() {
        if (web._saysNo()) {
            stop();
        }
        return queues;
    }

    function leave(send) {
        tell('leave');
        if (web._saysNo()) {
            stop();
        } else if (queues.length) {
            queues[0]._settle();
            send();
        }
    }

    function stop() {
        if (running) {
            running = false;
            web.cancel(beat);
            sender._stop();
            undo.forEach(function (fn) { fn(); });
            queues.forEach(function (one) { one._forget(); });
            queues = [];
            held = [];
        }
    }

    function store(name, value) {
        var key = data_prefix + name;
        if (value === undefined) {
            return web.attempt(function () { return JSON.parse(web._local._get(key)); });
        }
        if (consent !== 'pending') {
            web._local[value === null ? '_remove' : '_set'](key, JSON.stringify(value));
        }
    }

    function forget(start) {
        web._local._keys().forEach(function (key) {
            if (!key.indexOf(start)) {
                web._local._remove(key);
            }
        });
    }

    /** Leaves nothing of ours on the device. */
    function erase() {
        stop();
        forget(prefix);
        forget(data_prefix);
        identity._forget();
    }

    /** @param {Object=} told   how that was said (source, purposes, version): goes with every event */
    function setConsent(flag, told) {
        if (flag !== 'granted' && flag !== 'denied' && flag !== 'pending') {
            return;
        }
        var waiting = held;
        consent = flag;
        agreement = properties(told);
        tell('consent', flag);
        if (flag === 'denied') {
            return erase();
        }
        start();
        if (flag === 'granted' && running) {
            held = [];
            waiting.forEach(function (event) {
                if (event.type === 'identify' && event.user_id) {
                    identity._setUser('user_id', event.user_id);
                }
                enqueue(event);
            });
        }
    }

    var calls = {
        page: view('page'),
        screen: view('screen'),
        track: function (name, props) {
            var key = '$' + text(name);
            var begun = timers[key];
            delete timers[key];
            emit('track', name, begun ?
                merge({duration_ms: web.now() - begun}, properties(props)) : props);
        },
        identify: identify,
        identity: identify,
        group: function (id, traits) {
            if (running && text(id)) {
                if (consent !== 'pending') {
                    identity._setUser('group_id', text(id));
                }
                emit('group', undefined, undefined,
                    {group_id: text(id), user_properties: traits});
            }
        },
        alias: function (id, previous) {
            if (running && text(id)) {
                emit('alias', undefined, undefined, {user_id: text(id), previous_id: text(previous) ||
                    (consent === 'pending' ? undefined :
                        identity._user().user_id || identity._anonymous())});
            }
        },
        set: function (props) { merge(defaults, properties(props)); },
        once: function (props) { merge(defaults, properties(props), true); },
        time: function (name) { timers['$' + text(name)] = web.now(); },
        ready: function (fn) { fn(api); },
        consent: setConsent,
        on: on,
        flush: function () {
            if (running && queues.length) {
                sender._now();
            }
        },
        use: function (module) {
            var name = module.name;
            if (modules.every(function (one) { return one.name !== name; })) {
                modules.push(module);
                if (running || module.always) {
                    startModule(module);
                }
            }
        },
        create: function (options) {
            var other = {};
            core(merge(merge({}, config), options), modules.slice(), other);
            return other;
        },
        debug: function (wanted) { debugging = wanted !== false; },
        disable: function () {
            erase();
            identity._optOut(true);
            tell('disable');
        },
        enable: function () {
            identity._optOut(false);
            start();
            tell('enable');
        },
        reset: function () {
            defaults = {};
            timers = {};
            if (mayKeep()) {
                identity._forget();
                forget(data_prefix);
            }
            tell('reset');
        },
        get: function (key) {
            var may = mayKeep();
            return {
                load_id: load_id, page_view_id: page_view_id, consent: consent, enabled: running,
                site: config.site,
                anonymous_id: may ? identity._anonymous() : undefined,
                session_id: may ? identity._session()._id : undefined,
                user_id: may ? identity._user().user_id : undefined
            }[key];
        }
    };

    /** Without fn: a call whose module is not in the bundle, or was stopped. */
    function define(name, fn) {
        api[name] = fence(fn || function () {
            if (debugging) {
                web._log(name + ': its module does not run');
            }
        });
    }

    var shared = {
        version: 2, config: config, browser: web, emit: fence(emit), define: define, on: on,
        flush: fence(calls.flush), consent: fence(setConsent), _store: store,
        pack: function (fn) { pack = fn; },
        id: fence(function (arriving) {
            return mayKeep() ? identity._text(arriving) : undefined;
        })
    };

    function begin() {
        var waiting = api.q || [];
        unhook();
        // The tag's stub and the package name all calls; those of modules come when these start.
        for (var name in merge(merge({}, window.pipes), calls)) {
            define(name, calls[name]);
        }
        api.version = '0.1.0';
        startModules(true);
        start();
        waiting.forEach(function (call) {
            at = call[2];
            fence(function () { api[call[0]].apply(api, call[1]); })();
        });
        at = 0;
        api.q = [];
    }

    /** What the start asks of the browser takes it longest the first time: each in a task before. */
    var parts = [web._saysNo, function () {
        // A module that is always there may be about to ask for consent.
        if (consent === 'granted' || !consent && !modules.some(function (one) { return one.always; })) {
            web._local._keys();
        }
    }, begin];

    /** @param {*=} all   the page goes, or who asks wants to use it at once */
    function next(all) {
        do {
            fence(parts.shift())();
        } while (all && parts[0]);
        if (parts[0]) {
            web.later(next, 0);
        }
    }

    // Without the tag's stub nothing would take the calls that come next.
    if (is_own && api.q) {
        unhook = web.listen(window, 'pagehide', function () {
            next(1);
            leave(sender._leave);
        });
        web.later(next, 0);
    } else {
        next(1);
    }
}
