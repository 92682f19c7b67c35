/**
 * Small pages with the libraries themselves, served by the collector they report to.
 *
 *     const collector = await startSite(t, browser, (tag) =>
 *         ({'index.html': html('One', tag, 'Hello')}));
 *     await collector.page.goto(`${collector.url}/index.html`);
 *     const all = await ended(collector);
 */
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {createRequire} = require('node:module');
const {execFileSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, rows, ownAddress, ROOT} = require('./collector');

const INSTALLED = path.join(ROOT, 'node_modules');
const TRACKER = path.join(ROOT, 'build', 'tracker');

const html = (title, head, body) =>
    `<!doctype html><html><head><title>${title}</title>${head}</head><body>${body}</body></html>`;

/**
 * A collector that serves the pages which `make(tag)` returns by name; a page of the browser.
 * @param {string[]} options   of the collector, and of the build that the tag is of
 */
async function startSite(t, browser, make, options = []) {
    const www = temporaryFolder(t);
    const collector = await startCollector(t, ['--www', www, ...options], ownAddress());
    const out = path.join(temporaryFolder(t), 'dist');
    collector.run('build', '--out', out, ...options);
    const tag = fs.readFileSync(path.join(out, 'tag.html'), 'utf8').split('\n')[1];
    const files = {...make(tag), 'end.html': html('End', tag, '')};
    for (const [name, text] of Object.entries(files)) {
        fs.writeFileSync(path.join(www, name), text);
    }
    collector.page = await browser.newPage();
    return collector;
}

const seen = (collector) => rows(collector.data);

const pageSeen = (collector, title) => until(`${title} was seen`, () =>
    seen(collector).some((row) => row.type === 'page' && row.title === title));

async function clickWhenThere(page, selector) {
    await page.waitFor((wanted) => Boolean(document.querySelector(wanted)), selector);
    await page.click(selector);
}

/** Leaves for the last page; all rows but its own, in the order in which they were made. */
async function ended(collector) {
    await collector.page.goto(`${collector.url}/end.html`);
    await pageSeen(collector, 'End');
    assert.deepStrictEqual(collector.page.errors, []);
    await collector.page.close();
    await collector.stop();
    return rows(collector.data).filter((row) => row.title !== 'End')
        .sort((a, b) => a.created_at < b.created_at ? -1 : 1);
}

const ofType = (all, type) => all.filter((row) => row.type === type);
const titles = (all) => ofType(all, 'page').map((row) => row.title);
/** What `pipes build` says in tag.html: each tag with the policy that goes with it. */
function tagsOf(t, collector) {
    const out = path.join(temporaryFolder(t), 'dist');
    collector.run('build', '--out', out, '--base-url', collector.url);
    const page = fs.readFileSync(path.join(out, 'tag.html'), 'utf8');
    const [plain, pinned, nonce, external, external_pinned, external_stub] =
        page.match(/^<script.*<\/script>$/gm);
    const [of_plain, of_nonce, of_external] = page.match(/^script-src .*$/gm);
    return {
        plain: [plain, of_plain], pinned: [pinned, of_plain], nonce: [nonce, of_nonce],
        external: [external, of_external], external_pinned: [external_pinned, of_external],
        external_stub: [external_stub, of_external],
    };
}

function packageScript(t) {
    const out = temporaryFolder(t);
    execFileSync(process.execPath, [path.join(ROOT, 'tracker', 'npm', 'build.js'), TRACKER, out]);
    return fs.readFileSync(path.join(out, 'index.js'), 'utf8');
}

/**
 * Packages made for Node as one script: `bundle({React: 'react'}, 'development')` gives
 * window.React.
 * @param {Object<string, string>} names   of packages, by the global each becomes
 */
function bundle(names, mode) {
    const modules = new Map();
    const add = (file) => {
        if (!modules.has(file)) {
            modules.set(file, '');
            const local = createRequire(file);
            const text = fs.readFileSync(file, 'utf8');
            modules.set(file, text.replace(/\brequire\(["']([^"']+)["']\)/g, (_, name) =>
                `require(${JSON.stringify(add(local.resolve(name)))})`));
        }
        return file;
    };
    const root = createRequire(path.join(ROOT, 'package.json'));
    const globals = Object.entries(names).map(([global, name]) =>
        `window.${global} = require(${JSON.stringify(add(root.resolve(name)))});`);
    const parts = [...modules].map(([file, text]) =>
        `modules[${JSON.stringify(file)}] = function (module, exports) {${text}\n};\n`);
    return `(function () { var process = {env: {NODE_ENV: "${mode}"}}, modules = {}, made = {};\n` +
        'function require(name) { if (!made[name]) { var module = made[name] = {exports: {}};\n' +
        'modules[name](module, module.exports); } return made[name].exports; }\n' +
        `${parts.join('')}${globals.join('\n')} })();`;
}

module.exports = {INSTALLED, html, startSite, seen, pageSeen, clickWhenThere, ended, ofType,
    titles, bundle, packageScript, tagsOf};
