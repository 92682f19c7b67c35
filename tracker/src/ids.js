/**
 * Who: the anonymous id (13 months from its creation, never prolonged) and the session (it ends after 30
 * minutes of silence, or when another campaign brings the visitor), in one text:
 * in the cookie, or in localStorage where the mode is "local". Touches the device only when asked for
 * an id, so the core asks only when it may.
 *
 * With the cookie a page looks into localStorage, which takes it long, only when there may be something:
 * when a second cookie says so, when a session begins of a visitor who was here before (whatever became
 * of that cookie), and ten seconds after a new one came (who may have lost the first cookie, too).
 * @param {ReturnType<typeof storage>} local   gets `_looks` and `_mark` for those who store in it
 * @param {Object} config storage and domain
 * @param {string} suffix of all names, so that sites and environments do not mix
 */
function ids(local, config, suffix) {
    var RECORD = 'pipes_anonymous_id' + suffix;
    var SESSION = 'pipes_session' + suffix;
    var USER = 'pipes_user' + suffix;
    var STORED = 'pipes_stored' + suffix;
    var has_cookie = !config.storage || config.storage === 'cookie';
    var has_none = config.storage === 'none';
    var LIFE_MS = 395 * 864e5;
    var IDLE_MS = 18e5;
    /** Activity is written down so often: each time for each event would cost the page. */
    var NOTE_MS = 6e4;
    var record, arrived, user, is_due, is_new, is_open, is_over;

    function domain() {
        return (config.domain = config.domain || rootDomain());
    }

    function keep(name, value, life_ms) {
        // What localStorage holds is this host's alone.
        writeCookie(name, value, name !== STORED && domain(), life_ms);
    }

    /** A cookie that says one thing by being there. */
    function flag(name, is_set) {
        keep(name, is_set ? 1 : '', is_set ? LIFE_MS : 0);
        jar_ms = 0;
    }

    /** @returns {Object|undefined} unless malformed or too old; one of before has no session */
    function parse(text) {
        var match = /^1\.([\w-]{8,64})\.(\d{1,15})(?:\.([\w-]+)\.(\d+)\.(\d+))?$/.exec(text);
        var created = match && +match[2];
        if (created <= now() + 864e5 && created + LIFE_MS > now()) {
            return {_id: match[1], _created: created,
                _session: match[3], _index: +match[4] || 0, _last: +match[5] || 0};
        }
    }

    function text() {
        return '1.' + record._id + '.' + record._created;
    }

    function isIdle() {
        return now() - record._last > IDLE_MS;
    }

    /** What the device has, if that is newer: another tab may have moved it on, or be another visitor's. */
    function read() {
        var kept = has_cookie ? readCookie(RECORD) : local._get(RECORD);
        var found = parse(kept);
        if (found && !found._index) {
            // Version 0.1 had the session, and the id once more, in localStorage.
            found = parse(kept + '.' + local._get(SESSION)) || found;
            local._remove(SESSION);
            local._remove(RECORD);
            is_due = is_open = 1;
        }
        if (found && !(record && record._last >= found._last)) {
            // Who the user is belongs to the visitor: another tab may have become another's.
            user = record && record._id !== found._id ? undefined : user;
            record = found;
            is_open = is_open || isIdle();
        }
        return found;
    }

    function touch() {
        if (has_none) {
            return {};
        }
        var found = read();
        if (!record && has_cookie && domain()) {
            // Finding it took another look: a frame or tab that began beside this one may have been quicker.
            found = read();
        }
        if (!record || record._created + LIFE_MS <= now()) {
            record = arrived || {_id: randomId(), _created: now(), _index: 0, _last: 0};
            is_due = is_new = 1;
        }
        if (is_over || isIdle()) {
            record._session = randomId();
            record._index++;
            record._last = is_over = 0;
        }
        if (is_due || Math.abs(now() - record._last) > NOTE_MS) {
            record._last = now();
            // What is gone from the device was taken away by someone: it is not written again.
            if (is_due || found) {
                (has_cookie ? keep : local._set)(RECORD,
                    [text(), record._session, record._index, record._last].join('.'),
                    record._created + LIFE_MS - now());
            }
            is_due = 0;
        }
        return record;
    }

    /** Who the visitor was known as here, unless they became another one on another host of the site. */
    function loadUser() {
        return user || (user = local._looks() && attempt(function () {
            var kept = JSON.parse(local._get(USER));
            return kept.of && kept.of !== record._id ? 0 : kept;
        }) || {});
    }

    /** @param {*=} late   the page is there for a while */
    local._looks = function (late) {
        if (!record) {
            read();
        }
        return (is_open = is_open || !has_cookie || readCookie(STORED) || late && is_new);
    };

    /** Notes whether localStorage holds a queue, or who the user is. */
    local._mark = function (has_queue) {
        var is_set = has_queue || local._get(USER);
        if (has_cookie && !is_set !== !readCookie(STORED)) {
            flag(STORED, is_set);
        }
    };

    return {
        _touch: touch,
        /** The id with its time; one that arrives, in the same form, is taken by who has none yet. */
        _text: function (arriving) {
            if (arriving && !(is_due = arrived = parse(arriving))) {
                return;
            }
            return touch()._id && text();
        },
        /** The next event begins a session. */
        _renew: function () { is_over = 1; },
        _user: loadUser,
        /** @param {string} key user_id or group_id */
        _setUser: function (key, value) {
            loadUser()[key] = value;
            user.of = touch()._id;
            local._set(USER, JSON.stringify(user));
            local._mark();
        },
        /** Whatever the mode: the site may have had another one when this was kept. */
        _forget: function () {
            record = arrived = user = undefined;
            // Who refused before there was an id gets no cookie written, not even to find the domain.
            jar_ms = 0;
            [RECORD, STORED].forEach(function (name) {
                if (readCookie(name)) {
                    flag(name);
                }
            });
            [RECORD, SESSION, USER].forEach(local._remove);
        },
        _optOut: function (out) { flag('pipes_disabled', out); }
    };
}
