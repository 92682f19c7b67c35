/**
 * No address, no user agent, nowhere: every client and every refusal is driven with marked ones, in
 * the headers and repeated in payloads under every usual name; then everything that the collector
 * wrote or says is searched for them, decoded: journal, lake, Parquet, quarantine, ledger, logs at
 * level debug, counts, answers, and the memory of the process once it is idle.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const {spawnSync} = require('node:child_process');
const http = require('node:http');
const {startCollector, until, rows, ROOT} = require('./collector');

const ADDRESSES = ['203.0.113.77', '2001:db8:4d4d:77::4d'];
const AGENT = 'MarkedBrowser/7.7 (Mark-4d4d77; rv:7)';
const DEVICE = 'marked-device-4d4d77';
const MARKS = [...ADDRESSES, AGENT, 'Mark-4d4d77', DEVICE];
/** What is taken out of texts, too, where the collector scrubs them. */
const SECRETS = ['marked.person@mail-4d4d77.example', 'sk_live_4d4d77MARKED4d4d77MARKED'];
const HAS_SCRUB = fs.existsSync(path.join(ROOT, 'src', 'privacy', 'scrub.c'));

const from = (i) => ({'X-Forwarded-For': ADDRESSES[i % 2], 'User-Agent': AGENT,
    Forwarded: `for=${ADDRESSES[0]}`, 'X-Real-IP': ADDRESSES[0]});

/** Everything that a client at that address may repeat. */
const repeated = (address) => ({
    ip: ADDRESSES[0], $ip: ADDRESSES[1], ip_address: ADDRESSES[0], userAgent: AGENT, ua: AGENT,
    $user_agent: AGENT, user_agent: AGENT, 'X-Forwarded-For': `${ADDRESSES[0]}, 10.0.0.1`,
    device: {id: DEVICE, advertisingId: DEVICE, model: 'm'}, idfa: DEVICE,
    nested: [{deeper: {client_ip: ADDRESSES[1], User_Agent: AGENT}}],
    free: `seen from ${address} by ${AGENT}`,
});
const REPEATED = repeated(ADDRESSES[0]);
const SECRET_TEXT = HAS_SCRUB ? `mail ${SECRETS[0]} and ${SECRETS[1]}` : 'nothing';

const eventOf = (address) => ({type: 'track', name: 'tested', anonymous_id: 'a',
    ...repeated(address), properties: {...repeated(address), note: SECRET_TEXT},
    user_properties: repeated(address), context: repeated(address),
    url: `https://shop.example/?from=${address}`, title: `to ${address}`});
const event = (more = {}) => ({...eventOf(ADDRESSES[0]), ...more});

const SPACED = (value) => JSON.stringify(value, null, 2).replace(/":/g, '" :');

/** Requests that are taken, refused and half understood: [what, status, send]. */
function requests(collector) {
    const post = (where, body, more = {}) => collector.post(where, body, {...from(0), ...more});
    const batch = (...events) => JSON.stringify({v: 1, load_id: 'l', context: REPEATED, events});
    const query = new URLSearchParams({type: 'track', name: 'tested', ip: ADDRESSES[0], ua: AGENT,
        'properties.ip': ADDRESSES[1], 'properties.free': REPEATED.free,
        context: JSON.stringify(REPEATED)});
    const aside = new URLSearchParams({event_id: 'x'.repeat(200), ip: ADDRESSES[0], ua: AGENT});
    const pixel = (words) => fetch(`${collector.url}/p.gif?${words}`, {headers: from(0)});
    const big = {x: AGENT.repeat(60000)};
    return [
        ['native', 200, () => post('/e', batch(event()))],
        ['native with blanks', 200, () => post('/e',
            SPACED({v: 1, context: REPEATED, events: [event()]}))],
        ['native of IPv6', 200, () => collector.post('/e',
            JSON.stringify({v: 1, events: [eventOf(ADDRESSES[1])]}), from(1))],
        ['ancestor, camelCase', 200, () => post('/', JSON.stringify({type: 'track', event: 'tested',
            anonymousId: 'a', properties: REPEATED, context: REPEATED, ...REPEATED}))],
        ['ancestor, identity', 200, () => post('/stage', JSON.stringify([{type: 'identity',
            anonymous_id: 'a', user_id: 'u', properties: REPEATED}]))],
        ['pixel', 200, () => pixel(query)],
        ['pixel that is put aside', 200, () => pixel(aside)],
        ['native that is put aside', 200, () => post('/e', batch({name: 'no type', ...REPEATED}))],
        ['put aside whole', 200, () => post('/e', JSON.stringify({v: 1, nothing: REPEATED}))],
        ['put aside for its context', 200, () => post('/e',
            batch(event({big: 'x'.repeat(70000)})))],
        ['ancestor that is put aside', 200, () => post('/',
            JSON.stringify({...REPEATED, properties: REPEATED}))],
        ['signals', 200, () => post('/e', batch(event()), {'Sec-GPC': '1'})],
        ['no JSON', 400, () => post('/e', `{"ip":"${ADDRESSES[0]}","ua":"${AGENT}`)],
        ['no UTF-8', 400, () => post('/e',
            Buffer.concat([Buffer.from(`"${AGENT}`), Buffer.from([0xff])]))],
        ['too deep', 413, () => post('/e', '['.repeat(100) + `"${AGENT}"`)],
        ['too big', 413, () => post('/e', batch(event({properties: big})))],
        ['a coding that is none', 400, () => post('/e', batch(event()),
            {'Content-Encoding': 'gzip'})],
        ['a path that is none', 404, () => fetch(
            `${collector.url}/${ADDRESSES[0]}?ua=${AGENT}`, {headers: from(0)})],
        ['a method that is none', 405, () => fetch(`${collector.url}/e`,
            {method: 'DELETE', headers: from(0)})],
        ['a beacon', 200, () => post('/e?beacon=b1', batch(event()))],
    ];
}

/** Bytes that no client library would send. */
async function raw(collector, text) {
    const socket = net.connect(Number(new URL(collector.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(text);
    let answer = '';
    for await (const piece of socket) {
        answer += piece;
    }
    return answer;
}

const HEAD = `X-Forwarded-For: ${ADDRESSES[0]}\r\nUser-Agent: ${AGENT}\r\n`;
const GARBAGE = [
    `GET / HTTP/1.1\r\n${HEAD}\r\n`,
    `GET / HTTP/9.9\r\nHost: x\r\n${HEAD}\r\n`,
    `${AGENT} ${ADDRESSES[0]}\r\n\r\n`,
    `POST /e HTTP/1.1\r\nHost: ${ADDRESSES[0]} x\r\n${HEAD}Content-Length: 0\r\n\r\n`,
    `POST /e HTTP/1.1\r\nHost: x\r\n${HEAD}Content-Length: a\r\n\r\n`,
    `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n${HEAD}\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${HEAD}X: ${AGENT.repeat(600)}\r\n\r\n`,
    `POST /e HTTP/1.1\r\nHost: x\r\n${HEAD}Content-Length: 100\r\n\r\n{"ua":"${AGENT}`,
];

const files = (folder) => fs.readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? files(full) : entry.isFile() ? [full] : [];
});

/** Whether one of the marks stands in the bytes, as it is or as a URL writes it. */
function marksIn(bytes, marks = [...MARKS, ...(HAS_SCRUB ? SECRETS : [])]) {
    const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : String(bytes);
    return marks.flatMap((mark) => [mark, encodeURIComponent(mark), mark.replace(/\//g, '\\/')])
        .filter((mark) => text.includes(mark));
}

/** What is being written ("_part-...") is unpacked as far as it goes. */
function unpack(file, bytes) {
    const {status, stdout, stderr} =
        spawnSync('zstd', ['-dcq'], {input: bytes, maxBuffer: 1 << 28});
    assert.ok(status === 0 || path.basename(file).startsWith('_part-'), `${file}: ${stderr}`);
    return stdout;
}

/** Searches every file of the data folder, packed ones unpacked. */
function search(data) {
    const found = [];
    for (const file of files(data)) {
        const texts = [];
        try {
            texts.push(fs.readFileSync(file));
        } catch (error) {
            assert.strictEqual(error.code, 'ENOENT', file); // the journal gives files back
        }
        if (file.endsWith('.zst') && texts[0]) {
            texts.push(unpack(file, texts[0]));
        }
        texts.forEach((text) => marksIn(text).forEach((mark) =>
            found.push(`${path.relative(data, file)}: ${mark}`)));
    }
    return found;
}

const SEEN = ['--trusted-proxies', '127.0.0.1', '--log-level', 'debug'];

/** Fails with all that was found, not with the first. */
const assertClean = (what, found) => assert.deepStrictEqual(found, [], what);

async function drive(collector) {
    for (const [what, status, send] of requests(collector)) {
        const answer = await send();
        assert.strictEqual(answer.status, status, what);
        assertClean(`the answer to: ${what}`, marksIn(Buffer.from(await answer.arrayBuffer())));
    }
    for (const text of GARBAGE) {
        const answer = await raw(collector, text);
        assertClean(`the answer to ${text.slice(0, 40)}`, marksIn(answer));
    }
}

test('the marks are found where nothing takes them out', () => {
    assert.deepStrictEqual(marksIn(JSON.stringify(REPEATED), MARKS).length >= MARKS.length, true);
    assert.ok(marksIn(Buffer.from(`x${encodeURIComponent(AGENT)}y`)).length > 0);
    assert.ok(marksIn(JSON.stringify({ua: AGENT}).replace(/\//g, '\\/')).length > 0);
    assert.deepStrictEqual(marksIn('203.0.113.7 MarkedBrowser'), []);
});

test('no marked address, agent or device id is in anything that is written or said', async (t) => {
    const collector = await startCollector(t, [...SEEN, '--user-id', 'keep', '--traits', 'keep']);
    await drive(collector);
    assertClean('the journal and what else is there at once', search(collector.data));
    const counts = await collector.counts();
    assertClean('the counts', marksIn(JSON.stringify(counts)));
    assert.ok(counts.front.accepted >= 7 && counts.front.quarantined >= 5,
        JSON.stringify(counts.front));
    assertClean('tail', marksIn(collector.run('tail', '--follow=false', '--last', '200')));
    await until('all is in the lake', () =>
        rows(collector.data).length === counts.front.accepted &&
        rows(collector.data, 'quarantine').length === counts.front.quarantined);
    const kept = rows(collector.data);
    assert.ok(kept.every((row) => !row.properties || !('ip' in row.properties)));
    assert.ok(kept.some((row) => row.properties && row.properties.device.model === 'm'),
        'the rest of a device stays');
    await collector.stop();
    collector.run('compact', '--open');
    assert.ok(files(collector.data).some((file) => file.endsWith('.parquet')));
    assertClean('Parquet', marksIn(
        collector.run('query', '--format', 'ndjson', 'select * from events_all')));
    assertClean('the data folder', search(collector.data));
    assertClean('the ledger', marksIn(collector.run('ledger', '--format', 'json')));
    assertClean('the log', marksIn(collector.output));
});

test('no mark is anywhere when sources are limited or the journal takes nothing', async (t) => {
    const collector = await startCollector(t, [...SEEN, '--source-requests-max', '1',
        '--disk-reserve', '1TiB']);
    const statuses = new Set();
    for (let i = 0; i < 6; i++) {
        const answer = await collector.post('/e', JSON.stringify({v: 1, events: [event()]}),
            from(0));
        statuses.add(answer.status);
        assertClean('an answer', marksIn(await answer.text()));
    }
    assert.deepStrictEqual([...statuses].sort(), [429, 503]);
    await collector.stop();
    assertClean('the data folder', search(collector.data));
    assertClean('the log', marksIn(collector.output));
});

test('no mark is in anything when a policy hashes or drops ids', async (t) => {
    const collector = await startCollector(t, [...SEEN, '--user-id', 'hash', '--traits', 'hash',
        '--anonymous-id', 'daily']);
    await drive(collector);
    await collector.stop();
    assertClean('the data folder', search(collector.data));
    assertClean('the log', marksIn(collector.output));
});

const rawRequests = (collector) => collector.run('raw').trim().split('\n')
    .map((line) => JSON.parse(line));

test('requests that are kept as they came are readable with their keys alone, and hold no ' +
    'address, agent or cookie of a header', async (t) => {
    const collector = await startCollector(t, [...SEEN, '--keep-raw', '2h']);
    await drive(collector);
    await collector.post('/e', JSON.stringify({v: 1, events: [{type: 'track', name: SECRETS[0]}]}),
        {...from(0), Cookie: 'other=cookie-4d4d77'});
    await collector.post('/e', JSON.stringify({v: 1, events: [{type: 'track', name: 'denied-4d4d77',
        consent: {state: 'denied'}}, {type: 'track', name: 'granted'}]}), from(0));
    await until('all of them are written', async () => {
        const counts = await collector.counts();
        return counts.front.raw_kept > 8 && counts.front.raw_dropped === 0;
    });
    assertClean('the data folder', search(collector.data));
    const plain = files(path.join(collector.data, 'raw-requests'));
    assert.ok(plain.length >= 2, plain.join());
    plain.forEach((file) => assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600, file));
    await until('the last one is there', () =>
        rawRequests(collector).some((request) => request.body.includes(SECRETS[0])));
    const kept = rawRequests(collector);
    assert.deepStrictEqual(Object.keys(kept[0]),
        ['received_at', 'path', 'query', 'content_type', 'body']);
    assert.ok(kept.some((request) => request.path === '/p.gif' &&
        request.query.includes('tested')));
    assert.ok(!JSON.stringify(kept).includes('cookie-4d4d77'));
    assert.ok(!JSON.stringify(kept).includes('denied-4d4d77'), 'somebody said no to a part of it');
    await collector.stop();
    assertClean('the data folder', search(collector.data));
    collector.options = SEEN;
    await collector.start();
    assert.deepStrictEqual(files(path.join(collector.data, 'raw-requests')), [],
        'switched off: destroyed');
});

/** Whose stack a piece of memory is: the name of the thread, or nothing. */
function threadIn(pid, begin, end) {
    const tasks = `/proc/${pid}/task`;
    return fs.readdirSync(tasks).map((task) => {
        const words = fs.readFileSync(`${tasks}/${task}/syscall`, 'utf8').trim().split(' ');
        const stack = parseInt(words[words.length - 2], 16); // NaN of one that runs
        return stack >= begin && stack < end ?
            fs.readFileSync(`${tasks}/${task}/comm`, 'utf8').trim() : '';
    }).join('');
}

const PAGE = 4096;
/** So much only sanitizers map, for notes of their own. */
const SHADOW_MIN = 2 ** 36;

/** The pages of a piece of memory that hold something, as [begin, end]. */
function* pagesHeld(pagemap, begin, end) {
    const words = Buffer.alloc((end - begin) / PAGE * 8);
    const got = fs.readSync(pagemap, words, 0, words.length, begin / PAGE * 8);
    let from = -1;
    for (let at = 0; at <= got; at += 8) {
        const isHeld = at < got && (words[at + 7] & 0xc0) !== 0; // in memory, or swapped out
        if (isHeld && from < 0) {
            from = begin + at / 8 * PAGE;
        } else if (!isHeld && from >= 0) {
            yield [from, begin + at / 8 * PAGE];
            from = -1;
        }
    }
}

/** The bytes from begin on; fewer when they are gone meanwhile. */
function readMemory(memory, begin, len) {
    const bytes = Buffer.alloc(len);
    try {
        for (let done = 0, got = 1; done < len && got > 0; done += got) {
            got = fs.readSync(memory, bytes, done, len - done, begin + done);
        }
    } catch (error) {
        assert.ok(['EIO', 'EFAULT', 'ENOENT'].includes(error.code), error.code);
    }
    return bytes;
}

/** What of the marks stands in the memory of a process, and where. */
function marksInMemory(pid, marks) {
    const found = [];
    const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
    const pagemap = fs.openSync(`/proc/${pid}/pagemap`, 'r');
    for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n')) {
        const [, from, to, rights, name] = /^(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
        const [begin, end] = [parseInt(from, 16), parseInt(to, 16)];
        if (!rights.startsWith('rw') || name === '[vvar]' || end - begin > SHADOW_MIN) {
            continue; // what cannot be written holds no request
        }
        for (const [first, last] of pagesHeld(pagemap, begin, end)) {
            const bytes = readMemory(memory, first, last - first);
            marks.filter((mark) => bytes.includes(mark)).forEach((mark) => found.push(
                `${name || threadIn(pid, begin, end) || 'memory'} ${from}-${to} at ` +
                `${(first + bytes.lastIndexOf(mark)).toString(16)}: ${mark}`));
        }
    }
    fs.closeSync(memory);
    fs.closeSync(pagemap);
    return found;
}

/** A connection of its own, closed with its answer. */
function sendOnce(collector, body, headers) {
    return new Promise((resolve, reject) => {
        const request = http.request(`${collector.url}/e`, {method: 'POST', agent: false,
            headers: {...headers, Connection: 'close'}}, (answer) => {
            answer.resume();
            answer.on('close', () => resolve(answer.statusCode));
        });
        request.on('error', reject);
        request.end(body);
    });
}

test('a while after the last request no address and no agent is left in memory', async (t) => {
    const collector = await startCollector(t, SEEN);
    const pid = collector.running.pid;
    const marks = [...ADDRESSES, AGENT];
    const body = JSON.stringify({v: 1, events: [event()]});
    const held = new http.Agent({keepAlive: true});
    t.after(() => held.destroy());
    await new Promise((resolve) => http.get(`${collector.url}/?${AGENT.slice(0, 13)}`,
        {agent: held, headers: from(0)}, (answer) => answer.resume().on('end', resolve)));
    await until('some are found right after a request', async () => {
        assert.strictEqual(await sendOnce(collector, body, from(0)), 200);
        return marksInMemory(pid, marks).length > 0;
    });
    await drive(collector);
    await until('nothing is left in memory', () => marksInMemory(pid, marks).length === 0)
        .catch(() => assertClean('memory', marksInMemory(pid, marks)));
});
