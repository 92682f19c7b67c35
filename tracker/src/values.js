/**
 * What the page hands in, made harmless: plain copies, scrubbed, of a size that can be sent.
 */

/** Gives target what source has; with `keep` only what target has not. */
function merge(target, source, keep) {
    for (var key in source) {
        if (!keep || target[key] === undefined) {
            target[key] = source[key];
        }
    }
    return target;
}

/** Names and ids; an endless one would make every event of its user too big. */
function text(value) {
    return typeof value === 'string' || typeof value === 'number' ?
        ('' + value).slice(0, 1e3) : undefined;
}

/** A plain copy, whatever the page hands in: cycles, getters that throw, endless trees. */
function plain(value, path, budget) {
    var kind = typeof value;
    var copy;
    if (kind === 'string') {
        budget._left -= value.length / 50;
        return scrub(value);
    }
    if (value === null || kind === 'boolean' || kind === 'number' && isFinite(value)) {
        return value;
    }
    if (kind === 'bigint') {
        return String(value);
    }
    if (kind !== 'object' || path.length > 8 || path.indexOf(value) >= 0 || value.nodeType ||
        value.window === value) {
        return undefined;
    }
    path = path.concat([value]);
    if (typeof value.toJSON === 'function') {
        return plain(value.toJSON(), path, budget);
    }
    copy = Array.isArray(value) ? [] : {};
    Object.keys(value).forEach(function (key) {
        if (--budget._left > 0) {
            attempt(function () {
                var part = plain(value[key], path, budget);
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
    return value && typeof value === 'object' ? attempt(function () {
        return plain(value, [], {_left: 2000});
    }) : undefined;
}
