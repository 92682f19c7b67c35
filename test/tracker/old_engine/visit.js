/*
 * A browser of the days of ES5 for engines that have none, and a visit in it: no fetch, no
 * promises, no typed arrays, no crypto, no performance. old_engine.test.js puts `loadBundle`, a
 * function that holds the bundle, before it. Prints a line for each thing that is so;
 * whatever is not throws.
 */
var window = this;
var document, XMLHttpRequest;
var clock = 1.7e12;
var timers, requests, beacons;
var local = {};
var cookies = {};

Date.now = function () { return clock; };

function setTimeout(fn, ms) {
    timers.push({fn: fn, due: clock + (ms || 0)});
    return timers[timers.length - 1];
}

function clearTimeout(timer) {
    timers = timers.filter(function (one) { return one !== timer; });
}

/** Moves the clock, running what falls due. */
function pass(ms) {
    var end = clock + ms;
    function isDue(one) { return one.due <= end; }
    function sooner(a, b) { return a.due - b.due; }
    for (;;) {
        var next = timers.filter(isDue).sort(sooner)[0];
        if (!next) {
            break;
        }
        clearTimeout(next);
        clock = Math.max(clock, next.due);
        next.fn();
    }
    clock = end;
}

/** The map itself, with a storage's calls beside its keys. */
function storageOf(map) {
    function call(name, fn) {
        Object.defineProperty(map, name, {value: fn, configurable: true});
    }
    call('getItem', function (key) { return map.hasOwnProperty(key) ? map[key] : null; });
    call('setItem', function (key, value) { map[key] = '' + value; });
    call('removeItem', function (key) { delete map[key]; });
    return map;
}

function makeTarget(target) {
    var listeners = [];
    target.addEventListener = function (type, fn) { listeners.push({type: type, fn: fn}); };
    target.removeEventListener = function (type, fn) {
        listeners = listeners.filter(function (one) { return one.type !== type || one.fn !== fn; });
    };
    target.fire = function (type, event) {
        event.type = type;
        listeners.forEach(function (one) {
            if (one.type === type) {
                one.fn(event);
            }
        });
    };
    return target;
}

function element(tag, attributes, parent) {
    var list = Object.keys(attributes).map(function (name) {
        return {name: name, value: attributes[name]};
    });
    var made = {nodeType: 1, tagName: tag.toUpperCase(), parentNode: parent, attributes: list};
    made.hasAttribute = function (name) { return attributes.hasOwnProperty(name); };
    made.getAttribute = function (name) {
        return made.hasAttribute(name) ? attributes[name] : null;
    };
    made.matches = function (selector) { return selector.split(',').indexOf(tag) >= 0; };
    return made;
}

function makeDocument() {
    document = makeTarget({nodeType: 9, title: 'Shop', referrer: 'https://search.example/',
        visibilityState: 'visible', readyState: 'complete', parentNode: null,
        documentElement: {scrollTop: 0, scrollHeight: 3000},
        currentScript: {src: 'https://collect.example/pipes.js'},
        querySelectorAll: function () { return []; }});
    Object.defineProperty(document, 'cookie', {
        get: function () {
            return Object.keys(cookies).map(function (key) {
                return key + '=' + cookies[key];
            }).join('; ');
        },
        set: function (text) {
            var match = /^([^=]+)=([^;]*).*max-age=(\d+)/.exec(text);
            if (match[3] === '0') {
                delete cookies[match[1]];
            } else {
                cookies[match[1]] = match[2];
            }
        }
    });
}

function Request() { this.headers = {}; }
Request.prototype = {
    open: function (method, url) {
        this.method = method;
        this.url = url;
    },
    setRequestHeader: function (name, value) { this.headers[name] = value; },
    getResponseHeader: function () { return null; },
    send: function (body) {
        this.body = body;
        requests.push(this);
    },
    answer: function (status) {
        this.readyState = 4;
        this.status = status;
        this.responseText = '{}';
        this.onreadystatechange();
    }
};

/** Another page of the same browser; what is in the storages and the cookie jar stays. */
function open(has_beacon) {
    timers = [];
    requests = [];
    beacons = [];
    makeDocument();
    makeTarget(window);
    window.window = window;
    window.location = {href: 'https://www.shop.example/plants', protocol: 'https:',
        hostname: 'www.shop.example'};
    window.history = {pushState: function (state, title, url) { window.location.href = url; }};
    window.navigator = {language: 'en'};
    if (has_beacon) {
        window.navigator.sendBeacon = function (url, body) {
            beacons.push({url: url, body: body});
            return true;
        };
    }
    window.localStorage = storageOf(local);
    window.sessionStorage = storageOf({});
    window.innerHeight = 800;
    XMLHttpRequest = Request;
    window.pipes = undefined;
    loadBundle();
}

function told(bodies) {
    return [].concat.apply([], bodies.map(function (one) { return JSON.parse(one.body).events; }));
}

function find(events, type, name) {
    return events.filter(function (event) { return event.type === type && event.name === name; });
}

function check(what, is_so) {
    if (!is_so) {
        throw new Error('not so: ' + what);
    }
    print(what);
}

function answerAll() {
    var bodies = [];
    pass(600);
    while (requests.length) {
        bodies.push(requests[0]);
        requests.shift().answer(200);
        pass(600);
    }
    return told(bodies);
}

function stored() {
    return Object.keys(local).filter(function (key) { return !key.indexOf('pipes_queue'); });
}

function firstPage() {
    open(true);
    pass(0);
    check('the page loads', typeof window.pipes.get === 'function');
    var request = requests[0];
    check('a request goes by XHR', request.method === 'POST' &&
        request.url === 'https://collect.example/e' &&
        /^text\/plain/.test(request.headers['Content-Type']));
    var page = find(answerAll(), 'page')[0];
    check('the page event tells where and who', page.seq === 1 &&
        page.url === window.location.href && page.properties.navigation === 'load' &&
        /^[0-9a-f]{32}$/.test(page.anonymous_id) &&
        cookies['pipes_anonymous_id.shop'].indexOf('1.' + page.anonymous_id + '.') === 0);
    window.pipes.track('chosen', {size: 'M', mail: 'ada@example.org', at: new Date(0)});
    window.pipes.identity('u-1', {plan: 'pro'});
    var events = answerAll();
    var track = find(events, 'track', 'chosen')[0].properties;
    check('a track event has its properties, scrubbed',
        track.size === 'M' && track.mail === 'redacted' && track.at === '1970-01-01T00:00:00.000Z');
    var identify = find(events, 'identify')[0];
    check('identity names the user',
        identify.user_id === 'u-1' && identify.user_properties.plan === 'pro');
    check('what was answered for is not kept', !stored().length);
}

function clickAndLeave() {
    var form = element('form', {id: 'order', 'data-pipes-shelf': '3'}, document);
    var button = element('button', {'data-pipes-name': 'buy'}, form);
    document.fire('click', {button: 0, target: button, pageX: 10, pageY: 20});
    window.history.pushState(null, '', 'https://www.shop.example/ferns');
    pass(5000);
    requests.length = 0;
    window.fire('pagehide', {});
    var events = told(beacons);
    var click = find(events, 'click', 'buy')[0];
    check('a click is told as the page is left, by beacon', click.user_id === 'u-1' &&
        click.properties.path === 'form#order>button' && click.properties.shelf === '3');
    check('a view that the page made itself is counted',
        find(events, 'page')[0].properties.navigation === 'push');
    check('how long the page was read is told', find(events, 'engagement').length > 0);
}

function withoutBeacon() {
    local = {};
    open(false);
    answerAll();
    window.pipes.track('last_word');
    window.fire('pagehide', {});
    check('without beacons what was not sent is kept', stored().length === 1);
    clock += 6e4;
    open(false);
    check('the next page sends it, by XHR', find(answerAll(), 'track', 'last_word').length === 1);
    check('and keeps nothing', !stored().length);
}

firstPage();
clickAndLeave();
withoutBeacon();
