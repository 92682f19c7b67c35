/**
 * Module: pipes.group(id, traits) says which group the visitor belongs to, from here on, and
 * pipes.alias(id, previous) that two ids are one person; `previous` is the id so far when left out.
 */
function group_alias() {
    return {name: 'group_alias', always: 'quiet', start: function (core) {
        function isId(value) {
            return value && typeof value === 'string' || typeof value === 'number';
        }

        core.define('group', function (id, traits) {
            if (isId(id)) {
                core.emit('group', undefined, undefined, {group_id: id, user_properties: traits});
            }
        });
        core.define('alias', function (id, previous) {
            if (isId(id)) {
                core.emit('alias', undefined, undefined, {user_id: id, previous_id: previous});
            }
        });
        // Not before there is one: what waits for consent has none yet.
        core.on('event', function (event) {
            if (event.type === 'alias' && !event.previous_id) {
                event.previous_id = core.get('user_id') || event.anonymous_id;
            }
        });
    }};
}
pipesModules.push(group_alias());
