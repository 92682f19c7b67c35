/**
 * Who: the anonymous id (13 months from its creation, never prolonged) and the session.
 * Touches the device only when asked for an id, so the core asks only when it may.
 * @param {ReturnType<typeof storage>} local
 * @param {Object} config storage and domain
 * @param {string} suffix of all names, so that sites and environments do not mix
 */
function ids(local, config, suffix) {
    var COOKIE = 'pipes_anonymous_id' + suffix;
    var SESSION = 'pipes_session' + suffix;
    var USER = 'pipes_user' + suffix;
    var has_cookie = !config.storage || config.storage === 'cookie';
    var has_none = config.storage === 'none';
    var LIFE_MS = 395 * 864e5;
    var IDLE_MS = 18e5;
    /** Activity is written down so often: each time for each event would cost the page. */
    var NOTE_MS = 5e3;
    var anonymous, arrived, session, user;

    function root() {
        return (config.domain = config.domain || rootDomain());
    }

    /** @returns {{_id: string, _created: number}|undefined} unless malformed or too old */
    function parse(text) {
        var match = /^1\.([\w-]{8,64})\.(\d{1,15})$/.exec(text);
        var created = match && +match[2];
        if (created <= now() + 864e5 && created + LIFE_MS > now()) {
            return {_id: match[1], _created: created};
        }
    }

    function text() {
        return '1.' + anonymous._id + '.' + anonymous._created;
    }

    function keepAnonymous() {
        if (has_cookie) {
            writeCookie(COOKIE, text(), root(), anonymous._created + LIFE_MS);
        }
        local._set(COOKIE, text());
    }

    function loadAnonymous() {
        if (has_none) {
            return undefined;
        }
        if (!anonymous || anonymous._created + LIFE_MS <= now()) {
            anonymous = parse(has_cookie && readCookie(COOKIE)) || parse(local._get(COOKIE)) || arrived ||
                {_id: randomId(), _created: now()};
            keepAnonymous();
        }
        return anonymous._id;
    }

    /** Session as it stands now: another tab may have moved it on, so the store is read again. */
    function touchSession() {
        if (has_none) {
            return {};
        }
        var match = /^([\w-]+)\.(\d+)\.(\d+)$/.exec(local._get(SESSION));
        if (match) {
            session = {_id: match[1], _index: +match[2], _last: +match[3]};
        }
        if (!session || now() - session._last > IDLE_MS) {
            session = {_id: randomId(), _index: session ? session._index + 1 : 1, _last: 0};
        }
        if (Math.abs(now() - session._last) > NOTE_MS) {
            session._last = now();
            local._set(SESSION, session._id + '.' + session._index + '.' + session._last);
        }
        return session;
    }

    function loadUser() {
        return user || (user = attempt(function () {
            return JSON.parse(local._get(USER) || '{}');
        }) || {});
    }

    function forget() {
        anonymous = session = user = undefined;
        // Who refused before there was an id gets no cookie written, not even to find the domain.
        jar_ms = 0;
        if (has_cookie && readCookie(COOKIE)) {
            writeCookie(COOKIE, '', root(), 0);
            jar_ms = 0;
        }
        local._remove(COOKIE);
        local._remove(SESSION);
        local._remove(USER);
    }

    return {
        _anonymous: loadAnonymous,
        /** The id with its time; one that arrives, in the same form, is taken by who has none yet. */
        _text: function (arriving) {
            arrived = parse(arriving);
            return loadAnonymous() && text();
        },
        _session: touchSession,
        _user: loadUser,
        /** @param {string} key user_id or group_id */
        _setUser: function (key, value) {
            loadUser()[key] = value;
            local._set(USER, JSON.stringify(user));
        },
        _forget: forget,
        _optOut: function (out) {
            writeCookie('pipes_disabled', out ? 1 : '', root(), out ? now() + LIFE_MS : 0);
            jar_ms = 0;
        }
    };
}
