/**
 * Stories of routers: React Router and Vue Router need no bindings. The module page_view sees each
 * navigation once, with its title and where it came from. The package is used as docs/tracker.md
 * says.
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {until} = require('../collector');
const {INSTALLED, html, startSite, seen, pageSeen, clickWhenThere, ended, ofType, bundle,
    packageScript} = require('../site');

/** Behind `/old` is a redirect to `/two`. */
const PAGES = {'/': 'One', '/two': 'Two', '/three': 'Three'};
const LINKS = {...PAGES, '/old': 'Old'};

const ENTRY = `
import {create, page_view} from '/package.js';
create({endpoint: '/e', modules: [page_view]});
const PAGES = ${JSON.stringify(PAGES)}, LINKS = ${JSON.stringify(LINKS)};
`;

const REACT = (router) => `${ENTRY}
const {${router}, RouterProvider, Link, Navigate} = ReactRouter;
const h = React.createElement;
function Page({title}) {
    React.useEffect(() => { document.title = title; }, [title]);
    return Object.entries(LINKS).map(([to, name]) =>
        h(Link, {key: to, to, id: 'to-' + name}, name));
}
const routes = Object.entries(PAGES).map(([path, title]) => ({path, element: h(Page, {title})}));
routes.push({path: '/old', element: h(Navigate, {to: '/two', replace: true})});
Client.createRoot(document.getElementById('root')).render(
    h(React.StrictMode, null, h(RouterProvider, {router: ${router}(routes)})));`;

const VUE = (history) => `${ENTRY}
const {createRouter, RouterLink, RouterView} = VueRouter;
const {createApp, h} = Vue;
const page = {render: () => Object.entries(LINKS).map(([to, name]) =>
    h(RouterLink, {to, id: 'to-' + name}, () => name))};
const routes = Object.entries(PAGES).map(([path, title]) =>
    ({path, meta: {title}, component: page}));
routes.push({path: '/old', redirect: '/two'});
const router = createRouter({history: VueRouter.${history}(), routes});
router.afterEach((to) => { document.title = to.meta.title; });
createApp({render: () => h(RouterView)}).use(router).mount('#root');`;

const installed = (file) => fs.readFileSync(path.join(INSTALLED, file), 'utf8');
// By its file: asked for by name, a newer Node would give the ESM one.
const react = () => bundle({React: 'react', Client: 'react-dom/client',
    ReactRouter: path.join(INSTALLED, 'react-router/dist/development/index.js')}, 'development');
const vue = () => installed('vue/dist/vue.global.js') +
    installed('vue-router/dist/vue-router.global.js');

const ROUTERS = {
    'React Router, history': [react, REACT('createBrowserRouter'), ''],
    'React Router, hash': [react, REACT('createHashRouter'), '#'],
    'Vue Router, history': [vue, VUE('createWebHistory'), ''],
    'Vue Router, hash': [vue, VUE('createWebHashHistory'), '#'],
};

/** One, Two, Three, by the redirect Two, back, back, forward. */
async function wander(collector) {
    const {page} = collector;
    const shown = async (title, count) => {
        await page.waitFor((text) => document.title === text, title);
        await until(`a view of ${title}`, () => ofType(seen(collector), 'page').length >= count);
    };
    await page.goto(`${collector.url}/`);
    await pageSeen(collector, 'One');
    let count = 1;
    for (const [link, title] of [['Two', 'Two'], ['Three', 'Three'], ['Old', 'Two']]) {
        await clickWhenThere(page, `#to-${link}`);
        await shown(title, ++count);
    }
    for (const [go, title] of [[-1, 'Three'], [-1, 'Two'], [1, 'Three']]) {
        await page.evaluate((by) => { setTimeout(() => history.go(by)); }, go);
        await shown(title, ++count);
    }
    return ended(collector);
}

const story = ([name, [libraries, app, mark]]) => ({
    name: `${name}: each view once, with its title and where it came from`,
    ownStage: true,
    async run({t, browser}) {
        const collector = await startSite(t, browser, () => ({
            'libraries.js': libraries(),
            'package.js': packageScript(t),
            'index.html': html('One', '<script src="/libraries.js"></script>',
                `<div id="root"></div><script type="module">${app}</script>`),
        }));
        const all = ofType(await wander(collector), 'page');
        const short = (url) => url.replace(collector.url, '').replace(/^\/#/, '') || '/';
        const views = all.map((row) => [row.title, short(row.url), short(row.referrer)]);
        const where = (title) => Object.keys(PAGES).find((key) => PAGES[key] === title);
        const visited = ['One', 'Two', 'Three', 'Two', 'Three', 'Two', 'Three'];
        assert.deepStrictEqual(views, visited.map((title, i) =>
            [title, where(title), i ? where(visited[i - 1]) : '/']));
        assert.strictEqual(new Set(all.map((row) => row.page_view_id)).size, all.length);
        assert.ok(all.slice(1).every((row) => new URL(row.url).hash.startsWith(mark)));
    },
});

module.exports = Object.entries(ROUTERS).map(story);
