/**
 * Module: requests of more than a kilobyte go as gzip, where the browser has CompressionStream. The
 * content type stays and no encoding is named, for that would cost a preflight request: the
 * collector knows gzip by its first bytes. What must go within this turn goes as it is.
 */
function compress() {
    var MIN_LENGTH = 1024;

    return {name: 'compress', start: function (core) {
        var win = core.browser.window;

        function gzip(text) {
            return new win.Response(new win.Blob([text]).stream()
                .pipeThrough(new win.CompressionStream('gzip')),
            {headers: {'Content-Type': 'text/plain;charset=UTF-8'}}).blob();
        }

        core.pack(function (text, done) {
            function plain() { done(text); }
            var small = text.length > MIN_LENGTH && core.browser.attempt(function () {
                return gzip(text);
            });
            if (small) {
                // One call of done, whatever becomes of it.
                small.then(done, plain);
            } else {
                plain();
            }
        });
    }};
}
pipesModules.push(compress());
