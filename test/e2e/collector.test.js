'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');
const {execFileSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, rows, parts, batch, BINARY} =
    require('./collector');

/** Sends bytes as they are and gives all that comes back until the other side closes. */
function raw(collector, bytes, close = true) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(Number(new URL(collector.url).port), '127.0.0.1');
        let answer = '';
        socket.on('data', (data) => {
            answer += data.toString('latin1');
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
        socket.write(bytes);
        if (close) {
            socket.end();
        }
    });
}

test('what was acknowledged is in the lake, and again after a restart, once', async (t) => {
    const collector = await startCollector(t);
    const answer = await collector.post('/e', batch('l1', 1, 3));
    assert.strictEqual(answer.status, 200);
    assert.deepStrictEqual(await answer.json(), {accepted: 3, rejected: 0});
    await collector.post('/e', batch('l1', 1, 3));
    await until('the rows are in the lake', () => rows(collector.data).length === 3);
    assert.strictEqual(await collector.stop(), 0);
    await collector.start();
    await collector.post('/e', batch('l1', 2, 3));
    assert.strictEqual(await collector.stop(), 0);
    const seen = rows(collector.data);
    const ids = seen.map((row) => row.event_id).sort();
    assert.deepStrictEqual(ids, ['l1-1', 'l1-2', 'l1-3', 'l1-4']);
    assert.ok(seen.every((row) => row.site === 'main' && row.environment === 'production'));
    assert.match(collector.run('verify'), /sound/);
    const journal = fs.readdirSync(path.join(collector.data, 'journal'));
    assert.deepStrictEqual(journal, ['SEQUENCE'], 'a clean stop leaves nothing waiting');
});

test('killed again and again while events stream in, nothing acknowledged is lost or doubled',
    async (t) => {
        const collector = await startCollector(t);
        const acknowledged = new Set();
        let load = 0;
        for (let round = 0; round < 10; round++) {
            let isStreaming = true;
            const stream = async () => {
                while (isStreaming) {
                    const id = `k${load++}`;
                    try {
                        const answer = await collector.post('/e', batch(id, 1, 5));
                        if (answer.status === 200) {
                            for (let seq = 1; seq <= 5; seq++) {
                                acknowledged.add(`${id}-${seq}`);
                            }
                        }
                    } catch (error) {
                        isStreaming = false;
                    }
                }
            };
            const before = acknowledged.size;
            const streams = [stream(), stream(), stream(), stream()];
            await until('events were acknowledged', () => acknowledged.size > before + 200);
            await collector.kill();
            isStreaming = false;
            await Promise.all(streams);
            await collector.start();
        }
        assert.strictEqual(await collector.stop(), 0);
        const seen = new Map();
        for (const row of rows(collector.data)) {
            seen.set(row.event_id, (seen.get(row.event_id) || 0) + 1);
        }
        const lost = [...acknowledged].filter((id) => !seen.has(id));
        const doubled = [...seen].filter(([, times]) => times > 1);
        assert.deepStrictEqual(lost, []);
        assert.deepStrictEqual(doubled, []);
        assert.ok(acknowledged.size > 2000);
        assert.match(collector.run('verify'), /sound/);
    });

test('bad input gets a clear status and a sentence, and changes nothing for others', async (t) => {
    const collector = await startCollector(t);
    const deep = '['.repeat(1000) + ']'.repeat(1000);
    const cases = [
        ['not JSON', () => collector.post('/e', 'hello'), 400],
        ['nothing', () => collector.post('/e', ''), 400],
        ['half of JSON', () => collector.post('/e', '{"events":[{"type"'), 400],
        ['invalid UTF-8', () => collector.post('/e', Buffer.from([0x22, 0xff, 0x22])), 400],
        ['a NUL byte', () => collector.post('/e', '{"events":[]}\0'), 400],
        ['1,000 levels', () => collector.post('/e', `{"events":[${deep}]}`), 413],
        ['an unknown path', () => collector.post('/no/such/path', '{}'), 404],
        ['an unknown method', () => fetch(collector.url + '/e', {method: 'DELETE'}), 405],
    ];
    for (const [name, send, status] of cases) {
        const answer = await send();
        assert.strictEqual(answer.status, status, name);
        assert.ok((await answer.json()).error.length > 10, name);
    }
    const good = await collector.post('/e', batch('good', 1, 2));
    assert.strictEqual(good.status, 200);
    assert.strictEqual(await collector.stop(), 0);
    assert.strictEqual(rows(collector.data).length, 2);
    const warnings = collector.output.split('\n').filter((line) => / warn | error /.test(line));
    assert.ok(warnings.length <= 2, collector.output);
});

test('a body of 100 MB is refused while it is sent, in bounded memory', async (t) => {
    const collector = await startCollector(t);
    const size = 100 * 1024 * 1024;
    const answer = await raw(collector,
        `POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(65536)}`,
        false);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    const status = fs.readFileSync(`/proc/${collector.child.pid}/status`, 'utf8');
    assert.ok(Number(/VmHWM:\s+(\d+)/.exec(status)[1]) < 64 * 1024, 'peak memory below 64 MB');
});

test('compressed bodies are understood, said or unsaid; bombs and strangers are refused',
    async (t) => {
        const collector = await startCollector(t);
        const zstd = (text) => execFileSync('zstd', ['-qc'], {input: text, timeout: 60000});
        const ways = [
            ['gzip', zlib.gzipSync],
            ['deflate', zlib.deflateSync],
            ['deflate', zlib.deflateRawSync],
            ['br', zlib.brotliCompressSync],
            ['zstd', zstd],
            ['', zlib.gzipSync],
        ];
        for (const [i, [coding, compress]] of ways.entries()) {
            const answer = await collector.post('/e', compress(batch(`c${i}`, 1, 3)),
                coding ? {'content-encoding': coding} : {});
            assert.strictEqual(answer.status, 200, `${coding} ${await answer.text()}`);
        }
        const zeros = Buffer.alloc(100 * 1024 * 1024);
        const refused = [
            [zlib.gzipSync(zeros), 'gzip', 413],
            [zlib.gzipSync(batch('half', 1, 3)).subarray(0, 60), 'gzip', 400],
            [batch('plain', 1, 1), 'gzip', 400],
            [batch('stranger', 1, 1), 'compress', 415],
        ];
        for (const [body, coding, status] of refused) {
            const answer = await collector.post('/e', body,
                {'content-encoding': coding, 'origin': 'http://page.example'});
            assert.strictEqual(answer.status, status, coding);
            assert.ok((await answer.json()).error.length > 10);
            assert.strictEqual(answer.headers.get('access-control-allow-origin'),
                'http://page.example');
        }
        assert.strictEqual(await collector.stop(), 0);
        assert.strictEqual(rows(collector.data).length, ways.length * 3);
    });

for (const words of [['--sync', 'interval', '--sync-interval', '20ms'], ['--sync', 'os'],
    ['--disk-io', 'plain']]) {
    const how = words.slice(0, 2).join('=').slice(2);
    test(`with ${how} a killed collector loses nothing that it acknowledged`, async (t) => {
        const collector = await startCollector(t, words);
        for (let i = 0; i < 20; i++) {
            const answer = await collector.post('/e', batch(`k${i}`, 1, 5));
            assert.strictEqual(answer.status, 200);
        }
        await collector.kill();
        await collector.start();
        assert.strictEqual(await collector.stop(), 0);
        assert.strictEqual(rows(collector.data).length, 100);
        assert.match(collector.run('verify'), /sound/);
    });
}

test('half a request and a vanished client leave nothing behind', async (t) => {
    const collector = await startCollector(t);
    await raw(collector, 'POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"events":[');
    await raw(collector, 'POST /e HT');
    const counts = await collector.counts();
    assert.strictEqual(counts.front.received, 0);
    assert.strictEqual((await collector.post('/e', batch('after', 1, 1))).status, 200);
});

test('what is JSON but no event is kept in quarantine with a reason; the good part is stored',
    async (t) => {
        const collector = await startCollector(t);
        const answer = await collector.post('/e',
            '{"load_id":"q","events":[{"type":"track","seq":1},{"name":"no type"},7]}');
        assert.deepStrictEqual(await answer.json(), {accepted: 1, rejected: 2});
        await collector.stop();
        assert.strictEqual(rows(collector.data).length, 1);
        const kept = rows(collector.data, 'quarantine');
        assert.deepStrictEqual(kept.map((row) => row.raw), ['{"name":"no type"}', '7']);
        assert.ok(kept.every((row) => row.reason && row.adapter === 'native' && row.received_at));
    });

test('numbers and strings of properties come out byte for byte', async (t) => {
    const collector = await startCollector(t);
    const properties =
        '{"n":123456789012345678901234567890.10,"s":"\\u00e9 \\/ \u{1F4A5}","e":1E400}';
    await collector.post('/e', `{"events":[{"type":"track","properties":${properties}}]}`);
    await collector.stop();
    const text = execFileSync('zstd', ['-dcq', parts(collector.data)[0]], {encoding: 'utf8'});
    assert.ok(text.includes(`"properties":${properties}`), text);
});

test('a page may read every answer, errors too, and only its own origin is named', async (t) => {
    const collector = await startCollector(t, ['--origins', 'https://shop.example']);
    const ask = (origin, body, method = 'POST') =>
        fetch(collector.url + '/e', {method, body, headers: {Origin: origin}});
    for (const body of [batch('c', 1, 1), 'nonsense']) {
        const answer = await ask('https://shop.example', body);
        assert.strictEqual(answer.headers.get('access-control-allow-origin'),
            'https://shop.example');
        assert.strictEqual(answer.headers.get('access-control-allow-credentials'), 'true');
        assert.match(answer.headers.get('access-control-expose-headers'), /Retry-After/);
    }
    const stranger = await ask('https://evil.example', batch('s', 1, 1));
    assert.strictEqual(stranger.status, 403);
    assert.strictEqual(stranger.headers.get('access-control-allow-origin'), null);
    const preflight = await ask('https://shop.example', undefined, 'OPTIONS');
    assert.strictEqual(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-methods'), /POST/);
});

test('a no in the request is a no, whatever client sent it', async (t) => {
    const collector = await startCollector(t);
    for (const headers of [{'Sec-GPC': '1'}, {DNT: '1'}, {Cookie: 'pipes_disabled=1'}]) {
        const answer = await collector.post('/e', batch('no', 1, 2), headers);
        assert.deepStrictEqual(await answer.json(), {accepted: 0, rejected: 0, dropped: 2});
    }
    await collector.stop();
    assert.strictEqual(rows(collector.data).length, 0);
});

test('the admin address answers nobody but this machine', async (t) => {
    const collector = await startCollector(t);
    const port = new URL(collector.admin).port;
    const answer = await new Promise((resolve) => {
        const socket = net.connect(Number(port), '127.0.0.1');
        let text = '';
        socket.on('data', (data) => {
            text += data;
        });
        socket.on('close', () => resolve(text));
        socket.end('GET /counts HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n');
    });
    assert.match(answer, /^HTTP\/1\.1 403 /);
    const own = await fetch(collector.admin + '/healthz',
        {headers: {Origin: 'https://evil.example'}});
    assert.strictEqual(own.status, 200);
    assert.strictEqual(own.headers.get('access-control-allow-origin'), null);
});

test('the ancestor and the pixel are understood at their own paths', async (t) => {
    const collector = await startCollector(t);
    const old = {type: 'action', anonymous_id: 'a', sent_at: Date.now(), name: 'clicked'};
    assert.strictEqual((await collector.post('/', JSON.stringify(old))).status, 200);
    assert.strictEqual((await collector.post('/dev', JSON.stringify([old]))).status, 200);
    const pixel = await fetch(`${collector.url}/p.gif?name=seen&url=https%3A%2F%2Fa.example%2Fb`);
    assert.strictEqual(pixel.headers.get('content-type'), 'image/gif');
    assert.strictEqual((await pixel.arrayBuffer()).byteLength, 43);
    await collector.stop();
    const seen = rows(collector.data).map((row) => [row.adapter, row.type, row.name,
        row.environment, row.path]);
    assert.deepStrictEqual(seen.sort(), [
        ['ancestor', 'track', 'clicked', 'dev', undefined],
        ['ancestor', 'track', 'clicked', 'production', undefined],
        ['pixel', 'page', 'seen', 'production', '/b'],
    ]);
});

test('a second collector on the same data is refused with a sentence', async (t) => {
    const collector = await startCollector(t);
    assert.throws(() => collector.run('serve', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'),
        (error) => error.status !== 0 && /another process/.test(error.stderr.toString()));
});

test('a port that is taken is refused with a sentence, not shared', async (t) => {
    const collector = await startCollector(t);
    const other = path.join(temporaryFolder(t), 'data');
    const address = `127.0.0.1:${new URL(collector.url).port}`;
    assert.throws(() => execFileSync(BINARY, ['serve', '--data', other, '--listen', address],
        {stdio: 'pipe'}),
    (error) => error.status === 1 && /already.*--listen/.test(error.stderr.toString()));
});

test('verify names the file that was damaged', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('v', 1, 50));
    await collector.stop();
    assert.match(collector.run('verify'), /sound/);
    const [file] = parts(collector.data);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length >> 1] ^= 0x10;
    fs.writeFileSync(file, bytes);
    assert.throws(() => collector.run('verify'), (error) => {
        const text = error.stdout.toString() + error.stderr.toString();
        return error.status !== 0 && text.includes(path.basename(file));
    });
});

test('a beacon that is kept is told of to who asks, and no other is', async (t) => {
    const collector = await startCollector(t);
    const batch = (event) => JSON.stringify({load_id: 'l1', events: [{type: 'track', ...event}]});
    const ask = async (ids) =>
        (await (await collector.post(`/e?ask=${ids}`, '{"events":[]}')).json()).have;
    assert.deepStrictEqual(await ask('b1,b2'), []);
    const sent = await collector.post('/e?beacon=b1', batch({name: 'a', seq: 1}));
    assert.deepStrictEqual(await sent.json(), {accepted: 1, rejected: 0});
    await collector.post('/e', batch({name: 'b', seq: 2}));
    assert.deepStrictEqual(await ask('b1,b2'), ['b1']);
    // Refused by the browser's own signal: nothing is kept, and nothing is told.
    await collector.post('/e?beacon=b2', batch({name: 'c', seq: 3}), {'Sec-GPC': '1'});
    assert.deepStrictEqual(await ask('b1,b2'), ['b1']);
    await collector.stop();
    await collector.start();
    assert.deepStrictEqual(await ask('b1'), [], 'a restart forgets; the events come again');
    await collector.post('/e?beacon=b3', batch({name: 'a', seq: 1}));
    await collector.stop();
    assert.deepStrictEqual(rows(collector.data).map((row) => row.name).sort(), ['a', 'b']);
});
