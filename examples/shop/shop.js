/** The demo shop's pages. Every call of `pipes` is one that a real shop would make. */
(function () {
'use strict';

const byId = (id) => document.getElementById(id);
const CART = 'leaf-cart';

function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) {
        element.className = className;
    }
    if (text !== undefined) {
        element.textContent = text;
    }
    return element;
}

function readCart() {
    try {
        return JSON.parse(localStorage.getItem(CART)) || [];
    } catch (error) {
        return [];
    }
}

function writeCart(ids) {
    try {
        localStorage.setItem(CART, JSON.stringify(ids));
    } catch (error) {
        return; // a browser that keeps nothing: the cart lasts for this page
    }
    showCount();
}

function showCount() {
    byId('cart-count').textContent = readCart().length;
}

const plantOf = (id) => window.PLANTS.find((plant) => plant.id === id);
const totalOf = (ids) => ids.reduce((sum, id) => sum + plantOf(id).price, 0);
const parameter = (name) => new URLSearchParams(location.search).get(name) || '';

function art(plant) {
    const box = make('div', 'art');
    box.append(window.drawPlant(plant));
    return box;
}

function card(plant, position) {
    const item = make('li', 'card');
    const link = make('a');
    link.href = `/product.html?id=${plant.id}`;
    link.append(art(plant), make('h2', '', plant.name),
        make('span', 'price', plant.price.toFixed(2)));
    link.addEventListener('click', () =>
        pipes.track('product_clicked', {product_id: plant.id, position}));
    item.append(link);
    return item;
}

function showList(plants, list) {
    byId('products').append(...plants.map(card));
    pipes.track('product_list_viewed', {list, product_ids: plants.map((plant) => plant.id)});
}

function showProduct() {
    const plant = plantOf(parameter('id')) || window.PLANTS[0];
    const text = make('div');
    const add = make('button', '', 'Add to cart');
    add.id = 'add';
    add.addEventListener('click', () => {
        writeCart([...readCart(), plant.id]);
        pipes.track('product_added', {product_id: plant.id, price: plant.price, quantity: 1});
        add.textContent = 'Added';
    });
    text.append(make('h1', '', plant.name), make('p', 'price', plant.price.toFixed(2)),
        make('p', '', `Likes ${plant.light} light, and the ${plant.room}.`), add);
    byId('product').append(art(plant), text);
    document.title = plant.name;
    pipes.track('product_viewed', {product_id: plant.id, price: plant.price});
}

function showCart() {
    const ids = readCart();
    byId('lines').append(...ids.map((id) => {
        const line = make('li');
        line.append(make('span', '', plantOf(id).name),
            make('span', '', plantOf(id).price.toFixed(2)));
        return line;
    }));
    byId('total').textContent = totalOf(ids).toFixed(2);
    byId('to-checkout').hidden = ids.length === 0;
    pipes.track('cart_viewed', {items: ids.length, value: totalOf(ids)});
}

function finishOrder() {
    const ids = readCart();
    if (ids.length > 0) {
        pipes.track('order_completed', {items: ids.length, value: totalOf(ids), product_ids: ids});
        writeCart([]);
    }
}

function checkOut() {
    pipes.track('checkout_started', {items: readCart().length});
    byId('checkout').addEventListener('submit', (event) => {
        // A real shop would post it. What was typed must never stand in an address.
        event.preventDefault();
        location.href = '/thanks.html';
    });
}

function search() {
    const wanted = parameter('q').trim().toLowerCase();
    const found = window.PLANTS.filter((plant) => plant.name.toLowerCase().includes(wanted));
    byId('search-said').textContent = `${found.length} plants found`;
    pipes.track('products_searched', {results: found.length});
    showList(found, 'search');
}

function about() {
    byId('sign-in').addEventListener('click', () => pipes.identify('user-1001', {plan: 'demo'}));
    byId('sign-out').addEventListener('click', () => pipes.reset());
}

function setUpPrivacy() {
    const button = byId('privacy');
    button.addEventListener('click', () => {
        pipes.disable();
        button.textContent = 'Not counted any more';
        button.disabled = true;
    });
}

const PAGES = {
    '/': () => showList(window.PLANTS, 'home'),
    '/index.html': () => showList(window.PLANTS, 'home'),
    '/product.html': showProduct,
    '/cart.html': showCart,
    '/checkout.html': checkOut,
    '/thanks.html': finishOrder,
    '/search.html': search,
    '/about.html': about,
};

const script = document.createElement('script');
script.src = '/plants.js';
script.onload = () => (PAGES[location.pathname] || (() => undefined))();
document.head.append(script);
showCount();
setUpPrivacy();
}());
