/**
 * Module: clicks on what is there to be clicked, or was named by the page.
 *     click data-pipes-name {path, tag, id, role, text, x, y, data-pipes-*}
 * Text is told only where data-pipes-text stands on the element, and never where one can write.
 */
function clicks() {
    var MAX_PER_VIEW = 200;
    var TEXT_MAX = 100;
    var WANTED = 'a,button,summary,[role=button],input[type=submit],input[type=button],[data-pipes-name]';
    var WRITABLE = 'input,textarea,select,[contenteditable]';

    return {name: 'clicks', start: function (core) {
        var web = core.browser;
        var left = MAX_PER_VIEW;

        function textOf(node) {
            return node.hasAttribute('data-pipes-text') && !node.isContentEditable &&
                !node.matches(WRITABLE) && !node.querySelector(WRITABLE) ?
                node.textContent.trim().slice(0, TEXT_MAX) : undefined;
        }

        core.on('view', function () { left = MAX_PER_VIEW; });
        core.listen(web.document, 'click', function (event) {
            var node = web.hit(event, WANTED);
            var label = web.label(node);
            var told = label.data;
            if (label.path && !(event.button > 1) && left-- > 0) {
                told.path = label.path;
                told.tag = node.tagName.toLowerCase();
                told.id = node.getAttribute('id') || undefined;
                told.role = node.getAttribute('role') || undefined;
                told.text = textOf(node);
                told.x = Math.round(event.pageX);
                told.y = Math.round(event.pageY);
                core.emit('click', label.name, told);
            }
        });
    }};
}
pipesModules.push(clicks());
