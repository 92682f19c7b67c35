/**
 * Module: one page event per real navigation, in-page ones included.
 *     page {navigation: load|push|replace|pop|hash|restore}
 *
 * A view begins with the move and has its address and time, but is emitted when the title has
 * changed, too: routers set that later. Whatever else is told meanwhile hurries it. A frame of a
 * page that is counted is not a page.
 */
function pageView() {
    var STEP_MS = 50;
    /** Looks, not time: a page that is busy making itself has not had its chance yet. */
    var LOOKS = 6;
    // Outlives disable() and enable().
    var referrer;

    return {name: 'page_view', start: function (core) {
        var web = core.browser;
        var win = web.window;
        var doc = web.document;
        // A site that counts its first view by itself has said so to the tag already.
        var is_counted = (win.pipes.q || []).some(function (call) { return call[0] === 'page'; });
        var place, url, is_ending;
        /** The move that is not told yet, what it was, and the title at its time. */
        var move, kind, title, looks;

        /** Queries aside, also those of hash routes. */
        function path(address) {
            return address.replace(/\?[^#]*/g, '');
        }

        /** The address that makes a page: an anchor does not, a hash route does, but for the first (#/ or #!/). */
        function look() {
            place = web.url().replace(/#(?!!?\/.|![^\/]).*$/, '');
        }

        function begin(how, from) {
            kind = how;
            title = doc.title;
            looks = 0;
            move = {url: web.url(), referrer: from,
                created_at: web.now(), since_load_ms: web.elapsed()};
        }

        function begun(view) {
            url = view.url;
            referrer = view.referrer;
            is_ending = false;
        }

        function settle() {
            var view = move;
            if (view) {
                move = 0;
                is_ending = true;
                core.emit('page', undefined, {navigation: kind}, view);
                is_ending = false;
            }
        }

        function age() {
            return web.elapsed() - move.since_load_ms;
        }

        function wait() {
            if (doc.title === title && ++looks < LOOKS) {
                core.later(wait, STEP_MS);
            } else {
                settle();
            }
        }

        function moved(how) {
            return function () {
                var before = place;
                var is_replace = how === 'replace';
                if (!before) {
                    return; // not shown yet
                }
                look();
                if (move && (is_replace || place === before || age() < STEP_MS)) {
                    // Routers replace before and after they push, and redirect at once.
                    move.url = web.url();
                    kind = is_replace ? kind : how;
                } else if (is_replace ? path(place) !== path(before) : place !== before) {
                    settle();
                    begin(how, url);
                    core.later(wait, STEP_MS);
                }
            };
        }

        function show(how) {
            look();
            if (how === 'restore' || !is_counted) {
                begin(how, referrer);
                settle();
            }
        }

        function load() { show('load'); }

        if (web.isInner()) {
            return;
        }
        if (referrer === undefined) {
            referrer = doc.referrer;
        }
        core.wrap(win.history, 'pushState', moved('push'));
        core.wrap(win.history, 'replaceState', moved('replace'));
        // The only one to tell what no function of history did; of others the first.
        core.listen(win.navigation, 'currententrychange', function (event) {
            moved(event.navigationType)();
        });
        core.listen(win, 'popstate', moved('pop'));
        core.listen(win, 'hashchange', moved('hash'));
        core.listen(win, 'pageshow', function (event) {
            if (event.persisted) {
                show('restore');
            }
        });
        core.on('leave', settle);
        // As it is made: then it belongs to this view, whenever consent is given, and is scrubbed already.
        core.on('make', function (event) {
            var is_later = move && event.created_at >= move.created_at;
            if (event.type === 'page') {
                move = is_later ? 0 : move; // the site counts this one by itself
                begun(event);
            } else if (is_ending || is_later && event.type === 'engagement') {
                event.url = url;
                event.title = core.copy([title])[0];
            } else if (is_later) {
                settle();
                event.page_view_id = core.get('page_view_id');
            }
            event.referrer = referrer;
        });
        if (doc.prerendering) {
            core.listen(doc, 'prerenderingchange', load);
        } else {
            load();
        }
    }};
}
pipesModules.push(pageView());
