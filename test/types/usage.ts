/* Every public call, as a site writes it; test/tracker/npm.test.js lets the compiler read it. */
import {create, elements, forms, links, page_view} from 'pipes-tracker';
import type {Module, Options, Pipes, PipesEvent} from 'pipes-tracker';

const own: Module = {name: 'own', start() { return {stop() {}}; }};
const options: Options = {
    endpoint: 'https://events.example/e', site: 'shop', environment: 'staging', release: '7',
    consent: 'pending', storage: 'local', domain: 'shop.example', modules: [elements, page_view, links, forms, own],
    moduleOptions: {links: {downloads: false}},
};
const pipes: Pipes = create(options);
pipes.page();
pipes.page('home', {a: 1});
pipes.page({a: 1});
pipes.screen('settings');
pipes.track('product_added', {product_id: 'fern', price: 18.9, tags: ['a']});
pipes.identify('user-1', {plan: 'pro'});
pipes.identify({plan: 'pro'});
pipes.identity(7);
pipes.group('team', {size: 3});
pipes.alias('new', 'old');
pipes.set({theme: 'dark'});
pipes.once({first: true});
pipes.time('checkout');
pipes.trackLink('a.buy', 'buy', (link) => ({href: link.href}));
pipes.trackForm(document.querySelectorAll('form'), 'sent', (form) => ({id: form.id}));
pipes.people('add', {visits: 1});
pipes.impressions('#shelf', {list: 'shelf'});
pipes.commerce('add_to_cart', {items: []});
pipes.error(new Error('caught'), {step: 2});
pipes.consent('granted');
pipes.ready((api) => api.flush());
const off: () => void = pipes.on('event', (event: PipesEvent) => event.type !== 'page');
pipes.on('sent', (count) => count.toFixed());
off();
pipes.use(own);
pipes.flush();
pipes.debug(false);
const id: string | undefined = pipes.get('anonymous_id');
pipes.create({site: 'blog', credentials: 'include'}).track('read');
const enabled: boolean | undefined = pipes.get('enabled');
pipes.reset();
pipes.disable();
pipes.enable();
export {id, enabled};
