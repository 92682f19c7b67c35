/**
 * The tracker and its events by the site's own host, behind each of three servers, with the very
 * files of deploy/proxy (but for the collector's port), in each of three browsers. A server that is
 * not installed is skipped, with a word.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {spawn, spawnSync} = require('node:child_process');
const {startCollector, atEnd, temporaryFolder, until, freePort, rows, ROOT}
    = require('./collector');
const {ENGINES} = require('./engines');
const {PAGE, checkOwnHost} = require('./own_host');
const {SteadyLoad} = require('./steady_load');


/** What starts each server in the foreground; `site` is its part of deploy/proxy. */
const SERVERS = {
    nginx: {
        command: 'nginx',
        file: 'nginx.conf',
        arguments: (folder) => ['-c', `${folder}/main.conf`, '-p', folder, '-e', `${folder}/log`],
        main: ({folder, port, site, www}) => `daemon off; worker_processes 1; pid ${folder}/pid;
            error_log ${folder}/log; user root;
            events { worker_connections 64; }
            http { include /etc/nginx/mime.types; access_log off;
                client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
                fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d;
                scgi_temp_path ${folder}/e;
                server { listen 127.0.0.1:${port}; root ${www}; include ${site}; } }`,
    },
    caddy: {
        command: 'caddy',
        file: 'site.Caddyfile',
        arguments: (folder) => ['run', '--config', `${folder}/main.conf`, '--adapter', 'caddyfile'],
        /* The balancer before it is the test. */
        change: (text) => text.replace('# trusted_proxies 10.0.0.0/8', 'trusted_proxies 127.0.0.1'),
        main: ({port, site, www}) => `{\n\tadmin off\n\tauto_https off\n}\n` +
            `http://:${port} {\n\timport ${site}\n\troot * ${www}\n\tfile_server\n}\n`,
    },
    apache2: {
        command: 'apache2',
        file: 'apache.conf',
        arguments: (folder) => ['-X', '-f', `${folder}/main.conf`],
        main: ({folder, port, site, www}) => [
            ...['mpm_event', 'authz_core', 'dir', 'mime', 'proxy', 'proxy_http', 'headers'].map(
                (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
            `ServerRoot ${folder}`, `PidFile ${folder}/pid`, `ErrorLog ${folder}/log`,
            'TypesConfig /etc/mime.types', `Listen 127.0.0.1:${port}`, 'DirectoryIndex index.html',
            `DefaultRuntimeDir ${folder}`, 'ServerName localhost',
            `<VirtualHost *:${port}>`, `DocumentRoot ${www}`,
            `<Directory ${www}>`, 'Require all granted', '</Directory>', `Include ${site}`,
            '</VirtualHost>', ''].join('\n'),
    },
};

const isInstalled = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** Starts the server before the collector; the site's address, by a name of this machine. */
async function startServer(t, server, collector) {
    const folder = temporaryFolder(t);
    const www = path.join(folder, 'www');
    const port = await freePort();
    const site = path.join(folder, 'site.conf');
    const given = fs.readFileSync(path.join(ROOT, 'deploy', 'proxy', server.file), 'utf8');
    assert.ok(given.includes('127.0.0.1:8080'));
    fs.chmodSync(folder, 0o755);
    fs.mkdirSync(www);
    fs.writeFileSync(path.join(www, 'index.html'), PAGE);
    fs.writeFileSync(site, (server.change || String)(given)
        .replace('127.0.0.1:8080', collector.url.replace('http://', '')));
    fs.writeFileSync(path.join(folder, 'main.conf'), server.main({folder, port, site, www}));
    const child = spawn(server.command, server.arguments(folder), {
        stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, HOME: folder,
            XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder}});
    let said = '';
    child.stderr.on('data', (text) => {
        said += text;
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    atEnd(t, async () => {
        child.kill('SIGTERM');
        await ended;
    });
    const url = `http://www.shop.localhost:${port}`;
    await until(`${server.command} answers`, async () => {
        assert.strictEqual(child.exitCode, null, said);
        const answer = await ask(url, 'GET', '/').catch(() => null);
        return answer && answer.status === 200;
    });
    return url;
}

/** One request by the site's own name, which need not be known to the system. */
function ask(url, method, where, headers = {}, body = '') {
    const {port, host} = new URL(url);
    return new Promise((resolve, reject) => {
        const request = http.request({host: '127.0.0.1', port, method, path: where,
            headers: {Host: host, ...headers, 'Content-Length': Buffer.byteLength(body)}},
        (response) => {
            let text = '';
            response.on('data', (piece) => {
                text += piece;
            });
            response.on('end', () =>
                resolve({status: response.statusCode, headers: response.headers, text}));
        });
        request.on('error', reject);
        request.end(body);
    });
}

const EVENT = {type: 'track', name: 'told'};

for (const [name, server] of Object.entries(SERVERS)) {
    const options = isInstalled(server.command) ? {} : {skip: `${name} is not installed`};

    for (const engine of Object.values(ENGINES)) {
        test(`behind ${name} ${engine.name} talks to one host, which sets the cookie again`,
            options, async (t) => {
                const collector = await startCollector(t, ['--base-url', '/s', '--endpoint',
                    '/s/e', '--trusted-proxies', '127.0.0.1', '--server-cookie', 'on', '--site',
                    'shop']);
                const url = await startServer(t, server, collector);
                const page = await (await engine.start(t)).newPage();
                await checkOwnHost(page, url, collector, 'pipes_anonymous_id.shop');
                await collector.stop();
                const all = rows(collector.data);
                assert.deepStrictEqual(all.map((row) => row.type).sort(), ['page', 'track']);
                assert.deepStrictEqual([...new Set(all.map((row) => row.url))], [`${url}/`]);
                assert.strictEqual(new Set(all.map((row) => row.anonymous_id)).size, 1);
            });
    }

    test(`behind ${name} a restart of the collector fails no request`, options, async (t) => {
        const collector = await startCollector(t, ['--base-url', '/s', '--endpoint', '/s/e',
            '--trusted-proxies', '127.0.0.1', '--compact=false']);
        const {port} = new URL(await startServer(t, server, collector));
        const load = new SteadyLoad(port, {connections: 12, rate: 100, path: '/s/e'});
        load.start();
        for (let round = 0; round < 3; round++) {
            const before = load.accepted.length;
            await until('requests are answered', () => load.accepted.length > before + 100);
            await collector.handOver();
        }
        const before = load.accepted.length;
        await until('the last one answers', () => load.accepted.length > before + 100);
        await load.stop();
        await collector.stop();
        assert.deepStrictEqual(load.failures, []);
        assert.deepStrictEqual(rows(collector.data).map((row) => row.event_id).sort(),
            load.accepted.sort());
    });

    test(`behind ${name} the collector knows the client and its host`, options, async (t) => {
        const collector = await startCollector(t, ['--base-url', '/s', '--endpoint', '/s/e',
            '--trusted-proxies', '127.0.0.1', '--server-cookie', 'on',
            '--source-requests-max', '2']);
        const url = await startServer(t, server, collector);
        const script = await until('the packed script comes through', async () => {
            const got = await ask(url, 'GET', '/s/pipes.js', {'Accept-Encoding': 'br'});
            return got.headers['content-encoding'] === 'br' && got;
        });
        assert.match(script.headers['cache-control'], /max-age=300/);
        const created = Date.now() - 86400000;
        const cookie = `pipes_anonymous_id=1.0123456789abcdef.${created}`;
        const host = new URL(url).host.replace(/:.*/, '');
        const answer = await ask(url, 'POST', '/s/e', {Origin: url, Cookie: cookie,
            'Sec-Fetch-Site': 'same-origin'},
        JSON.stringify({v: 1, cookie: host, events: [EVENT]}));
        assert.strictEqual(answer.status, 200, answer.text);
        assert.match(String(answer.headers['set-cookie']),
            new RegExp(`^${cookie}; .*Domain=${host}`, 'i'));
        /* Each client has a rate of its own, so the address in front is the one that counts. */
        const from = async (address) => (await ask(url, 'POST', '/s/e',
            {'X-Forwarded-For': address}, JSON.stringify({v: 1, events: []}))).status;
        await until('one client asked too often', async () => await from('203.0.113.9') === 429);
        assert.strictEqual(await from('203.0.113.77'), 200);
    });
}

/* What has a body, only since Caddy 2.11.2: events get 502 before, and trackers send them again. */
test('Caddy asks for the script until a collector that was stopped is there again', {
    skip: !isInstalled('caddy') && 'caddy is not installed',
}, async (t) => {
    const collector = await startCollector(t, ['--base-url', '/s', '--endpoint', '/s/e']);
    const url = await startServer(t, SERVERS.caddy, collector);
    await collector.stop();
    const answer = ask(url, 'GET', '/s/pipes.js');
    await assert.rejects(fetch(collector.url), 'nobody listens');
    await collector.start();
    assert.strictEqual((await answer).status, 200);
});
