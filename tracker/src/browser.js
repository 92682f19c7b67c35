/**
 * All contact with the browser. What is missing is skipped silently; nothing in here throws. These
 * functions are shared by all files of the core; what modules see of them is in scope.js.
 */

/** All instances of a page look into one jar so often, and share what else was asked for. */
var JAR_MS = 250;
var started_ms = Date.now();
var jar, jar_ms, debugging;

/** Runs fn and swallows whatever it throws. */
function attempt(fn, fallback) {
    try {
        return fn();
    } catch (e) {
        return fallback;
    }
}

/** A version of fn that never throws. */
function fence(fn) {
    return function () {
        try {
            return fn.apply(this, arguments);
        } catch (e) {
            return undefined;
        }
    };
}

/** Adds a listener and returns the function that removes it; passive unless it is active. */
function listen(target, type, fn, active) {
    var safe = fence(fn);
    // A browser that knows no options takes the object for "capture".
    attempt(function () {
        target.addEventListener(type, safe, {capture: true, passive: !active});
    });
    return fence(function () { target.removeEventListener(type, safe, true); });
}

/** Calls `after`, of the same `this`, behind every call of owner[name]; returns what undoes it. */
function wrap(owner, name, after) {
    var before = owner && owner[name];
    var safe = fence(after);
    var live = true;
    if (typeof before !== 'function') {
        return function () {};
    }
    function wrapped() {
        var result = before.apply(this, arguments);
        if (live) {
            safe.call(this);
        }
        return result;
    }
    attempt(function () { owner[name] = wrapped; });
    return fence(function () {
        live = false;
        // Someone may have wrapped us since; then we only fall silent.
        if (owner[name] === wrapped) {
            owner[name] = before;
        }
    });
}

/** Is this a frame of a page that counts its views by itself? */
function isInner() {
    return attempt(function () { return window.parent !== window && window.parent.pipes; });
}

/** @returns {Element[]} elements for a selector, an element or a list */
function elements(what) {
    return attempt(function () {
        var list = typeof what === 'string' ? window.document.querySelectorAll(what) : what;
        return list.nodeType ? [list] : [].slice.call(list, 0, 1e4);
    }, []);
}

/**
 * localStorage, unless nothing may be kept; each access may throw in a locked-down browser. What is
 * there is removed all the same: the site may have kept more when it was there.
 */
function storage(is_none) {
    function use(fn, fallback) {
        return is_none ? fallback : attempt(function () { return fn(window.localStorage); }, fallback);
    }
    function remove(key) {
        attempt(function () { window.localStorage.removeItem(key); });
    }

    return {
        _get: function (key) {
            return use(function (store) { return store.getItem(key); });
        },
        _set: function (key, value) {
            return use(function (store) { store.setItem(key, value); return true; });
        },
        _remove: remove,
        _keys: function () { return use(Object.keys, []); },
        /** Removes all that begin so. */
        _clear: function (prefix) {
            attempt(function () {
                Object.keys(window.localStorage).forEach(function (key) {
                    if (!key.indexOf(prefix)) {
                        remove(key);
                    }
                });
            });
        }
    };
}

/** A look into the jar costs the page as much as all the rest of an event: one does for a burst. */
function readCookie(name) {
    return attempt(function () {
        if (!(Math.abs(now() - jar_ms) < JAR_MS)) {
            jar = window.document.cookie;
            jar_ms = now();
        }
        return (('; ' + jar).split('; ' + name + '=')[1] || '').split(';')[0];
    });
}

/**
 * Looks into the jar without holding the page up, where the browser can (on a secure page), and
 * goes on then; else at once, and who reads a cookie first looks. A page's own idea of a
 * cookieStore may never answer.
 */
function lookAhead(goOn) {
    var timer = later(done, attempt(function () {
        window.cookieStore.getAll().then(function (list) {
            jar = list.map(function (one) { return one.name + '=' + one.value; }).join('; ');
            jar_ms = now();
        }).then(done, done);
        return 1e3;
    }, 0));

    function done() {
        cancel(timer);
        goOn();
    }
}

/** What the jar holds then is seen after JAR_MS, or at once with `jar_ms = 0`. */
function writeCookie(name, value, domain, life_ms) {
    attempt(function () {
        window.document.cookie = name + '=' + value + '; path=/; max-age=' +
            (life_ms / 1e3 | 0) + (domain ? '; domain=' + domain : '') +
            '; SameSite=Lax' + (window.location.protocol === 'https:' ? '; Secure' : '');
    });
}

/** The widest domain that takes a cookie ('' on localhost and addresses): found by trying. */
function rootDomain() {
    var parts = attempt(function () { return window.location.hostname.split('.'); }, []);
    var test = 'pipes_test';
    for (var i = parts.length - 2; i >= 0 && !/^\d*$/.test(parts[parts.length - 1]); i--) {
        var domain = parts.slice(i).join('.');
        writeCookie(test, 1, domain, 9e3);
        jar_ms = 0;
        if (readCookie(test)) {
            writeCookie(test, '', domain, 0);
            return domain;
        }
    }
    return '';
}

/** 122 random bits or more as 32 hexadecimal digits. */
function randomId() {
    // The call for just this takes a tenth of the other's time; a page that is not secure has none.
    var id = attempt(function () { return window.crypto.randomUUID().replace(/-/g, ''); }, '');
    while (id.length < 32) {
        id += (attempt(function () {
            return window.crypto.getRandomValues(new Uint8Array(1))[0];
        }, Math.random() * 256 | 0) + 256).toString(16).slice(1);
    }
    return id;
}

function sendByXhr(url, body, done) {
    var request = new XMLHttpRequest();
    request.open('POST', url, true);
    request.setRequestHeader('Content-Type', 'text/plain;charset=UTF-8');
    request.onreadystatechange = function () {
        if (request.readyState === 4) {
            done(request.status, request.getResponseHeader('Retry-After'), request.responseText);
        }
    };
    request.send(body);
}

/** Posts body, a text being text/plain by itself; done(status, retryAfter, text) with status 0 for a dead network. */
function post(url, body, done, credentials) {
    var safe = fence(done);
    function failed() { safe(0); }
    try {
        if (!window.fetch) {
            return sendByXhr(url, body, safe);
        }
        window.fetch(url, {
            method: 'POST', body: body, keepalive: true, credentials: credentials || 'omit'
        }).then(function (answer) {
            function report(text) {
                safe(answer.status, answer.ok || answer.headers.get('Retry-After'), text);
            }
            // A body that breaks off says nothing, but the answer came.
            return answer.text().then(report, report);
        }).then(null, failed);
    } catch (e) {
        failed();
    }
}

function hasKeepalive() {
    return attempt(function () { return 'keepalive' in window.Request.prototype; });
}

function sendBeacon(url, body) {
    return attempt(function () { return window.navigator.sendBeacon(url, body); });
}

function now() { return Date.now(); }

function elapsed() {
    return Math.round(attempt(function () { return window.performance.now(); }) ||
        now() - started_ms);
}

function later(fn, ms) { return window.setTimeout(fence(fn), ms); }

function cancel(timer) { window.clearTimeout(timer); }

function address() { return attempt(function () { return window.location.href; }, ''); }

/** The signals of the browser, and the opt-out. */
function saysNo(config) {
    var nav = window.navigator || {};
    return !config.dnt && nav.doNotTrack === '1' ||
        !config.gpc && /^(true|1)$/.test(nav.globalPrivacyControl) || readCookie('pipes_disabled');
}

function scriptOrigin() {
    return attempt(function () {
        return /^https?:\/\/[^\/?#]+/.exec(window.document.currentScript.src)[0];
    }, '');
}

/** To who debugs, in any instance: what became of an event. */
function say(what) {
    if (debugging) {
        attempt(function () { window.console.log('pipes', what); });
    }
}

/** What each batch says once: ourselves and the browser. */
function context(config) {
    var nav = window.navigator || {};
    var screen = window.screen || {};
    return {
        library: 'pipes.js', library_version: '0.1.0',
        release: config.release, environment: config.environment,
        locale: nav.language,
        // A formatter has to read a locale's data first: a hundred times as long.
        timezone: attempt(function () { return window.Temporal.Now.timeZoneId(); }) ||
            attempt(function () {
                return window.Intl.DateTimeFormat().resolvedOptions().timeZone;
            }),
        screen_width: screen.width,
        screen_height: screen.height,
        viewport_width: window.innerWidth,
        viewport_height: window.innerHeight,
        density: window.devicePixelRatio
    };
}
