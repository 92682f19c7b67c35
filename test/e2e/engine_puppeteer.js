/** Chromium and Firefox for engines.js, both driven by puppeteer. */
'use strict';
const fs = require('node:fs');
const puppeteer = require('puppeteer-core');
const {atEnd, temporaryFolder, until} = require('./collector');
const {CHROMIUM} = require('./browser');

const FIREFOX = {
    browser: 'firefox',
    executablePath: process.env.PIPES_FIREFOX ||
        ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => fs.existsSync(path)),
};

class PuppeteerPage {
    constructor(page) {
        this.page = page;
        this.errors = [];
        page.on('pageerror', (error) => this.errors.push(String(error)));
    }

    goto(url) { return this.page.goto(url); }
    evaluate(fn, ...args) { return this.page.evaluate(fn, ...args); }
    waitFor(fn, ...args) {
        return this.page.waitForFunction(fn, {timeout: 20000, polling: 20}, ...args);
    }

    click(selector, count = 1) { return this.page.click(selector, {count}); }
    press(key) { return this.page.keyboard.press(key); }
    type(selector, text) { return this.page.type(selector, text); }
    back() { return this.page.evaluate(() => { setTimeout(() => history.back()); }); }
    async close() {
        await this.page.close();
        await (this.other && this.other.close());
    }

    /** Behind another tab, which the visitor turns to. */
    async toBack() {
        this.other = this.other || await this.page.browser().newPage();
        await this.other.bringToFront();
        await this.waitFor(() => document.visibilityState === 'hidden');
    }

    async toFront() {
        await this.page.bringToFront();
        await this.waitFor(() => document.visibilityState === 'visible');
    }

    /** In the frame of the page; it has one. */
    clickInFrame(selector) {
        return this.page.mainFrame().childFrames()[0].click(selector);
    }

    /** When the cookie of that name ends, in seconds since 1970. */
    async cookieEnds(name) {
        return (await this.page.cookies()).find((one) => one.name === name).expires;
    }
}

class PuppeteerBrowser {
    constructor(t, options) {
        // Firefox wants a home that it may write to.
        this.options = {headless: true, userDataDir: temporaryFolder(t),
            env: {...process.env, HOME: temporaryFolder(t)}, ...options};
        atEnd(t, () => this.close());
    }

    async start() {
        this.browser = await puppeteer.launch(this.options);
        return this;
    }

    async close() {
        const browser = this.browser;
        this.browser = undefined;
        await (browser && browser.close());
    }

    async newPage(options) {
        await (this.browser || this.start());
        return new PuppeteerPage(await this.browser.newPage(options));
    }

    /** A tab that has the session storage of another one and shows `url`, of the same origin. */
    async duplicate(page, url) {
        const before = new Set(await this.browser.pages());
        await page.evaluate((href) => {
            const link = Object.assign(document.createElement('a'),
                {href, target: '_blank', rel: 'opener', id: 'duplicate', textContent: 'again'});
            document.body.prepend(link);
        }, url);
        await page.click('#duplicate');
        return new PuppeteerPage(await until('another page is open', async () =>
            (await this.browser.pages()).find((one) => !before.has(one))));
    }

    /** Starts the browser anew on the profile it had, shows one page until `isOver`, ends it. */
    async visit(url, isOver) {
        await this.close();
        await (await this.newPage()).goto(url);
        await isOver();
        await this.close();
    }
}

const startChromium = (t) => new PuppeteerBrowser(t, CHROMIUM).start();
const startFirefox = (t, preferences = {}) =>
    new PuppeteerBrowser(t, {...FIREFOX, extraPrefsFirefox: preferences}).start();

module.exports = {startChromium, startFirefox, PuppeteerPage};
