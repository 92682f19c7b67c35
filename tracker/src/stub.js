/**
 * The inline tag: queues every call as [method, arguments, time] until the tracker is there. The
 * element beside it loads that.
 */
function stub() {
    var api = window.pipes = window.pipes || {};
    if (api.q) {
        return;
    }
    api.q = [];
    // The build puts the names of all calls here: see modules.json.
    'PIPES_CALLS'.split(' ').forEach(function (name) {
        api[name] = function () {
            api.q.push([name, arguments, +new Date()]);
        };
    });
}
