/** Module: submitted forms by their names and kinds of fields, never a value; pipes.trackForm(). */
function forms() {
    return {name: 'forms', start: function (core) {
        var web = core.browser;
        var undo = [];

        /** Attributes, not properties: a field called "id" hides form.id. */
        function attribute(node, name) {
            return node.getAttribute(name) || undefined;
        }

        function fields(form) {
            return Array.prototype.slice.call(form.elements, 0, 50).map(function (field) {
                return {name: attribute(field, 'name') || attribute(field, 'id'),
                    kind: field.type || field.tagName.toLowerCase()};
            });
        }

        function submitted(event) {
            var form = event.target;
            var id = attribute(form, 'id');
            var name = attribute(form, 'name');
            core.emit('form', name || id, {form_id: id, form_name: name, fields: fields(form)});
            core.flush();
        }

        core.define('trackForm', function (what, name, properties) {
            web.elements(what).forEach(function (form) {
                undo.push(web.listen(form, 'submit', function () {
                    core.emit('track', name, typeof properties === 'function' ?
                        properties(form) : properties);
                    core.flush();
                }));
            });
        });
        undo.push(web.listen(web.document, 'submit', submitted),
            function () { core.define('trackForm', function () {}); });
        return {stop: function () { undo.forEach(function (fn) { fn(); }); }};
    }};
}
pipesModules.push(forms());
