/**
 * Debian's Chromium for a test, and pages to visit. `navigator.webdriver` and the like are left as
 * they are: the tracker does not look.
 */
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const puppeteer = require('puppeteer-core');
const {atEnd, temporaryFolder} = require('./collector');

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** What puppeteer is told to start. */
const CHROMIUM = {
    executablePath: process.env.PIPES_CHROMIUM || PATHS.find((path) => fs.existsSync(path)),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic',
        '--no-first-run', '--disable-background-networking', '--disable-component-update',
        '--disable-sync',
        // Each of its windows would load two pages of its own, of 200 scripts each, beside ours.
        '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,PreloadTopChromeWebUI'],
};

/** A browser with a profile of its own that ends with the test. */
async function startBrowser(t, options = {}) {
    const browser = await puppeteer.launch(
        {...CHROMIUM, userDataDir: temporaryFolder(t), ...options});
    atEnd(t, () => browser.close());
    return browser;
}

/** A page in which every exception and refused promise is noted. */
async function openPage(browser) {
    const page = await browser.newPage();
    page.errors = [];
    page.on('pageerror', (error) => page.errors.push(String(error)));
    return page;
}

/** A server on a port that the system chose; `answer(request, response, body)`. */
async function startServer(t, answer, address = '127.0.0.1') {
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
    });
    await new Promise((resolve) => server.listen(0, address, resolve));
    atEnd(t, () => {
        server.closeAllConnections();
        server.close();
    });
    server.url = `http://${address}:${server.address().port}`;
    return server;
}

/**
 * A site on another origin than the collector's, with its tracker in the head of each page.
 * @param {Object<string, string|function(request, response)>} pages   by path: HTML, or who answers
 * @param {Object} options   `before`: HTML that comes before the tracker; `address` of the site
 */
async function startSite(t, collector, pages, {before = '', address} = {}) {
    const head = `<!doctype html><meta charset="utf-8">${before}` +
        `<script src="${collector.url}/pipes.js"></script>`;
    return startServer(t, (request, response) => {
        const page = pages[request.url.split('?')[0]];
        if (typeof page === 'function') {
            page(request, response);
            return;
        }
        response.writeHead(page ? 200 : 404, {'content-type': 'text/html'});
        response.end(head + (page || '<title>Nothing here</title><p>Nothing here</p>'));
    }, address);
}

module.exports = {CHROMIUM, startBrowser, openPage, startServer, startSite};
