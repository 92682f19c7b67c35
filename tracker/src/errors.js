/**
 * Module: what goes wrong on the page, and pipes.error(error, properties) for what the page caught.
 *
 * An error is its class, its file and its line (without a file, its message): each counts once a
 * page view, and of all together ten are sent. Frames of the tracker itself are left out of the stack,
 * and the place is never there, because it stands around many of the page's functions.
 */
function errors() {
    var VIEW_MAX = 10;
    var STACK_MAX = 2000;
    var MESSAGE_MAX = 500;
    // While the file runs; the package may be loaded on a server, where there is no document.
    var own = typeof document === 'undefined' ? undefined : (document.currentScript || {}).src;

    // What fails until the tracker has started: a page fails most while it loads.
    var early = [];

    function keep(event) {
        if (early.length < VIEW_MAX) {
            early.push(event);
        }
    }

    function eachType(fn) {
        ['error', 'unhandledrejection'].forEach(fn);
    }

    if (own && window.addEventListener) {
        eachType(function (type) { window.addEventListener(type, keep, {capture: true}); });
    }

    function isForeign(line) {
        return !own || line.indexOf(own) < 0;
    }

    return {name: 'errors', start: function (core) {
        var web = core.browser;
        var seen = {};
        var count = 0;

        function cut(value, length) {
            return web.attempt(function () { return ('' + value).slice(0, length); });
        }

        /** Where the first foreign frame lies: "at f (https://x/y.js:1:2)" or "f@https://x/y.js:1:2". */
        function place(stack) {
            return /([a-z][\w+.-]*:\/\/[^\s()]+|<anonymous>):(\d+):(\d+)/i.exec(stack) || [];
        }

        /** @param {Object=} more   what the page says about an error that it caught */
        function report(fault, event, more) {
            var is_object = Object(fault) === fault;
            var stack = web.attempt(function () {
                return fault.stack.split('\n').filter(isForeign).join('\n').slice(0, STACK_MAX);
            });
            var frame = place(stack);
            if (event.filename && isForeign(event.filename)) {
                frame = [0, event.filename, event.lineno, event.colno];
            }
            // What is thrown without a message is known by what it has, never by its values.
            var message = is_object ? fault.message || Object.keys(fault).join() || undefined : fault;
            // Of a script from elsewhere the browser tells no error, but null and "Script error.".
            message = cut(message === undefined || message === null ? event.message || message :
                message, MESSAGE_MAX);
            var name = is_object && fault.name && cut(fault.name, 100) ||
                (/(\w*Error):/.exec(event.message) || [0, 'Error'])[1];
            var key = [name, frame[1] || message, frame[2]].join('\n');
            if (seen[key] || count >= VIEW_MAX) {
                return;
            }
            seen[key] = ++count;
            var props = {
                message: message, source: frame[1], line: +frame[2] || undefined,
                column: +frame[3] || undefined, stack: stack, handled: !!more
            };
            web.attempt(function () {
                for (var key in more) {
                    props[key] = props[key] === undefined ? more[key] : props[key];
                }
            });
            core.emit('error', name, props);
        }

        /** A picture or script that cannot be loaded comes here, too, and has no message. */
        function hear(event) {
            if ('reason' in event) {
                report(event.reason, {});
            } else if (event.message) {
                report(event.error, event);
            }
        }

        eachType(function (type) {
            web.attempt(function () { window.removeEventListener(type, keep, true); });
            core.listen(web.window, type, hear);
        });
        core.later(function () {
            early.splice(0).forEach(hear);
        }, 0);
        core.define('error', function (fault, more) {
            report(fault, {}, typeof more === 'object' && more || {});
        });
        core.on('view', function () {
            seen = {};
            count = 0;
        });
    }};
}
pipesModules.push(errors());
