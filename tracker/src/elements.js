/**
 * Module: what others say about an element. Nothing is sent by it.
 *
 * It puts two functions on the browser of the contract:
 *     hit(event, selector) -> the node that was hit, or the nearest around it, also out of a shadow tree
 *     label(node) -> null where the page said data-pipes-ignore, on the node or around it, else
 *     {path: 'form#order>p>button', name: data-pipes-name, data: {every other data-pipes-*}}
 * The path has at most five steps, from the nearest element with an id that looks like a person's
 * choice (no digits, nor what React makes: those are of machines, and differ the next time). Names and data are those
 * of the node or of what is around it, the nearest first. Text is never read here.
 */
function elements() {
    var PREFIX = 'data-pipes-';
    var STEPS_MAX = 5;

    function attribute(node, name) {
        // Not node.id: a form's field called "id" hides it.
        return node.getAttribute ? node.getAttribute(name) : null;
    }

    function step(node) {
        var id = attribute(node, 'id');
        var name = attribute(node, 'name');
        var tag = node.tagName.toLowerCase();
        return id && !/[\d:\xab]|_r_/i.test(id) ? tag + '#' + id : name ? tag + '[' + name + ']' : tag;
    }

    return {name: 'elements', start: function (core) {
        var web = core.browser;

        function collect(node, label) {
            var list = node.attributes;
            for (var i = 0; i < list.length; i++) {
                var key = list[i].name;
                if (key.indexOf(PREFIX)) {
                    continue;
                }
                key = key.slice(PREFIX.length);
                if (key === 'ignore') {
                    return false;
                }
                if (key === 'name') {
                    label.name = label.name || list[i].value;
                } else if (!(key in label.data)) {
                    label.data[key] = list[i].value;
                }
            }
            return true;
        }

        web.hit = function (event, selector) {
            var node = event.composedPath ? event.composedPath()[0] : event.target;
            while (node && !(node.matches && node.matches(selector))) {
                node = node.parentNode || node.host;
            }
            return node;
        };

        web.label = function (node) {
            var label = {path: '', name: undefined, data: {}};
            var steps = [];
            var open = true;
            for (; node; node = node.parentNode || node.host) {
                if (!node.tagName) {
                    continue; // a shadow tree's root, or the document
                }
                if (!collect(node, label)) {
                    return null;
                }
                if (open && steps.length < STEPS_MAX) {
                    steps.unshift(step(node));
                    open = steps[0].indexOf('#') < 0;
                }
            }
            label.path = steps.join('>');
            return label;
        };
    }};
}
pipesModules.push(elements());
