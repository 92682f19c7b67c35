/**
 * A W3C WebDriver client as small as the tests need: plain requests, no package.
 *
 *     const session = await WebDriver.open(url, capabilities);
 *     await session.call('POST', '/url', {url: 'http://127.0.0.1/'});
 */
'use strict';

async function call(url, method, body, boundMs = 30000) {
    const answer = await fetch(url, {
        method,
        body: method === 'POST' ? JSON.stringify(body || {}) : undefined,
        headers: {'content-type': 'application/json'},
        signal: AbortSignal.timeout(boundMs),
    });
    const {value} = await answer.json();
    if (value && value.error) {
        throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
    }
    return value;
}

class WebDriver {
    static async open(url, alwaysMatch) {
        const {sessionId} = await call(`${url}/session`, 'POST', {capabilities: {alwaysMatch}});
        return new WebDriver(`${url}/session/${sessionId}`);
    }

    /** Whether a driver answers there. */
    static isReady(url) {
        return call(`${url}/status`, 'GET').then(() => true, () => false);
    }

    constructor(url) {
        this.url = url;
        this.turn = Promise.resolve();
    }

    call(method, where, body, boundMs) {
        return call(this.url + where, method, body, boundMs);
    }

    /** Does `work` in that window; one after the other, as a session has one current window. */
    inWindow(handle, work) {
        const mine = this.turn.then(async () => {
            if (this.current !== handle) {
                await this.call('POST', '/window', {handle});
                this.current = handle;
            }
            return work();
        });
        this.turn = mine.catch(() => undefined);
        return mine;
    }

    close() {
        return this.call('DELETE', '');
    }
}

module.exports = {WebDriver};
