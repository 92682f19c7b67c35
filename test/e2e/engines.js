/**
 * The three engines that pages are shown by, behind one small interface.
 *
 *     const browser = await ENGINES.firefox.start(t);
 *     const page = await browser.newPage();
 *     await page.goto(url);
 *
 * A page has goto, evaluate(fn, ...args), waitFor(fn, ...args), click(selector, count), press(key),
 * type, back, close, clickInFrame(selector) and cookieEnds(name); toBack hides it, as a visitor
 * does who turns to another one, and toFront shows it again. A browser has newPage({background}),
 * hidden from the beginning or not; duplicate(page, url), for a tab with a copy of the session
 * storage; and visit(url, isOver, kept), a whole life of the browser on a profile that lasts. All
 * of it ends with the test.
 */
'use strict';
const {startChromium, startFirefox} = require('./engine_puppeteer');
const {startWebKit} = require('./engine_webkit');

const ENGINES = {
    chromium: {name: 'Chromium', start: startChromium},
    firefox: {name: 'Firefox', start: startFirefox,
        startWithSignal: (t) => startFirefox(t, {'privacy.globalprivacycontrol.enabled': true})},
    webkit: {name: 'WebKitGTK', start: startWebKit},
};

/** What a story may need, and how a page tells whether the engine has it. */
const FEATURES = {
    signal: () => 'globalPrivacyControl' in navigator,
    prerender: () => Boolean(HTMLScriptElement.supports &&
        HTMLScriptElement.supports('speculationrules')),
    trusted_types: () => 'trustedTypes' in window,
    navigation: () => 'navigation' in window,
    response_status: () => 'responseStatus' in PerformanceResourceTiming.prototype,
    layout_shift: () => PerformanceObserver.supportedEntryTypes.includes('layout-shift'),
    event_timing: () => PerformanceObserver.supportedEntryTypes.includes('event'),
};

/** What an engine cannot be asked for, with the reason: only these may be skipped. */
const LACKS = {
    chromium: {
        signal: 'has no setting for Global Privacy Control',
    },
    firefox: {
        prerender: 'does not prerender pages',
        layout_shift: 'tells of no layout shifts',
    },
    webkit: {
        signal: 'has no setting for Global Privacy Control',
        prerender: 'does not prerender pages',
        navigation: 'knows no Navigation API',
        response_status: 'does not tell a page what status its answer had',
        layout_shift: 'tells of no layout shifts',
        event_timing: 'tells not how long a key or click took',
    },
};

module.exports = {ENGINES, FEATURES, LACKS};
