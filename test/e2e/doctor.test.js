/**
 * `pipes doctor`: real servers that make each mistake, one at a time; each is named, and what is
 * said to do mends it.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const {execFile, execFileSync, spawn} = require('node:child_process');
const {Collector, startCollector, atEnd, temporaryFolder, until, freePort, BINARY}
    = require('./collector');

/** Serves `answer(request, response)`; its address without the slash. */
async function serve(t, answer, certificate) {
    const server = certificate ? https.createServer(certificate, answer)
        : http.createServer(answer);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(t, () => new Promise((resolve) => {
        server.closeAllConnections && server.closeAllConnections();
        server.close(resolve);
    }));
    return `${certificate ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
}

/** A page with this text; further headers as they are now. */
function servePage(t, page, certificate) {
    return serve(t, (request, response) => {
        request.resume();
        response.writeHead(200, {'Content-Type': 'text/html', ...page.headers});
        response.end(page.html);
    }, certificate);
}

/** Runs it beside this process, whose servers have to answer; what it found. */
async function doctor(words, env = {}, [command, ...before] = [BINARY]) {
    return new Promise((resolve, reject) => {
        execFile(command, [...before, 'doctor', ...words, '--format', 'json'],
            {timeout: 60000, env: {...process.env, ...env}}, (error, stdout, stderr) => {
                if (stderr !== '' || !stdout) {
                    reject(new Error(`${stderr} ${stdout}`));
                    return;
                }
                const report = JSON.parse(stdout);
                const mistakes = report.checks.filter((row) => row.level === 'mistake');
                assert.strictEqual(report.mistakes, mistakes.length);
                assert.strictEqual(error ? error.code : 0, mistakes.length > 0 ? 1 : 0, stdout);
                for (const row of report.checks) {
                    assert.strictEqual('advice' in row, row.level !== 'ok', JSON.stringify(row));
                }
                resolve({...report, found: mistakes});
            });
    });
}

function said(report, level, check) {
    return report.checks.filter((row) => row.level === level && row.check === check)
        .map((row) => `${row.text} -> ${row.advice}`).join('\n');
}

/** Exactly one mistake, of that check; its sentence and what to do. */
function theMistake(report, check) {
    assert.deepStrictEqual(report.found.map((row) => row.check), [check],
        JSON.stringify(report.found, null, 1));
    return `${report.found[0].text} -> ${report.found[0].advice}`;
}

async function stubOf(collector) {
    return (await (await fetch(`${collector.url}/pipes-stub.js`)).text()).trim();
}

async function tagOf(collector) {
    return `<script>${await stubOf(collector)}</script>` +
        `<script async src="${collector.url}/pipes.js"></script>`;
}

/** A tracker that `pipes build` made, its files on a server; with other headers if need be. */
async function serveTracker(t, options, headers = {}) {
    const folder = temporaryFolder(t);
    execFileSync(BINARY, ['build', '--out', folder, ...options], {encoding: 'utf8', cwd: folder});
    return serve(t, (request, response) => {
        const file = path.join(folder, path.basename(request.url));
        if (!fs.existsSync(file)) {
            response.writeHead(404).end();
            return;
        }
        response.writeHead(200, {'Content-Type': 'text/javascript', ...headers});
        response.end(fs.readFileSync(file));
    });
}

function html(head) {
    return `<!DOCTYPE html><html><head><title>Shop</title>${head}</head><body></body></html>`;
}

test('a page as it should be has no mistake, and all that was looked at is said', async (t) => {
    const collector = await startCollector(t, ['--site', 'shop']);
    const url = await servePage(t, {html: html(await tagOf(collector))});
    const before = await collector.counts();
    const report = await doctor([url]);
    assert.deepStrictEqual(report.found, []);
    for (const check of ['page', 'tag', 'script', 'policy', 'collector', 'origins', 'clock']) {
        assert.ok(said(report, 'ok', check), check);
    }
    assert.match(said(report, 'ok', 'script'),
        /bundle [0-9a-f]{16}, site shop, environment production, sends to \S+\/e/);
    const after = await collector.counts();
    assert.strictEqual(after.front.received, before.front.received);
});

test('for people it prints a line for each check and counts the mistakes', async (t) => {
    const url = await servePage(t, {html: html('')});
    const {status, text} = await new Promise((resolve) => {
        execFile(BINARY, ['doctor', url], (error, stdout) =>
            resolve({status: error.code, text: stdout}));
    });
    assert.strictEqual(status, 1);
    assert.match(text, /^OK {7}page {7}http:\S+ answers, \d+ bytes$/m);
    assert.match(text, /^MISTAKE {2}tag {8}the page has no tag of Pipes -> paste the tag/m);
    assert.match(text, /^1 mistake, 1 warning\n$/m);
});

test('a tag that is missing, twice or the wrong way round is named', async (t) => {
    const collector = await startCollector(t);
    const tag = await tagOf(collector);
    const [stub, script] = tag.split(/(?<=<\/script>)/);
    const page = {html: ''};
    const url = await servePage(t, page);
    const cases = [
        ['', /no tag of Pipes -> paste the tag/],
        [`<!-- ${tag} -->`, /no tag of Pipes/],
        [tag + tag, /more than once \(2 scripts, 2 stubs\) -> remove all but one/],
        [script + stub, /the stub stands behind the script/],
    ];
    for (const [head, expected] of cases) {
        page.html = html(head);
        assert.match(theMistake(await doctor([url]), 'tag'), expected);
    }
    page.html = html('<script src="https://www.googletagmanager.com/gtm.js?id=GTM-1"></script>');
    assert.match(said(await doctor([url, '--endpoint', `${collector.url}/e`]), 'warning', 'tag'),
        /Google Tag Manager may bring it/);
});

test('a tracker of another name is found by what it is', async (t) => {
    const collector = await startCollector(t);
    const text = await (await fetch(`${collector.url}/pipes.js`)).text();
    const files = await serve(t, (request, response) => {
        response.writeHead(200, {'Content-Type': 'text/javascript'});
        response.end(request.url === '/main.js'
            ? text.replace('"bundle"', `"endpoint":"${collector.url}/e","bundle"`) : 'other()');
    });
    const url = await servePage(t, {html: html(
        `<script src="${files}/a.js"></script><script src="${files}/main.js"></script>`)});
    const report = await doctor([url]);
    assert.deepStrictEqual(report.found, []);
    assert.match(said(report, 'ok', 'script'), /\/main\.js: bundle/);
});

test('a script that cannot be loaded, is none or comes as something else is named', async (t) => {
    const collector = await startCollector(t);
    const endpoint = ['--endpoint', `${collector.url}/e`];
    const page = {html: ''};
    const url = await servePage(t, page);
    const gone = await serve(t, (request, response) => response.writeHead(404).end());
    const other = await serve(t, (request, response) => {
        response.writeHead(200, {'Content-Type': 'text/html'});
        response.end('<p>Welcome</p>');
    });
    const typed = await serveTracker(t, endpoint, {'Content-Type': 'text/plain'});
    const cases = [
        [`${gone}/pipes.js`, /answers 404 -> see that the tag names the file as it was deployed/],
        [`${other}/pipes.js`, /no tracker of Pipes but 14 bytes of text\/html -> serve the file/],
        [`${typed}/pipes.js`, /sent as text\/plain.* -> .*Content-Type: text\/javascript/],
        ['http://127.0.0.1:1/pipes.js', /-> see that the server of the script runs/],
    ];
    for (const [src, expected] of cases) {
        page.html = html(`<script async src="${src}"></script>`);
        assert.match(theMistake(await doctor([url, ...endpoint]), 'script'), expected);
    }
});

test('bytes that are not those of the integrity attribute are named', async (t) => {
    const collector = await startCollector(t);
    const bytes = Buffer.from(await (await fetch(`${collector.url}/pipes.js`)).arrayBuffer());
    const right = 'sha384-' + require('node:crypto').createHash('sha384').update(bytes)
        .digest('base64');
    const page = {html: ''};
    const url = await servePage(t, page);
    const pinned = (integrity) => html(
        `<script src="${collector.url}/pipes.js" integrity="${integrity}" crossorigin></script>`);
    page.html = pinned(right.replace(/.{8}$/, 'AAAAAAAA'));
    const mistake = theMistake(await doctor([url]), 'integrity');
    assert.ok(mistake.includes(`integrity="${right}"`), mistake);
    page.html = pinned(right);
    const report = await doctor([url]);
    assert.deepStrictEqual(report.found, []);
    assert.ok(said(report, 'ok', 'integrity'));
});

test('what a policy blocks is said with what to add, and with that added it is good', async (t) => {
    const collector = await startCollector(t);
    const page = {html: html(await tagOf(collector) +
        `<noscript><img src="${collector.url}/p.gif?site=main"></noscript>`)};
    const url = await servePage(t, page);
    const origin = collector.url;
    const policies = [
        ["script-src 'self'; connect-src 'self'; img-src 'self'", 4],
        ["default-src 'self'", 4],
        ["default-src 'none'", 4],
        [`default-src *; script-src ${origin}`, 1],
        [`script-src ${origin} 'unsafe-inline'; connect-src https:`, 1],
        [`default-src ${origin}/js/ 'unsafe-inline'`, 3],
    ];
    for (const [given, count] of policies) {
        let policy = given;
        page.headers = {'Content-Security-Policy': policy};
        const first = await doctor([url]);
        assert.strictEqual(first.mistakes, count, `${policy}: ${JSON.stringify(first.found)}`);
        for (let i = 0; i < 5; i++) {
            const [row] = (await doctor([url])).found;
            if (!row) {
                break;
            }
            assert.strictEqual(row.check, 'policy');
            const whole = /^(?:add a directive|write): ((\S+) .*)$/.exec(row.advice);
            const part = /^add to (\S+): (.*)$/.exec(row.advice);
            assert.ok(whole || part, row.advice);
            policy = part ? policy.replace(new RegExp(`${part[1]} [^;]*`), `$& ${part[2]}`)
                : `${policy.replace(new RegExp(`(^|; )${whole[2]} [^;]*`), '')}; ${whole[1]}`;
            page.headers = {'Content-Security-Policy': policy};
        }
        assert.deepStrictEqual((await doctor([url])).found, [], policy);
    }
});

test('metas, nonces, strict-dynamic and Trusted Types are understood', async (t) => {
    const collector = await startCollector(t);
    const [stub, script] = (await tagOf(collector)).split(/(?<=<\/script>)/);
    const nonce = (element, value) => element.replace('<script', `<script nonce="${value}"`);
    const page = {};
    const url = await servePage(t, page);
    const meta = (policy, ...elements) => {
        page.html = html(`<meta http-equiv="content-security-policy" content="${policy}">` +
            elements.join(''));
        return doctor([url]);
    };
    assert.match(theMistake(await meta(`connect-src &#39;self&#39;`, stub, script), 'policy'),
        new RegExp(`blocks events to .* -> add to connect-src: ${collector.url}$`));
    const strict = "script-src 'nonce-abc' 'strict-dynamic'; require-trusted-types-for 'script'";
    const good = await meta(strict, nonce(stub, 'abc'), nonce(script, 'abc'));
    assert.deepStrictEqual(good.found, []);
    assert.match(said(good, 'ok', 'policy'), /Trusted Types are required/);
    assert.match(theMistake(await meta(strict, nonce(stub, 'abc'), script), 'policy'),
        /blocks the script .* -> add to script-src: 'nonce-/);
    page.headers = {'Content-Security-Policy': "connect-src 'self', script-src *"};
    assert.strictEqual((await meta('img-src *', stub, script)).mistakes, 2);
});

test('a collector that refuses the page is told from one that is not reached', async (t) => {
    const page = {};
    const url = await servePage(t, page);
    const refusing = await startCollector(t, ['--origins', 'https://other.example']);
    page.html = html(await tagOf(refusing));
    assert.match(theMistake(await doctor([url]), 'collector'),
        new RegExp(`answers 403 .*origin.* -> set the collector's option: origins = ${url} `));
    await refusing.stop();
    const tracker = await serveTracker(t, ['--endpoint', `${refusing.url}/e`]);
    page.html = html(`<script src="${tracker}/pipes.js"></script>`);
    assert.match(theMistake(await doctor([url]), 'collector'),
        /-> see that the collector runs.*pipes doctor --data/);
});

test('what answers in place of a collector is named by what it does', async (t) => {
    const page = {};
    const url = await servePage(t, page);
    const behaviour = {};
    const server = await serve(t, (request, response) => {
        request.resume();
        response.writeHead(behaviour.status || 200, {
            'Content-Type': 'application/json', ...behaviour.headers});
        response.end(behaviour.body || '{"accepted":0,"rejected":0}');
    });
    const shared = {'Access-Control-Allow-Origin': url,
        'Access-Control-Expose-Headers': 'Retry-After'};
    const mistakes = [
        [{status: 404, body: '<h1>no</h1>', headers: {...shared, 'Content-Type': 'text/html'}},
            'collector', /answers 404 to events: text\/html -> see what stands between/],
        [{status: 403, body: 'denied', headers: shared}, 'collector', /answers 403/],
        [{status: 301, headers: {Location: 'https://c.example/e'}}, 'collector',
            /leads elsewhere.* --endpoint https:\/\/c\.example\/e/],
        [{body: '<p>hi</p>', headers: {...shared, 'Content-Type': 'text/html'}}, 'collector',
            /answers 200, but not as a collector does \(text\/html\)/],
        [{}, 'origins', /Access-Control-Allow-Origin: none/],
        [{headers: {'Access-Control-Allow-Origin': 'https://other.example'}}, 'origins',
            new RegExp(`origins = ${url},`)],
        [{headers: {...shared, Date: new Date(Date.now() - 3600000).toUTCString()}}, 'clock',
            /the collector's clock is 36\d\d seconds behind -> let the collector's machine/],
    ];
    const tracker = await serveTracker(t, ['--endpoint', `${server}/e`]);
    page.html = html(`<script src="${tracker}/pipes.js"></script>`);
    for (const [given, check, expected] of mistakes) {
        Object.assign(behaviour, {status: 0, body: '', headers: {}}, given);
        assert.match(theMistake(await doctor([url]), check), expected);
    }
    Object.assign(behaviour, {status: 0, body: '', headers: {'Access-Control-Allow-Origin': '*'}});
    assert.match(said(await doctor([url]), 'warning', 'origins'), /cannot read Retry-After/);
    /* Both others say the same: it is this machine whose clock is off. */
    const past = {Date: new Date(Date.now() + 7200000).toUTCString()};
    Object.assign(behaviour, {headers: {...shared, ...past}});
    page.headers = past;
    const report = await doctor([url]);
    assert.deepStrictEqual(report.found, []);
    assert.match(said(report, 'warning', 'clock'), /this machine's clock is -7\d\d\d seconds off/);
});

test('names that blockers look for are warned of', async (t) => {
    const server = await serve(t, (request, response) => {
        request.resume();
        response.writeHead(200, {'Access-Control-Allow-Origin': '*',
            'Access-Control-Expose-Headers': 'Retry-After'});
        response.end('{"accepted":0}');
    });
    const tracker = await serveTracker(t, ['--endpoint', `${server}/collect`]);
    const url = await servePage(t, {html: html(`<script src="${tracker}/pipes.js"></script>`)});
    assert.match(said(await doctor([url]), 'warning', 'names'), /has "collect" in it/);
});

test('cookies that browsers would refuse are named', async (t) => {
    const collector = await startCollector(t);
    const endpoint = ['--endpoint', `${collector.url}/e`];
    const page = {};
    const url = (await servePage(t, page)).replace('127.0.0.1', 'www.shop.localhost');
    const cases = [
        [['--cookie-domain', 'other.example'], /for other\.example, which www\.shop\.localhost/],
        [['--cookie-domain', 'hop.localhost'], /for hop\.localhost/],
        [['--cookie-domain', 'localhost'], /localhost belongs to everybody/],
        [['--server-cookie', 'on'], /www\.shop\.localhost and the collector 127\.0\.0\.1 are two/],
    ];
    for (const [options, expected] of cases) {
        const tracker = await serveTracker(t, [...endpoint, ...options]);
        page.html = html(`<script src="${tracker}/pipes.js"></script>`);
        assert.match(theMistake(await doctor([url]), 'cookie'), expected);
    }
    const good = await serveTracker(t, ['--server-cookie', 'on', '--cookie-domain',
        'shop.localhost', '--endpoint',
        `${collector.url.replace('127.0.0.1', 'events.shop.localhost')}/e`]);
    page.html = html(`<script src="${good}/pipes.js"></script>`);
    const report = await doctor([url]);
    assert.deepStrictEqual(report.found, []);
    assert.match(said(report, 'ok', 'cookie'), /may keep one for shop\.localhost[^]*may set it/);
});

/** An authority of the test's own, and a certificate for this machine. */
function makeCertificate(t) {
    const folder = temporaryFolder(t);
    const file = (name) => path.join(folder, name);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=test', '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:www.shop.localhost,DNS:events.shop.localhost',
        '-keyout', file('key'), '-out', file('cert')],
    {stdio: 'ignore'});
    return {key: fs.readFileSync(file('key')), cert: fs.readFileSync(file('cert')),
        file: file('cert'), keyFile: file('key')};
}

test('a healthy installation has no mistake, and nothing is warned of', async (t) => {
    const certificate = makeCertificate(t);
    const page = {headers: {'Content-Security-Policy': ''}};
    const url = (await servePage(t, page, certificate)).replace('127.0.0.1', 'www.shop.localhost');
    const port = await freePort();
    const events = `https://events.shop.localhost:${port}`;
    const collector = await startCollector(t, ['--listen', `127.0.0.1:${port} tls`, '--base-url',
        events, '--tls-certificate', certificate.file, '--tls-key', certificate.keyFile,
        '--origins', url, '--site', 'shop', '--server-cookie', 'on', '--cookie-domain',
        'shop.localhost']);
    const dist = path.join(temporaryFolder(t), 'dist');
    execFileSync(BINARY, ['build', '--out', dist, '--base-url', events, '--endpoint',
        `${events}/e`, '--site', 'shop', '--server-cookie', 'on', '--cookie-domain',
        'shop.localhost']);
    const text = fs.readFileSync(path.join(dist, 'tag.html'), 'utf8');
    const [tag] = text.match(/^<script.*<\/script>$/m);
    const [policy] = text.match(/^script-src .*$/m);
    page.html = html(tag);
    page.headers['Content-Security-Policy'] = `default-src 'none'; ${policy}`;
    const trusted = {SSL_CERT_FILE: certificate.file};
    for (const report of [await doctor([url], trusted),
        await doctor(['--data', collector.data])]) {
        assert.deepStrictEqual(report.checks.filter((row) => row.level !== 'ok'), []);
        assert.ok(report.checks.length >= 7);
    }
});

test('a page on https must not lead to http, and its certificate must be good', async (t) => {
    const collector = await startCollector(t);
    const certificate = makeCertificate(t);
    const page = {html: html(await tagOf(collector))};
    const url = await servePage(t, page, certificate);
    assert.match(theMistake(await doctor([url]), 'page'),
        /certificate.* -> see whether a browser/i);
    const trusted = {SSL_CERT_FILE: certificate.file};
    const report = await doctor([url], trusted);
    assert.deepStrictEqual(report.found.map((row) => row.check), ['script', 'collector']);
    for (const row of report.found) {
        assert.match(row.text, /page is on https.*browsers block that/);
    }
});

test('a page that is none, is not there or never ends is a mistake of its own', async (t) => {
    const server = await serve(t, (request, response) => {
        if (request.url === '/json') {
            response.writeHead(200, {'Content-Type': 'application/json'}).end('{}');
        } else if (request.url === '/long') {
            response.writeHead(200, {'Content-Type': 'text/html'});
            const more = () => {
                while (!response.destroyed && response.write(Buffer.alloc(65536, 'a')));
            };
            response.on('drain', more);
            more();
        } else if (request.url === '/loop') {
            response.writeHead(302, {Location: '/loop'}).end();
        } else {
            response.writeHead(404).end();
        }
    });
    for (const [where, expected] of [['/none', /answers 404/],
        ['/json', /no page but application/], ['/long', /more than \d+ bytes/],
        ['/loop', /redirect/i]]) {
        assert.match(theMistake(await doctor([server + where]), 'page'), expected);
    }
});

test('a collector of this machine that is sound has no mistake', async (t) => {
    const collector = await startCollector(t);
    const report = await doctor(['--data', collector.data]);
    assert.deepStrictEqual(report.found, []);
    for (const check of ['folder', 'collector', 'ready', 'version', 'files', 'options']) {
        assert.ok(said(report, 'ok', check), `${check}: ${JSON.stringify(report.checks)}`);
    }
});

test('a collector that does not run, is not ready or runs otherwise is named', async (t) => {
    const folder = temporaryFolder(t);
    assert.match(theMistake(await doctor(['--data', path.join(folder, 'none')]), 'folder'),
        /-> name the folder that `pipes serve` has/);
    const collector = await startCollector(t, ['--sync', 'os', '--disk-reserve', '100000TB']);
    const report = await doctor(['--data', collector.data]);
    assert.match(theMistake(report, 'ready'), /refuses events: disk: .* -> make room/);
    assert.match(said(report, 'warning', 'options'), /sync = os: a power cut loses/);
    await collector.kill();
    assert.match(theMistake(await doctor(['--data', collector.data]), 'collector'),
        /-> start it: pipes serve/);
});

/** A collector whose data folder is a file system of its own, which only it sees. */
async function startOnSmallDisk(t, megabytes) {
    const data = path.join(temporaryFolder(t), 'data');
    fs.mkdirSync(data);
    // Below chroot the root is no mount, so what happens to mounts cannot be said of it.
    const child = spawn('unshare', ['-m', '--propagation', 'unchanged', 'sh', '-c',
        'mount --make-rprivate / 2>/dev/null; ' +
        'mount -t tmpfs -o size="$1"m none "$2" && cd "$2" && shift 2 && exec "$@"', 'sh',
        String(megabytes), data, BINARY, 'serve', '--data', data, '--listen', '127.0.0.1:0',
        '--admin', '127.0.0.1:0', '--disk-reserve', '20MB', '--lake-roll', '200ms'],
    {stdio: 'ignore'});
    const ended = new Promise((resolve) => child.on('exit', resolve));
    atEnd(t, () => child.kill('SIGKILL') && ended);
    const inside = (...words) => ['nsenter', '-t', String(child.pid), '-m', '-r', ...words];
    return {
        ask: () => doctor(['--data', data], {}, inside(BINARY)),
        sh: (script) => execFileSync('nsenter', inside('sh', '-c', `cd ${data} && ${script}`)
            .slice(1)),
    };
}

test('a disk that is full is named, until there is room again', {
    skip: process.getuid() !== 0 && 'mounting needs root',
}, async (t) => {
    const disk = await startOnSmallDisk(t, 300);
    const ready = (level) => until(`ready: ${level}`, async () => {
        const report = await disk.ask().catch(() => null);
        return report && said(report, level, 'ready') && report;
    });
    await ready('ok');
    disk.sh('dd if=/dev/zero of=filler bs=1M 2>/dev/null || true');
    const report = await ready('mistake');
    assert.match(theMistake(report, 'ready'), /refuses events: disk: .* -> make room on the disk/);
    assert.match(said(report, 'warning', 'disk'), /0\.0\d GiB are free/);
    disk.sh('rm filler');
    assert.deepStrictEqual((await ready('ok')).found, []);
});

test('options that are not in force and a program that was replaced are told', async (t) => {
    const folder = temporaryFolder(t);
    const ini = path.join(folder, 'pipes.ini');
    fs.writeFileSync(ini, 'site = shop\norigins = https://a.example\n');
    const collector = await startCollector(t, ['--config', ini]);
    assert.deepStrictEqual((await doctor(['--data', collector.data, '--config', ini])).found, []);
    fs.writeFileSync(ini, 'site = other\norigins = https://b.example\n');
    const report = await doctor(['--data', collector.data, '--config', ini]);
    const text = said(report, 'warning', 'options');
    assert.match(text, /pipes\.ini\S* ?\S* says site = other, but shop is in force -> restart it/);
    assert.match(text, /origins = https:\/\/b\.example.* -> let it read its options again/);
    const binary = path.join(folder, 'pipes');
    fs.copyFileSync(BINARY, binary);
    const old = new Collector(temporaryFolder(t), ['--compact=false'], binary);
    atEnd(t, () => old.kill());
    await old.start();
    assert.ok(said(await doctor(['--data', old.data]), 'ok', 'version'));
    fs.rmSync(binary);
    assert.match(said(await doctor(['--data', old.data]), 'warning', 'version'),
        new RegExp(`replaced on disk.* -> .*kill -USR2 ${old.child.pid}`));
});
