/**
 * All contact with the browser. What is missing is skipped silently; nothing in here throws.
 * Members with an underscore belong to the core and are mangled, the others are part of the
 * public module contract (see core.js).
 * @param {Window} win
 */
function browser(win) {
    var doc = win.document;
    var nav = win.navigator || {};
    /** All instances of a page look into one jar. */
    var JAR_MS = 250;
    var pool = [];
    var origin = (win.performance && win.performance.now) ? 0 : Date.now();

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

    /** Calls `after` behind every call of owner[name]; returns what undoes it. */
    function wrap(owner, name, after) {
        var before = owner && owner[name];
        var live = true;
        if (typeof before !== 'function') {
            return function () {};
        }
        var safe = fence(after);
        function wrapped() {
            var result = before.apply(this, arguments);
            if (live) {
                safe();
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
        return attempt(function () { return win.parent !== win && !!win.parent.pipes; }, false);
    }

    /** @returns {Element[]} elements for a selector, an element or a list */
    function elements(what) {
        return attempt(function () {
            var list = typeof what === 'string' ? doc.querySelectorAll(what) : what;
            return list.nodeType ? [list] : Array.prototype.slice.call(list, 0, 1e4);
        }, []);
    }

    /** Storage by kind; each access may throw in a locked-down browser. */
    function storage(kind) {
        return {
            _get: function (key) {
                return attempt(function () { return win[kind].getItem(key); }, null);
            },
            _set: function (key, value) {
                return attempt(function () { win[kind].setItem(key, value); return true; }, false);
            },
            _remove: function (key) {
                attempt(function () { win[kind].removeItem(key); });
            },
            _keys: function () {
                return attempt(function () {
                    var keys = [];
                    for (var i = 0; i < win[kind].length; i++) {
                        keys.push(win[kind].key(i));
                    }
                    return keys;
                }, []);
            }
        };
    }

    function lookAgain() {
        browser._jar_ms = undefined;
    }

    /** A look into the jar costs the page as much as all the rest of an event: one does for a burst. */
    function cookies() {
        if (!(Math.abs(Date.now() - browser._jar_ms) < JAR_MS)) {
            browser._jar = doc.cookie;
            browser._jar_ms = Date.now();
        }
        return browser._jar;
    }

    function readCookie(name) {
        return attempt(function () {
            var found = ('; ' + cookies()).split('; ' + name + '=')[1];
            return found === undefined ? null : found.split(';')[0];
        }, null);
    }

    /** What the jar holds then is seen after JAR_MS, or after lookAgain(). */
    function writeCookie(name, value, domain, expires_ms) {
        attempt(function () {
            doc.cookie = name + '=' + value + '; path=/; expires=' +
                new Date(expires_ms).toUTCString() + (domain ? '; domain=' + domain : '') +
                '; SameSite=Lax' + (win.location.protocol === 'https:' ? '; Secure' : '');
        });
    }

    /** The widest domain that takes a cookie ('' on localhost and addresses): found by trying. */
    function rootDomain() {
        var parts = attempt(function () { return win.location.hostname.split('.'); }, []);
        var test = 'pipes_test';
        for (var i = parts.length - 2; i >= 0 && !/^\d*$/.test(parts[parts.length - 1]); i--) {
            var domain = parts.slice(i).join('.');
            writeCookie(test, 1, domain, Date.now() + 9999);
            lookAgain();
            if (readCookie(test)) {
                writeCookie(test, '', domain, 0);
                return domain;
            }
        }
        return '';
    }

    /** 128 random bits as 32 hexadecimal digits; the browser is asked for those of several at once. */
    function randomId() {
        var id = '';
        if (!pool.length) {
            pool = attempt(function () {
                return [].slice.call((win.crypto || win.msCrypto).getRandomValues(new win.Uint8Array(96)));
            }, pool);
        }
        for (var i = 0; i < 16; i++) {
            var value = pool.length ? pool.pop() : Math.floor(Math.random() * 256);
            id += (value + 256).toString(16).slice(1);
        }
        return id;
    }

    function sendByXhr(url, body, done) {
        var request = new win.XMLHttpRequest();
        request.open('POST', url, true);
        request.setRequestHeader('Content-Type', 'text/plain;charset=UTF-8');
        request.onreadystatechange = function () {
            if (request.readyState === 4) {
                done(request.status, request.getResponseHeader('Retry-After'), request.responseText);
            }
        };
        request.send(body);
    }

    /** Posts body; done(status, retryAfter, text) with status 0 for a dead network. */
    function post(url, body, done, credentials) {
        var safe = fence(done);
        function failed() { safe(0); }
        try {
            if (!win.fetch) {
                return sendByXhr(url, body, safe);
            }
            win.fetch(url, {
                method: 'POST', body: body, keepalive: true, credentials: credentials || 'omit',
                headers: {'Content-Type': 'text/plain;charset=UTF-8'}
            }).then(function (answer) {
                function report(text) {
                    safe(answer.status, answer.headers.get('Retry-After'), text);
                }
                return answer.text().then(report, function () { report(''); });
            }).then(null, failed);
        } catch (e) {
            failed();
        }
    }

    return {
        window: win,
        document: doc,
        attempt: attempt,
        fence: fence,
        listen: listen,
        wrap: wrap,
        elements: elements,
        isInner: isInner,
        randomId: randomId,
        now: function () { return Date.now(); },
        elapsed: function () {
            return Math.round(origin ? Date.now() - origin : win.performance.now());
        },
        later: function (fn, ms) { return win.setTimeout(fence(fn), ms); },
        cancel: function (timer) { win.clearTimeout(timer); },
        url: function () { return attempt(function () { return win.location.href; }, ''); },

        _local: storage('localStorage'),
        _tab: storage('sessionStorage'),
        /** From here on nothing is kept beyond the page. */
        _keepNothing: function () { this._local = this._tab = storage(''); },
        _readCookie: readCookie,
        _writeCookie: writeCookie,
        _lookAgain: lookAgain,
        _rootDomain: rootDomain,
        _post: post,
        _hasKeepalive: function () {
            return attempt(function () { return 'keepalive' in win.Request.prototype; });
        },
        _beacon: function (url, body) {
            return attempt(function () { return nav.sendBeacon(url, body); }, false);
        },
        _saysNo: function () {
            return nav.doNotTrack === '1' || nav.globalPrivacyControl === true ||
                nav.globalPrivacyControl === '1' || !!readCookie('pipes_disabled');
        },
        _scriptOrigin: function () {
            return attempt(function () {
                return /^https?:\/\/[^\/?#]+/.exec(doc.currentScript.src)[0];
            }, '');
        },
        _log: function (event) {
            attempt(function () { win.console.log('pipes', event); });
        },
        _surroundings: function () {
            var screen = win.screen || {};
            return {
                locale: nav.language,
                // A formatter has to read a locale's data first: a hundred times as long.
                timezone: attempt(function () { return win.Temporal.Now.timeZoneId(); }) ||
                    attempt(function () {
                        return win.Intl.DateTimeFormat().resolvedOptions().timeZone;
                    }),
                screen_width: screen.width,
                screen_height: screen.height,
                viewport_width: win.innerWidth,
                viewport_height: win.innerHeight,
                density: win.devicePixelRatio
            };
        }
    };
}
