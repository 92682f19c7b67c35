/**
 * WebKitGTK for engines.js: its MiniBrowser on a display of its own, driven by WebKitWebDriver.
 *
 * A driven MiniBrowser keeps nothing when it ends. For visits that follow one another there is the
 * same browser undriven, which keeps a profile; the page then does by itself what is to be done.
 */
'use strict';
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {atEnd, temporaryFolder, until, freePort} = require('./collector');
const {WebDriver} = require('./webdriver');

const LIBRARIES = '/usr/lib';

function findMiniBrowser() {
    for (const machine of fs.readdirSync(LIBRARIES)) {
        for (const version of ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0']) {
            const found = path.join(LIBRARIES, machine, version, 'MiniBrowser');
            if (fs.existsSync(found)) {
                return found;
            }
        }
    }
    throw new Error('no MiniBrowser of WebKitGTK below /usr/lib; tools/setup test installs it');
}

/** A child that is ended with the test, and by the system should the test be killed. */
function run(t, command, args, env, stdio = 'ignore') {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], {env, stdio});
    const ended = new Promise((resolve) => {
        child.on('exit', resolve);
        child.on('error', resolve);
    });
    child.end = async () => {
        child.kill('SIGTERM');
        const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(hard);
    };
    atEnd(t, child.end);
    return child;
}

/** A display that the server chose among the free ones. */
async function startDisplay(t) {
    const server = run(t, 'Xvfb',
        ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
        process.env, ['ignore', 'ignore', 'ignore', 'pipe']);
    let said = '';
    server.stdio[3].on('data', (text) => {
        said += text;
    });
    await until('Xvfb has a display', () => said.endsWith('\n'));
    return ':' + said.trim();
}

/** Whether a file below the folder has that text. */
function holds(folder, text) {
    return fs.readdirSync(folder, {withFileTypes: true}).some((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? holds(full, text) :
            entry.isFile() && fs.readFileSync(full).includes(text);
    });
}

/** Who waits looks again if a look took longer. */
const LOOK_MS = 3000;

/** What a reference to an element is called, and keys without a letter, by the standard. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const KEYS = {Escape: '\uE00C'};

class WebKitPage {
    constructor(session, handle) {
        this.session = session;
        this.handle = handle;
        this.errors = [];
    }

    call(method, where, body, boundMs) {
        return this.session.inWindow(this.handle, () =>
            this.session.call(method, where, body, boundMs));
    }

    goto(url) { return this.call('POST', '/url', {url}); }
    back() { return this.evaluate(() => { setTimeout(() => history.back()); }); }

    evaluate(fn, ...args) { return this.run(fn, args); }

    run(fn, args, boundMs) {
        return this.call('POST', '/execute/sync',
            {script: `return (${fn}).apply(null, arguments)`, args}, boundMs);
    }

    waitFor(fn, ...args) {
        // While a page makes way for the next one there is no script to run, or it is never
        // answered for, as its page went into the back-forward cache.
        return until(String(fn), () => this.run(fn, args, LOOK_MS).catch(() => false));
    }

    async find(selector) {
        const found = await this.call('POST', '/element', {using: 'css selector', value: selector});
        return `/element/${Object.values(found)[0]}`;
    }

    /** Several times: as fast as a hand that is in a hurry. */
    async click(selector, count = 1) {
        const where = await this.find(selector);
        if (count === 1) {
            return this.call('POST', `${where}/click`);
        }
        await this.evaluate((wanted) =>
            document.querySelector(wanted).scrollIntoView({block: 'nearest'}), selector);
        const press = [{type: 'pointerDown', button: 0}, {type: 'pointerUp', button: 0}];
        return this.act({type: 'pointer', id: 'mouse', parameters: {pointerType: 'mouse'},
            actions: [{type: 'pointerMove', x: 0, y: 0, origin: {[ELEMENT]: where.split('/')[2]}},
                ...Array(count).fill(press).flat()]});
    }

    press(key) {
        return this.act({type: 'key', id: 'keys', actions: ['keyDown', 'keyUp'].map((type) =>
            ({type, value: KEYS[key] || key}))});
    }

    act(source) {
        return this.call('POST', '/actions', {actions: [source]});
    }

    async type(selector, text) {
        return this.call('POST', `${await this.find(selector)}/value`, {text});
    }

    /** In the frame of the page; it has one. */
    clickInFrame(selector) {
        const {session} = this;
        return session.inWindow(this.handle, async () => {
            await session.call('POST', '/frame', {id: 0});
            const found = await session.call('POST', '/element',
                {using: 'css selector', value: selector});
            await session.call('POST', `/element/${Object.values(found)[0]}/click`);
            await session.call('POST', '/frame', {id: null});
        });
    }

    async cookieEnds(name) {
        return (await this.call('GET', `/cookie/${name}`)).expiry;
    }

    /** Each page has a window of its own: what is put away is as hidden as a tab behind another. */
    async toBack() {
        this.rect = await this.call('GET', '/window/rect');
        await this.call('POST', '/window/minimize');
        await this.waitFor(() => document.visibilityState === 'hidden');
    }

    async toFront() {
        await this.call('POST', '/window/rect', this.rect);
        await this.waitFor(() => document.visibilityState === 'visible');
    }

    async close() {
        await this.call('DELETE', '/window');
        this.session.current = undefined;
    }
}

class WebKitBrowser {
    constructor(t) {
        this.t = t;
        this.profile = temporaryFolder(t);
        this.program = findMiniBrowser();
    }

    async start() {
        const home = this.profile;
        this.env = {
            ...process.env, DISPLAY: await startDisplay(this.t), HOME: home, XDG_RUNTIME_DIR: home,
            XDG_DATA_HOME: `${home}/data`, XDG_CACHE_HOME: `${home}/cache`,
            XDG_CONFIG_HOME: `${home}/config`, NO_AT_BRIDGE: '1', LIBGL_ALWAYS_SOFTWARE: '1',
            WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        };
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        run(this.t, 'WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], this.env);
        await until('WebKitWebDriver answers', () => WebDriver.isReady(url));
        this.session = await WebDriver.open(url, {'webkitgtk:browserOptions':
            {binary: this.program, args: ['--automation']}});
        atEnd(this.t, () => this.session.close());
        // The session ends with its last window: the one it began with is left open.
        this.first = await this.session.call('GET', '/window');
        return this;
    }

    async newPage({background} = {}) {
        const {handle} = await this.session.inWindow(this.first, () =>
            this.session.call('POST', '/window/new', {type: 'window'}));
        const page = new WebKitPage(this.session, handle);
        await (background && page.toBack());
        return page;
    }

    /**
     * A tab that has the session storage of another one and shows `url`, of the same origin.
     * MiniBrowser opens no window for a driven page, so the copy is made by hand.
     */
    async duplicate(page, url) {
        const kept = await page.evaluate(() => Object.assign({}, sessionStorage));
        const twin = await this.newPage();
        await twin.goto(new URL('/blank', url).href);
        await twin.evaluate((storage) => Object.assign(sessionStorage, storage) && null, kept);
        await twin.goto(url);
        return twin;
    }

    /**
     * Shows one page in a browser on the profile that lasts, until `isOver`, and ends it. `kept`: a
     * text that the profile has on disk by then, as WebKit writes what is stored a moment later.
     */
    async visit(url, isOver, kept) {
        const browser = run(this.t, this.program,
            [`--cookies-file=${this.profile}/cookies.sqlite`, url], this.env);
        await isOver();
        await until(`the profile holds ${kept}`, () => !kept || holds(this.profile, kept));
        await browser.end();
    }
}

const startWebKit = (t) => new WebKitBrowser(t).start();

module.exports = {startWebKit};
