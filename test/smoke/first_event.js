'use strict';
/**
 * first_event.js ORIGIN CA DATA: a real visit over HTTPS. Opens ORIGIN in Chromium, which knows the
 * authority CA besides its own ones and takes the host name for this machine, clicks, and waits
 * until the lake in DATA has the page view and the click of that page. Prints how long that took.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const puppeteer = require('puppeteer-core');
const {CHROMIUM} = require('../e2e/browser');
const {rows, until} = require('../e2e/collector');

const [origin, authority, data] = process.argv.slice(2);

/** A home whose certificates have one more authority. */
function homeThatTrusts() {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-smoke-'));
    const store = `sql:${path.join(home, '.pki/nssdb')}`;
    fs.mkdirSync(path.join(home, '.pki/nssdb'), {recursive: true});
    execFileSync('certutil', ['-N', '-d', store, '--empty-password']);
    execFileSync('certutil', ['-A', '-d', store, '-t', 'C,,', '-n', 'smoke', '-i', authority]);
    return home;
}

async function main() {
    const home = homeThatTrusts();
    const begin = Date.now();
    const browser = await puppeteer.launch({
        ...CHROMIUM,
        args: [...CHROMIUM.args, `--host-resolver-rules=MAP ${new URL(origin).hostname} 127.0.0.1`],
        userDataDir: path.join(home, 'profile'),
        env: {...process.env, HOME: home},
    });
    try {
        const page = await browser.newPage();
        const wrong = [];
        page.on('pageerror', (error) => wrong.push(String(error)));
        page.on('requestfailed', (request) => wrong.push(`${request.url()} failed`));
        const answer = await page.goto(`${origin}/`);
        assert.strictEqual(answer.status(), 200);
        assert.ok(answer.securityDetails(), 'it came over TLS');
        assert.match(answer.securityDetails().issuer(), /Caddy/);
        await page.click('a');
        await until(`page and click are in the lake; the page says ${wrong}`, () => {
            const types = rows(data).filter((row) => row.url.startsWith(origin))
                .map((row) => row.type);
            return types.includes('page') && types.includes('track');
        }, 60000);
        assert.deepStrictEqual(wrong, []);
        console.log(`first events after ${Date.now() - begin} ms of browser`);
    } finally {
        await browser.close();
        fs.rmSync(home, {recursive: true, force: true});
    }
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
