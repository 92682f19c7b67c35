/**
 * Module: what is played. Each <audio> and <video> of the document (not in shadow trees, whose media
 * events do not leave them) says when it plays, pauses, ends, and has played past 25, 50, 75 and
 * 90 %. A part that was jumped over is not played. A decoration (autoplay and loop) says each
 * thing once.
 */
function media() {
    var MARKS = [25, 50, 75, 90];

    return {name: 'media', start: function (core) {
        var web = core.browser;
        var states = web.attempt(function () { return new WeakMap(); });

        /** What is known of one file in one element. */
        function stateOf(node) {
            var state = states.get(node);
            if (!state || state._src !== node.currentSrc) {
                state = {_src: node.currentSrc, _said: {}};
                states.set(node, state);
            }
            return state;
        }

        function percentOf(node) {
            // A live stream has no end, and no length is known before the metadata.
            return isFinite(node.duration) ? node.currentTime / node.duration * 100 : undefined;
        }

        function ms(seconds) {
            return isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
        }

        function say(node, what, mark) {
            var said = stateOf(node)._said;
            var key = what + mark;
            if (said[key] && (mark || node.autoplay && node.loop) || !web.label(node)) {
                return;
            }
            said[key] = true;
            core.emit('track', 'media_' + what, {
                kind: node.tagName.toLowerCase(), position_ms: ms(node.currentTime),
                duration_ms: ms(node.duration), percent: mark || Math.round(percentOf(node)),
                src: /^https?:/.test(node.currentSrc) ?
                    node.currentSrc.replace(/[?#][^]*/, '') : undefined
            });
        }

        function hear(type, fn) {
            core.listen(web.document, type, function (event) {
                if (/^(audio|video)$/i.test(event.target.tagName)) {
                    fn(event.target, stateOf(event.target));
                }
            });
        }

        hear('play', function (node, state) {
            state._last = percentOf(node);
            say(node, 'play');
        });
        hear('pause', function (node) {
            if (!node.ended) {
                say(node, 'pause');
            }
        });
        hear('seeking', function (node, state) { state._last = undefined; });
        hear('timeupdate', function (node, state) {
            var now = node.seeking ? undefined : percentOf(node);
            MARKS.forEach(function (mark) {
                // Never so while one of the two is not known.
                if (state._last < mark && now >= mark) {
                    say(node, 'progress', mark);
                }
            });
            state._last = now;
        });
        hear('ended', function (node) {
            say(node, 'end');
            states['delete'](node);
        });
    }};
}
pipesModules.push(media());
