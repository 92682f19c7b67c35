'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const {execFileSync} = require('child_process');
const {pathToFileURL} = require('url');
const {openPage, element} = require('./page.js');

const ROOT = path.join(__dirname, '../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-npm-'));
const out = path.join(folder, 'node_modules', 'pipes-tracker');
process.on('exit', () => fs.rmSync(folder, {recursive: true, force: true}));
execFileSync(process.execPath, [path.join(ROOT, 'tracker/build.js'), path.join(folder, 'tracker')]);
execFileSync(process.execPath,
    [path.join(ROOT, 'tracker/npm/build.js'), path.join(folder, 'tracker'), out]);

const entry = pathToFileURL(path.join(out, 'index.js')).href;
const list = JSON.parse(fs.readFileSync(path.join(ROOT, 'tracker/modules.json'), 'utf8'));

test('the package has every module, with what it needs', async () => {
    const made = await import(entry);
    assert.deepEqual(new Set(Object.keys(made)),
        new Set(['create', ...list.modules.map((one) => one.name)]));
    for (const one of list.modules) {
        assert.equal(made[one.name].name, one.name);
        assert.deepEqual(made[one.name].needs.map((other) => other.name), one.needs);
    }
});

test('on a server every call does nothing', async () => {
    const {create} = await import(entry);
    const pipes = create({endpoint: '/e'});
    for (const name of [...list.core.calls, ...list.modules.flatMap((one) => one.calls), 'get']) {
        pipes[name]('x', {});
    }
    assert.equal(typeof pipes.on('event', () => {}), 'function');
});

test('every call compiles, and mistakes are refused', () => {
    for (const name of ['usage.ts', 'mistakes.ts']) {
        fs.copyFileSync(path.join(ROOT, 'test/types', name), path.join(folder, name));
    }
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit',
        '--strict', '--target', 'es2020', '--module', 'esnext', '--moduleResolution', 'bundler',
        'usage.ts', 'mistakes.ts'], {cwd: folder, encoding: 'utf8'});
});

test('the types tell of every call there is', () => {
    const types = fs.readFileSync(path.join(ROOT, 'tracker/npm/index.d.ts'), 'utf8');
    const usage = fs.readFileSync(path.join(ROOT, 'test/types/usage.ts'), 'utf8');
    for (const name of [...list.core.calls, ...list.modules.flatMap((one) => one.calls)]) {
        assert.match(types, new RegExp(`^    ${name}[(<]`, 'm'));
        assert.match(usage, new RegExp(`pipes\\.${name}\\(`));
    }
});

test('a call whose module was not imported does nothing', async () => {
    const {create, people} = await import(`${entry}?absent`);
    const {win} = openPage({config: {site: 'tag'}});
    globalThis.window = win;
    try {
        win.pipes = undefined;
        for (const site of ['shop', 'blog']) {
            const pipes = create({site, endpoint: 'https://b.example/e', modules: [people]});
            const events = [];
            pipes.on('event', ({type}) => { events.push(type); });
            for (const name of list.modules.flatMap((one) => one.calls)) {
                assert.equal(pipes[name]('set', {plan: 'pro'}), undefined);
            }
            assert.deepEqual(events, ['identify'], 'what people is for');
        }
    } finally {
        delete globalThis.window;
    }
});

/** Runs fn in a page that has no tag. */
async function inPage(fn, options) {
    const page = openPage({config: {site: 'tag'}, ...options});
    page.win.pipes = undefined;
    globalThis.window = page.win;
    try {
        return await fn(page);
    } finally {
        delete globalThis.window;
    }
}

test('what a module needs comes along with use(), too, of another instance as well', async () => {
    const {create, clicks} = await import(`${entry}?later`);
    await inPage(async (page) => {
        const pipes = create({site: 'shop', endpoint: 'https://b.example/e'});
        const other = pipes.create({site: 'blog'});
        for (const one of [pipes, other]) {
            one.use(clicks);
            one.use(null);
        }
        page.doc.fire('click', {button: 0, target: element('button', {'data-pipes-name': 'buy'})});
        await page.pass(1000);
        assert.deepEqual(page.requests.map(({body}) => [body.site, body.events.map((e) => e.name)]),
            [['shop', ['buy']], ['blog', ['buy']]]);
    });
});

test('what is no option takes nothing away from the page', async () => {
    const {create, people} = await import(`${entry}?hostile`);
    const thrower = () => { throw new Error('hostile'); };
    for (const options of [{modules: [null, undefined, 7, people]}, {site: '\ud800'},
        {get site() { return thrower(); }}, {modules: {}}, 7, 'x']) {
        await inPage(() => {
            const pipes = create(options);
            for (const name of list.core.calls) { assert.equal(typeof pipes[name], 'function'); }
            pipes.people('set', {plan: 'pro'});
        });
    }
    await inPage(async (page) => {
        create({endpoint: 'https://b.example/e', modules: [null, people]}).people('set', {a: 1});
        await page.pass(1000);
        assert.equal(page.requests.length, 1);
    });
});

test('where there is a window but no document, as in an app of React Native, calls do nothing',
    async () => {
        const {create, page_view} = await import(`${entry}?native`);
        globalThis.window = globalThis;
        try {
            const pipes = create({endpoint: '/e', modules: [page_view]});
            pipes.track('a');
            assert.equal(pipes.version, undefined);
        } finally {
            delete globalThis.window;
        }
    });

test('a second site is an instance of its own, the same site is the same one', async () => {
    const {create, page_view} = await import(`${entry}?instances`);
    const {win} = openPage({config: {site: 'tag'}});
    globalThis.window = win;
    try {
        const made = ['tag', 'blog', 'blog', 'shop'].map((site) =>
            create({site, endpoint: 'https://b.example/e', modules: [page_view]}));
        assert.equal(made[0], win.pipes);
        assert.equal(made[1], made[2]);
        assert.equal(new Set(made).size, 3);
        assert.deepEqual(made.map((pipes) => pipes.get('site')), ['tag', 'blog', 'blog', 'shop']);
        assert.notEqual(made[1].get('anonymous_id'), made[3].get('anonymous_id'));
    } finally {
        delete globalThis.window;
    }
});

test('create() without anything is a tracker, too, and the package has its licence', async () => {
    const {create} = await import(`${entry}?bare`);
    const {win} = openPage();
    globalThis.window = win;
    try {
        for (const options of [undefined, null]) {
            win.pipes = undefined;
            assert.equal(create(options).get('enabled'), true);
        }
    } finally {
        delete globalThis.window;
    }
    assert.match(fs.readFileSync(path.join(out, 'LICENSE'), 'utf8'),
        /Apache License/);
});
