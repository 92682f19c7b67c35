/**
 * Module: pipes.people(operator, properties) changes what is known of the user, in the order in which
 * the page says it: set, once (only where there is none), add (numbers), append, union, remove (from
 * lists), unset. Emits `identify` with user_properties {$operator: properties}.
 */
function people() {
    var OPERATORS = ['set', 'once', 'add', 'append', 'union', 'remove', 'unset'];

    /** Only numbers can be added; the core leaves out what is not finite. */
    function numbers(properties) {
        var kept = {};
        for (var key in properties) {
            if (typeof properties[key] === 'number') {
                kept[key] = properties[key];
            }
        }
        return kept;
    }

    return {name: 'people', start: function (core) {
        core.define('people', function (operator, properties) {
            var user_properties = {};
            if (OPERATORS.indexOf(operator) < 0 || !properties || typeof properties !== 'object') {
                return;
            }
            user_properties['$' + operator] = operator === 'add' ? numbers(properties) : properties;
            core.emit('identify', undefined, undefined, {user_properties: user_properties});
        });
    }};
}
pipesModules.push(people());
