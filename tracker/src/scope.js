/**
 * What one module gets for one start: everything made through it is undone by `_end()`.
 *
 * MODULE CONTRACT, version 2 (public, never mangled). A module is
 *     {name: string, start: function(Scope): (void|{stop: function()}), always: (boolean|'quiet')=}
 * start() is called when collecting begins (never before consent, nor against an opt-out) and again
 * after each enable(); return stop() only for what was not made through the scope. Both are fenced,
 * so is every function handed in. With `always` it is started once, before everything else and whatever
 * the visitor said, and is never stopped: for what listens to a consent banner, or has to hear of each
 * refusal. It keeps nothing but for events that are made, and takes that away at 'disable'. With
 * 'quiet' it says that it will not ask for consent. A bundled file ends with
 * `pipesModules.push(factory());`, a foreign one is handed to pipes.use(). Modules of version 1 keep working.
 *
 * @typedef {Object} Scope
 * @property {number} version     2
 * @property {Object} config      the baked-in configuration
 * @property {Object} options     config[module.name], or {}
 * @property {string} suffix      of all names on the device: other sites and environments have others
 * @property {Object} browser     window document attempt fence elements isInner randomId now elapsed
 *                                url, and of the module `elements`: label, hit (see there)
 * @property {function(EventTarget,string,function(Event),boolean=):function()} listen
 *           in the capture phase; passive unless the fourth is true. Returns what removes it
 * @property {function(Object,string,function():void):function()} wrap
 *           calls the function, of the same `this`, behind every call of owner[name]
 * @property {function(function(),number):function()} later   a timer; returns what cancels it
 * @property {function(string,function())} define  pipes[name]; does nothing after the stop. A name
 *           that the page may call before the tracker is there stands in modules.json
 * @property {function(string,function(*):*):function()} on
 *           'event'   (event) before it gets its seq; may change it; false drops it
 *           'make'    (event) as it is made, before consent is given: properties may be added
 *           'view'    () before a new page view begins: what is emitted here belongs to the old one
 *           'leave'   () the page is hidden or goes: synchronous work only; may come twice
 *           'sent' (count)  'refused' (status)  'answer' (also too late)  'consent' (state, told)
 *           'reset'  'enable'
 *           'disable' () the visitor refuses, in whatever way, and the core has removed all it kept: a module
 *           that keeps something elsewhere than by store() removes that now
 * @property {function(string,string=,Object=,Object=)} emit
 *           (type, name, properties, extra): makes an event; extra overrides envelope fields
 * @property {function(string, Object=)} consent   as pipes.consent()
 * @property {function(string)} get   as pipes.get(); `told`: how consent was said, if it was
 * @property {function()} renew   the next event begins a session
 * @property {function(*): Object=} copy   plain and scrubbed, as all properties are
 * @property {function(string=):string=} id   the anonymous id as it is kept ("1.<id>.<created ms>"), nothing
 *           while there must be none; an id in this form from elsewhere is taken by who has none
 * @property {function(function(string,function(BodyInit)))} pack   sets what makes a request's text
 *           smaller, in its own time: (text, done). Not asked when the page goes
 * @property {function()} flush   sends within this turn, for what a navigation may follow
 * @property {function(*=):*} store   small JSON that the module keeps on the device, where the storage
 *           mode and consent let it: undefined reads, null removes, another value is written: true if it
 *           was. Gone with reset() and every refusal
 *
 * @param {Object} shared   what all scopes have in common
 * @param {string} name of the module
 */
function scope(shared, name) {
    var undo = [];
    var alive = true;

    function keep(fn) {
        undo.push(fn);
        return fn;
    }

    return merge(Object.create(shared), {
        options: shared.config[name] || {},
        store: function (value) { return shared._store(name, value); },
        listen: function (target, type, fn, active) {
            return keep(listen(target, type, fn, active));
        },
        wrap: function (owner, method, fn) { return keep(wrap(owner, method, fn)); },
        later: function (fn, ms) {
            var timer = later(function () { return alive && fn(); }, ms);
            return function () { cancel(timer); };
        },
        define: function (call, fn) {
            shared.define(call, fn);
            keep(function () { shared.define(call); });
        },
        on: function (hook, fn) { return keep(shared.on(hook, fn)); },
        _end: function () {
            alive = false;
            undo.forEach(function (fn) { fn(); });
        }
    });
}

/**
 * The part of the browser that the contract lends to modules.
 * @param {function():number} now   while calls are made up for that waited, the time of each
 */
function browser(now) {
    return {
        window: window, document: window.document, attempt: attempt, fence: fence, listen: listen,
        wrap: wrap, elements: elements, isInner: isInner, randomId: randomId, now: now,
        elapsed: elapsed, later: later, cancel: cancel, url: address
    };
}
