/**
 * Module: properties that last, and how long something took.
 *     pipes.set(properties)    of every event from here on
 *     pipes.once(properties)   only those that are not set yet
 *     pipes.time(name)         the next track of that name has duration_ms
 * What the page says before consent, or while it is refused, counts from then on; reset() forgets it.
 */
function set_once_time() {
    return {name: 'set_once_time', always: 'quiet', start: function (core) {
        var lasting, begun;

        function forget() {
            lasting = {};
            begun = {};
        }

        function fill(target, source, anew) {
            for (var key in source) {
                if (anew || !(key in target)) {
                    target[key] = source[key];
                }
            }
        }

        function keyOf(name) {
            return '$' + ('' + name).slice(0, 1e3);
        }

        forget();
        core.on('reset', forget);
        core.on('make', function (event) {
            var key = keyOf(event.name);
            if (event.type === 'track' && begun[key]) {
                fill(event.properties, {duration_ms: core.browser.now() - begun[key]});
                delete begun[key];
            }
            fill(event.properties, lasting);
        });
        core.define('set', function (properties) { fill(lasting, core.copy(properties), 1); });
        core.define('once', function (properties) { fill(lasting, core.copy(properties)); });
        core.define('time', function (name) { begun[keyOf(name)] = core.browser.now(); });
    }};
}
pipesModules.push(set_once_time());
