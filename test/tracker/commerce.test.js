'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage} = require('./page.js');

async function sent(...calls) {
    const page = openPage({modules: ['commerce']});
    calls.forEach((args) => page.pipes.commerce(...args));
    page.pipes.flush();
    await page.settle();
    return page.requests.flatMap((one) => one.body.events);
}

const NAMES = {
    add_to_cart: 'Product Added', purchase: 'Order Completed', view_item: 'Product Viewed',
    begin_checkout: 'Checkout Started', remove_from_cart: 'Product Removed',
    view_item_list: 'Product List Viewed', select_item: 'Product Clicked',
    add_payment_info: 'Payment Info Entered', refund: 'Order Refunded', view_cart: 'Cart Viewed',
    add_shipping_info: 'Shipping Info Entered', add_to_wishlist: 'Product Added to Wishlist',
    view_promotion: 'Promotion Viewed', select_promotion: 'Promotion Clicked'
};

for (const [ga4, segment] of Object.entries(NAMES)) {
    test(`${ga4} and ${segment} are one name`, async () => {
        const canonical = segment.toLowerCase().replace(/ /g, '_');
        const events = await sent([ga4, {}], [segment, {}], [canonical]);
        assert.deepEqual(events.map((e) => [e.type, e.name]),
            [['track', canonical], ['track', canonical], ['track', canonical]]);
    });
}

test('items become products with the names of Segment', async () => {
    const [event] = await sent(['add_to_cart', {currency: 'EUR', value: 12, items: [
        {item_id: 'f1', item_name: 'Fern', item_brand: 'Wald', item_category: 'green',
            item_variant: 'small', price: 6, quantity: 2, index: 3}]}]);
    assert.deepEqual(event.properties, {currency: 'EUR', value: 12, products: [
        {product_id: 'f1', name: 'Fern', brand: 'Wald', category: 'green', variant: 'small',
            price: 6, quantity: 2, position: 3}]});
});

test('what already has the names of Segment stays as it is', async () => {
    const props = {order_id: 'o1', products: [{product_id: 'f1', item_size: 3}],
        transaction_id: 't1', items: 4};
    const [event] = await sent(['Order Completed', props]);
    assert.deepEqual(event.properties, props);
});

test('an item that has both names keeps both', async () => {
    const [event] = await sent(['view_item', {items: [{item_name: 'a', name: 'b'}]}]);
    assert.deepEqual(event.properties.products, [{item_name: 'a', name: 'b'}]);
});

test('an order is sent once, by whichever name it comes', async () => {
    const events = await sent(['purchase', {transaction_id: 7}],
        ['Order Completed', {order_id: '7'}], ['order_completed', {order_id: 'toString'}],
        ['purchase', {transaction_id: 7}]);
    assert.deepEqual(events.map((e) => e.properties.order_id), [7, 'toString']);
});

test('orders without an id, and refunds in parts, are all sent', async () => {
    const events = await sent(['purchase'], ['purchase'], ['refund', {transaction_id: 'o1'}],
        ['refund', {transaction_id: 'o1'}]);
    assert.equal(events.length, 4);
});

test('an order stays known when collecting is stopped and begun again', async () => {
    const page = openPage({modules: ['commerce']});
    page.pipes.commerce('purchase', {transaction_id: 'o1'});
    page.pipes.flush();
    await page.answer(200);
    page.pipes.disable();
    page.pipes.enable();
    page.pipes.commerce('purchase', {transaction_id: 'o1'});
    await page.pass(1000);
    assert.equal(page.requests.length, 0);
});

test('a name of its own passes, also one that every object has', async () => {
    const events = await sent(['Coupon Applied', {coupon: 'x'}], ['toString']);
    assert.deepEqual(events.map((e) => e.name), ['coupon_applied', 'tostring']);
});

test('whatever is handed in, nothing throws, and the rest is sent', async () => {
    const [event] = await sent(['purchase', {transaction_id: 'o1', coupon: 'c',
        get tax() { throw new Error('no'); }, items: [null]}], [null, 7], [Symbol('x')]);
    assert.deepEqual([event.properties.order_id, event.properties.coupon], ['o1', 'c']);
});
