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
    // Where Trusted Types are enforced, only a policy makes an address of a script. A page that
    // refuses ours may have a default one, which is asked when a plain text is given.
    try {
        var types = window.trustedTypes;
        url = types ? types.createPolicy('pipes', {
            createScriptURL: function () { return url; }
        }).createScriptURL(url) : url;
    } catch (e) {}
    script.src = url;
    if (integrity) {
        script.integrity = integrity;
        script.crossOrigin = 'anonymous';
    }
    (doc.head || doc.documentElement).appendChild(script);
}
