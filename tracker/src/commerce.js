/**
 * Module: pipes.commerce(name, properties) takes the shop events of GA4 (`add_to_cart`, items) and
 * of Segment ("Product Added", products) and makes of both one track event with Segment's name
 * in lower_snake (`product_added`, products). An order is sent once per page load.
 */
function commerce() {
    var NAMES = {
        add_payment_info: 'payment_info_entered', add_shipping_info: 'shipping_info_entered',
        add_to_cart: 'product_added', add_to_wishlist: 'product_added_to_wishlist',
        begin_checkout: 'checkout_started', purchase: 'order_completed', refund: 'order_refunded',
        remove_from_cart: 'product_removed', search: 'products_searched',
        select_item: 'product_clicked', select_promotion: 'promotion_clicked',
        view_cart: 'cart_viewed', view_item: 'product_viewed',
        view_item_list: 'product_list_viewed', view_promotion: 'promotion_viewed'
    };
    var KEYS = {
        transaction_id: 'order_id', items: 'products', creative_name: 'creative',
        creative_slot: 'position', promotion_name: 'name'
    };
    var orders = {};

    function own(table, key) {
        return table.hasOwnProperty(key) ? table[key] : key;
    }

    return {name: 'commerce', start: function (core) {
        var web = core.browser;

        /** A copy with other keys; what the page named so itself stays. */
        function rename(source, to) {
            var copy = {};
            Object.keys(typeof source === 'object' ? source : {}).forEach(function (key) {
                var name = to(key);
                web.attempt(function () {
                    copy[name in source ? key : name] = source[key];
                });
            });
            return copy;
        }

        function product(item) {
            return rename(item, function (key) {
                return key === 'item_id' ? 'product_id' : key === 'index' ? 'position' :
                    key.replace(/^item_/, '');
            });
        }

        core.define('commerce', function (name, properties) {
            if (typeof name === 'string') { // any other is the core's to judge
                name = own(NAMES, name.slice(0, 1e3).trim().toLowerCase().replace(/[\s-]+/g, '_'));
            }
            var props = web.attempt(function () {
                return rename(properties, function (key) { return own(KEYS, key); });
            }, {});
            if (!web.attempt(function () { return properties.products; })) {
                props.products = web.attempt(function () { return props.products.map(product); });
            }
            var order = name === 'order_completed' && web.attempt(function () {
                return props.order_id ? '$' + props.order_id : 0;
            });
            if (!order || !orders[order]) {
                orders[order] = 1;
                core.emit('track', name, props);
            }
        });
    }};
}
pipesModules.push(commerce());
