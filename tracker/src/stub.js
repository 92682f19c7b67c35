/**
 * The inline tag: queues every call as [method, arguments, time] and loads the tracker.
 * @param {string} url
 * @param {string} [integrity]
 */
function stub(url, integrity) {
    var api = window.pipes = window.pipes || {};
    var doc = document;
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
    var script = doc.createElement('script');
    script.async = true;
    script.src = url;
    if (integrity) {
        script.integrity = integrity;
        script.crossOrigin = 'anonymous';
    }
    (doc.head || doc.documentElement).appendChild(script);
}
