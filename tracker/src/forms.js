/**
 * Module: forms by their names and kinds of fields, never a value; and pipes.trackForm().
 *     form form_start|form_submit|form_abandon
 *         {form_id, form_name, fields: [{name, kind}], changes, duration_ms}
 * A form begins with the first change and is abandoned when the view ends before it was submitted;
 * both are told once a view. Who looks at another tab has not given up: of a page that is closed while it
 * is hidden nothing is told.
 */
function forms() {
    var FIELDS_MAX = 50;

    return {name: 'forms', start: function (core) {
        var web = core.browser;
        var doc = web.document;
        var known = [];

        /** Attributes, not properties: a field called "id" hides form.id. */
        function attribute(node, name) {
            return node.getAttribute(name) || undefined;
        }

        function fields(form) {
            return [].slice.call(form.elements).filter(web.label).slice(0, FIELDS_MAX)
                .map(function (field) {
                    return {name: attribute(field, 'name') || attribute(field, 'id'),
                        kind: field.type || field.tagName.toLowerCase()};
                });
        }

        function tell(what, one) {
            core.emit('form', 'form_' + what, {form_id: attribute(one._form, 'id'),
                form_name: attribute(one._form, 'name'), fields: fields(one._form),
                changes: one._changes, duration_ms: web.elapsed() - one._since});
        }

        function find(form) {
            var one = known.filter(function (other) { return other._form === form; })[0];
            if (!one) {
                one = {_form: form, _changes: 0, _since: web.elapsed()};
                known.push(one);
            }
            return one;
        }

        function changed(event) {
            var form = event.target.form;
            if (form && web.label(event.target) && web.label(form)) {
                var one = find(form);
                one._changes += event.type === 'change';
                if (!one._begun) {
                    one._begun = true;
                    tell('start', one);
                }
            }
        }

        /** A page that stops a form to look at it, and sends it by script then, has told us before. */
        function submitted(form, by_script) {
            var one = web.label(form) && find(form);
            if (one && !(by_script && one._over)) {
                one._over = one._begun = true;
                tell('submit', one);
                core.flush();
            }
        }

        function abandon() {
            known.forEach(function (one) {
                if (!one._over) {
                    one._over = true;
                    tell('abandon', one);
                }
            });
        }

        core.define('trackForm', function (what, name, properties) {
            // A selector counts for forms that come later, too.
            (typeof what === 'string' ? [doc] : web.elements(what)).forEach(function (place) {
                core.listen(place, 'submit', function (event) {
                    var form = event.target;
                    if (web.elements(what).indexOf(form) >= 0) {
                        core.emit('track', name,
                            typeof properties === 'function' ? properties(form) : properties);
                        core.flush();
                    }
                });
            });
        });
        core.listen(doc, 'input', changed);
        core.listen(doc, 'change', changed);
        core.listen(doc, 'submit', function (event) { submitted(event.target); });
        web.attempt(function () {
            core.wrap(web.window.HTMLFormElement.prototype, 'submit', function () {
                submitted(this, true);
            });
        });
        core.on('leave', function () {
            if (doc.visibilityState !== 'hidden') {
                abandon();
            }
        });
        core.on('view', function () {
            abandon();
            known = [];
        });
    }};
}
pipesModules.push(forms());
