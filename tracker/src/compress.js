/**
 * Module: requests of more than 4 KiB go as gzip, where the browser has CompressionStream: what is
 * smaller goes in three packets as it is, and packing it would cost the page more than all the rest. The
 * content type stays and no encoding is named, for that would cost a preflight request: the
 * collector knows gzip by its first bytes. What must go within this turn goes as it is.
 */
function compress() {
    var MIN_LENGTH = 4096;

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
