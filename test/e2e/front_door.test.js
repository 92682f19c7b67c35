'use strict';
/** The front door beside plain HTTP/1.1: TLS, HTTP/2, Unix sockets, balancers, systemd. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const {spawn} = require('node:child_process');
const {startCollector, atEnd, temporaryFolder, until, freePort, rows, batch, BINARY}
    = require('./collector');
const {certificate} = require('./certificate');

async function startWithTls(t) {
    const folder = temporaryFolder(t);
    const files = certificate(folder, 'first');
    const port = await freePort();
    const collector = await startCollector(t, ['--listen', `127.0.0.1:${port} tls`,
        '--tls-certificate', files.cert, '--tls-key', files.key]);
    return {collector, port, files, folder, ca: fs.readFileSync(files.cert)};
}

/** One request of HTTP/1.1 with Node's own client; status, headers and text. */
function request(client, options, body) {
    return new Promise((resolve, reject) => {
        const sent = client.request({method: body ? 'POST' : 'GET', ...options}, (answer) => {
            let text = '';
            answer.on('data', (data) => {
                text += data;
            });
            answer.on('end', () => resolve({status: answer.statusCode, headers: answer.headers,
                text, socket: answer.socket}));
        });
        sent.on('error', reject);
        sent.end(body);
    });
}

/** One request of HTTP/2 on an open session. */
function request2(session, headers, body) {
    return new Promise((resolve, reject) => {
        const method = body === undefined ? 'GET' : 'POST';
        const stream = session.request({':method': method, ...headers});
        let status = 0;
        let text = '';
        stream.on('response', (head) => {
            status = head[':status'];
        });
        stream.on('data', (data) => {
            text += data;
        });
        stream.on('end', () => resolve({status, text}));
        stream.on('error', reject);
        stream.end(body);
    });
}

function openSession(t, url, options = {}) {
    const session = http2.connect(url, options);
    session.on('error', () => {});
    atEnd(t, () => session.destroy());
    return session;
}

test('events over TLS 1.2 and 1.3 are kept, in HTTP/1.1 and HTTP/2 alike', async (t) => {
    const {collector, port, ca} = await startWithTls(t);
    let seq = 1;
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        const answer = await request(https, {host: 'localhost', port, ca, path: '/e', maxVersion,
            ALPNProtocols: ['http/1.1'], agent: false}, batch('tls', seq++, 1));
        assert.strictEqual(answer.status, 200);
        const session = openSession(t, `https://localhost:${port}`, {ca, maxVersion});
        const other = await request2(session, {':path': '/e'}, batch('tls', seq++, 1));
        assert.deepStrictEqual([other.status, other.text],
            [200, '{"accepted":1,"rejected":0}']);
        assert.strictEqual(session.alpnProtocol, 'h2');
        session.close();
    }
    await until('all four are in the lake', () => rows(collector.data).length === 4);
});

test('TLS below 1.2, plain HTTP on a TLS port and silence hurt nobody else', async (t) => {
    const {port, ca} = await startWithTls(t);
    const old = tls.connect({host: 'localhost', port, ca, maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0'});
    await new Promise((resolve) => old.on('error', resolve));
    const plain = net.connect(port, '127.0.0.1');
    plain.on('error', () => {});
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => plain.on('close', resolve).resume());
    const silent = net.connect(port, '127.0.0.1');
    atEnd(t, () => silent.destroy());
    const answer = await request(https, {host: 'localhost', port, ca, path: '/pipes.js'});
    assert.strictEqual(answer.status, 200);
});

test('a new certificate is shown after SIGHUP, a broken one is not, sessions stay', async (t) => {
    const {collector, port, files, folder, ca} = await startWithTls(t);
    const names = async (session) => new Promise((resolve, reject) => {
        const socket = tls.connect({host: 'localhost', port, rejectUnauthorized: false, session,
            maxVersion: 'TLSv1.2'}, () => {
            resolve({name: socket.getPeerCertificate().subject?.CN, session: socket.getSession(),
                isReused: socket.isSessionReused()});
            socket.destroy();
        });
        socket.on('error', reject);
    });
    const first = await names();
    assert.strictEqual(first.name, 'first');
    const open = openSession(t, `https://localhost:${port}`, {ca});
    assert.strictEqual((await request2(open, {':path': '/pipes.js'})).status, 200);

    const second = certificate(folder, 'second');
    fs.copyFileSync(second.cert, files.cert);
    collector.child.kill('SIGHUP');
    await until('it says that key and certificate differ',
        () => /nothing was changed: .*private key/.test(collector.output));
    assert.strictEqual((await names()).name, 'first');

    fs.copyFileSync(second.key, files.key);
    collector.child.kill('SIGHUP');
    await until('the new one is shown', async () => (await names()).name === 'second');
    assert.ok((await names(first.session)).isReused, 'a ticket from before is still good');
    assert.strictEqual((await request2(open, {':path': '/pipes.js'})).status, 200,
        'an open connection goes on');
});

test('HTTP/2 by prior knowledge: many streams at once, large bodies, errors that can be read',
    async (t) => {
        const collector = await startCollector(t, ['--body-max', '64KiB']);
        const session = openSession(t, collector.url);
        const answers = await Promise.all(Array.from({length: 90}, (_, i) =>
            request2(session, {':path': '/e'}, batch(`many${i}`, 1, 20))));
        assert.ok(answers.every((answer) => answer.status === 200));
        const tooLarge = await request2(session, {':path': '/e', 'origin': 'https://a.example'},
            Buffer.alloc(70000, 'x'));
        assert.strictEqual(tooLarge.status, 413);
        const big = await request2(session, {':path': '/e'},
            batch('big', 1, 1, {pad: 'x'.repeat(60000)}));
        assert.strictEqual(big.status, 200);
        const missing = await request2(session, {':path': '/nothing'});
        assert.strictEqual(missing.status, 404);
        const long = await request2(session, {':path': '/' + 'x'.repeat(9000)});
        assert.strictEqual(long.status, 414);
        const none = await request2(session, {':path': '/e', ':method': 'OPTIONS',
            'origin': 'https://a.example'});
        assert.strictEqual(none.status, 204);
        await until('all are in the lake', () => rows(collector.data).length === 90 * 20 + 1);
    });

test('streams cancelled without end close their connection, nothing else', async (t) => {
    const collector = await startCollector(t);
    const session = openSession(t, collector.url);
    const ended = new Promise((resolve) => session.on('goaway', resolve));
    let isOver = false;
    ended.then(() => {
        isOver = true;
    });
    session.on('close', () => {
        isOver = true;
    });
    for (let i = 0; i < 5000 && !isOver; i++) {
        const stream = session.request({':path': '/e', ':method': 'POST'}, {endStream: false});
        stream.on('error', () => {});
        stream.close(http2.constants.NGHTTP2_CANCEL);
        if (i % 50 === 0) {
            await new Promise(setImmediate);
        }
    }
    assert.notStrictEqual(await ended, http2.constants.NGHTTP2_NO_ERROR);
    assert.strictEqual((await collector.post('/e', batch('calm', 1, 1))).status, 200);
});

test('a Unix socket and a balancer with PROXY headers', async (t) => {
    const folder = temporaryFolder(t);
    const socketPath = path.join(folder, 's.sock');
    const port = await freePort();
    const collector = await startCollector(t,
        ['--listen', `127.0.0.1:0, unix:${socketPath}, 127.0.0.1:${port} proxy`]);
    const answer = await request(http, {socketPath, path: '/e'}, batch('unix', 1, 1));
    assert.strictEqual(answer.status, 200);
    const send = (head) => new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        let text = '';
        socket.on('data', (data) => {
            text += data;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(text));
        socket.end(`${head}GET /pipes.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    });
    assert.match(await send('PROXY TCP4 203.0.113.7 192.0.2.1 5000 80\r\n'), /^HTTP\/1.1 200 OK/);
    assert.strictEqual(await send(''), '', 'without the header nothing is answered');
    assert.strictEqual(await collector.stop(), 0);
    assert.ok(rows(collector.data).length === 1);
});

test('a hand-over to a process that cannot start changes nothing', async (t) => {
    const folder = temporaryFolder(t);
    const files = certificate(folder, 'gone');
    const port = await freePort();
    const collector = await startCollector(t, ['--listen', `127.0.0.1:0, 127.0.0.1:${port} tls`,
        '--tls-certificate', files.cert, '--tls-key', files.key]);
    fs.rmSync(files.key);
    collector.child.kill('SIGUSR2');
    await until('it says why', () => /no hand-over/.test(collector.output));
    assert.match(collector.output, /private key/);
    assert.strictEqual((await collector.post('/e', batch('still', 1, 1))).status, 200);
    assert.strictEqual(await collector.stop(), 0);
});

/**
 * What systemd does, in the perl that every Debian has (a server of Node's own would take
 * connections itself): opens a socket as descriptor 3, starts the program with it, and again with
 * the same one for each line it is sent after that has ended.
 */
const SYSTEMD = `
use Socket; $^F = 9; $| = 1;
my $s;
socket($s, PF_INET, SOCK_STREAM, 0) && bind($s, sockaddr_in(0, INADDR_LOOPBACK)) &&
    listen($s, 128) && fileno($s) == 3 or die "no socket";
my ($port) = sockaddr_in(getsockname($s));
s/PORT/$port/ for @ARGV;
print "port $port\n";
do {
    my $pid = fork;
    if (!$pid) { @ENV{'LISTEN_PID', 'LISTEN_FDS'} = ($$, 1); exec @ARGV }
    print "pid $pid\n";
    waitpid($pid, 0);
    print "ended $?\n";
} while (<STDIN>);
`;

function startSystemd(t, data, args) {
    const child = spawn('perl', ['-e', SYSTEMD, BINARY, 'serve', '--data', data, '--lake-roll',
        '200ms', '--admin', '127.0.0.1:0', ...args]);
    child.output = '';
    for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text) => {
            child.output += text;
        });
    }
    child.ended = new Promise((resolve) => child.on('exit', resolve));
    child.found = (what) => until(what, () => child.output.match(new RegExp(`^${what} (.*)`, 'm')))
        .then((match) => Number(match[1]));
    child.killLast = (signal) => {
        const pids = [...child.output.matchAll(/^pid (.*)/gm)];
        process.kill(Number(pids[pids.length - 1][1]), signal);
    };
    atEnd(t, async () => {
        child.stdin.end();
        try {
            child.killLast('SIGKILL');
        } catch (error) {
            assert.strictEqual(error.code, 'ESRCH');
        }
        await child.ended;
    });
    return child;
}

test('sockets that systemd opened outlive the process: who comes meanwhile only waits',
    async (t) => {
        const data = path.join(temporaryFolder(t), 'data');
        const systemd = startSystemd(t, data, ['--listen', '127.0.0.1:PORT']);
        const port = await systemd.found('port');
        const send = (name) => request(http, {host: '127.0.0.1', port, path: '/e', agent: false},
            batch(name, 1, 1));
        assert.strictEqual((await send('first')).status, 200);
        systemd.killLast('SIGTERM');
        assert.strictEqual(await systemd.found('ended'), 0);
        const waiting = send('between');
        systemd.stdin.write('again\n');
        assert.strictEqual((await waiting).status, 200, systemd.output);
        await until('both are in the lake', () => rows(data).length === 2);
    });

test('a socket of an address that nobody named is refused with a sentence', async (t) => {
    const data = path.join(temporaryFolder(t), 'data');
    const systemd = startSystemd(t, data,
        ['--listen', '127.0.0.1:1', '--admin', '127.0.0.2:0']);
    assert.notStrictEqual(await systemd.found('ended'), 0);
    assert.match(systemd.output, /LISTEN_FDS.*neither listen nor admin names/);
});
