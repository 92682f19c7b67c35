'use strict';
/** What one client and one site may ask for, and options that change while the collector runs. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {startCollector, atEnd, temporaryFolder, until, rows, batch, BINARY}
    = require('./collector');

const PROXY = ['--trusted-proxies', '127.0.0.1'];

/** Statuses of so many requests of a client behind the proxy that we are. */
async function statuses(collector, count, client) {
    const found = [];
    for (let i = 0; i < count; i++) {
        const answer = await collector.post('/e', batch(`${client}-${Math.random()}`, 1, 1),
            client ? {'X-Forwarded-For': client} : {});
        found.push(answer.status);
        await answer.arrayBuffer();
    }
    return found;
}

const count = (list, value) => list.filter((one) => one === value).length;

test('a client that asks too often is told when to come again, others go on', async (t) => {
    const collector = await startCollector(t, [...PROXY, '--source-requests-max', '2']);
    const begin = Date.now();
    const found = await statuses(collector, 20, '203.0.113.5');
    const most = 4 + 2 * (Date.now() - begin) / 1000; // a slow machine earns more meanwhile
    assert.ok(count(found, 200) >= 4, `a burst goes through: ${found}`);
    assert.ok(count(found, 200) <= most, `then no more than ${most}: ${found}`);
    const refused = await until('one is refused', async () => {
        const answer = await collector.post('/e', batch(`again-${Math.random()}`, 1, 1),
            {'X-Forwarded-For': '203.0.113.5', Origin: 'https://shop.example'});
        return answer.status === 429 && answer;
    });
    assert.strictEqual(refused.headers.get('retry-after'), '1');
    assert.strictEqual(refused.headers.get('access-control-allow-origin'), 'https://shop.example');
    assert.match((await refused.json()).error, /source-requests-max/);
    assert.deepStrictEqual(await statuses(collector, 3, '203.0.113.6'), [200, 200, 200]);
    assert.strictEqual((await collector.counts()).front.refused_source, count(found, 429) + 1);
    await until('it may come again', async () =>
        (await statuses(collector, 1, '203.0.113.5'))[0] === 200);
});

test('an IPv6 subscriber is one source, whatever address of its network it takes', async (t) => {
    const collector = await startCollector(t, [...PROXY, '--source-requests-max', '1']);
    const found = [];
    for (let i = 1; i <= 8; i++) {
        found.push(...await statuses(collector, 1, `2001:db8:0:7::${i}`));
    }
    assert.ok(count(found, 429) >= 4, found.join());
    assert.deepStrictEqual(await statuses(collector, 1, '2001:db8:0:8::1'), [200]);
});

test('this machine and proxies that nobody trusts are no way around the limit', async (t) => {
    const open = await startCollector(t, ['--source-requests-max', '1']);
    assert.ok((await statuses(open, 10, '')).every((status) => status === 200));
    /* Whoever is not trusted is itself the source, and this machine has no limit. */
    assert.ok((await statuses(open, 10, '203.0.113.5')).every((status) => status === 200));
    const closed = await startCollector(t, [...PROXY, '--source-requests-max', '1']);
    const found = [];
    for (let i = 0; i < 8; i++) {
        found.push(...await statuses(closed, 1, `8.8.8.${i}, 203.0.113.5`));
    }
    assert.ok(count(found, 429) >= 4, `what a client writes itself counts nothing: ${found}`);
});

test('a site that gets too much does not slow down another', async (t) => {
    const collector = await startCollector(t, ['--site-requests-max', '2']);
    const send = async (site) => {
        const events = [{type: 'track', name: 'a', seq: 1, created_at: Date.now(), site}];
        const body = JSON.stringify({v: 1, load_id: `${site}${Math.random()}`, events, site});
        return (await collector.post('/e', body)).status;
    };
    const found = [];
    for (let i = 0; i < 12; i++) {
        found.push(await send('busy'));
    }
    assert.ok(count(found, 200) >= 4 && count(found, 429) >= 4, found.join());
    assert.strictEqual(await send('quiet'), 200);
    const kept = count(found, 200) + 1;
    await until('what was taken is kept', () => rows(collector.data).length >= kept);
    assert.strictEqual(rows(collector.data).length, kept);
});

/** Opens a connection of a client behind a balancer; resolves to what it answers to a GET. */
function openBehindBalancer(t, port, client) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        let text = '';
        atEnd(t, () => socket.destroy());
        socket.on('error', () => {});
        socket.on('data', (data) => {
            text += data;
            resolve({socket, text});
        });
        socket.on('close', () => resolve({socket, text}));
        socket.write(`PROXY TCP4 ${client} 192.0.2.1 5000 80\r\n` +
            'GET /pipes.js HTTP/1.1\r\nHost: a\r\n\r\n');
    });
}

test('an address with too many connections gets no more until one is closed', async (t) => {
    const collector = await startCollector(t, ['--listen', '127.0.0.1:0 proxy',
        '--source-connections-max', '3']);
    const port = new URL(collector.running.public_url).port;
    const opened = [];
    for (let i = 0; i < 3; i++) {
        opened.push(await openBehindBalancer(t, port, '203.0.113.5'));
        assert.match(opened[i].text, /^HTTP\/1.1 200 OK/);
    }
    assert.strictEqual((await openBehindBalancer(t, port, '203.0.113.5')).text, '');
    assert.match((await openBehindBalancer(t, port, '203.0.113.6')).text, /^HTTP\/1.1 200 OK/);
    opened[0].socket.destroy();
    await until('there is a place again', async () =>
        (await openBehindBalancer(t, port, '203.0.113.5')).text !== '');
});

/** A collector that reads its options from a file, and a way to write it and say so. */
async function startWithFile(t, text) {
    const file = path.join(temporaryFolder(t), 'pipes.ini');
    fs.writeFileSync(file, text);
    const collector = await startCollector(t, ['--config', file]);
    const reload = async (next, wanted) => {
        fs.writeFileSync(file, next);
        const before = collector.output.length;
        collector.child.kill('SIGHUP');
        await until(`it says ${wanted}`, () => wanted.test(collector.output.slice(before)));
        return collector.output.slice(before);
    };
    return {collector, reload};
}

test('options take effect on SIGHUP; those that cannot say that they need a restart', async (t) => {
    const {collector, reload} = await startWithFile(t, 'origins = https://a.example\n');
    const ask = async (origin) => (await collector.post('/e', batch(`o${Math.random()}`, 1, 1),
        {Origin: origin})).status;
    assert.deepStrictEqual([await ask('https://a.example'), await ask('https://b.example')],
        [200, 403]);
    const said = await reload('origins = https://b.example\nlog-level = debug\nworkers = 7\n' +
        'body-max = 64kB\n', /read again: 2 options changed/);
    assert.match(said, /origins: 'https:\/\/a.example' became 'https:\/\/b.example'/);
    assert.match(said, /log-level: 'info' became 'debug'/);
    assert.match(said, /workers needs a restart to become '7'; it stays '0'/);
    assert.match(said, /body-max needs a restart/);
    assert.deepStrictEqual([await ask('https://a.example'), await ask('https://b.example')],
        [403, 200]);
    const back = await reload('workers = 7\nlog-level = debug\n', /read again: 1 option changed/);
    assert.match(back, /workers needs a restart/);
    assert.strictEqual(await ask('https://a.example'), 200);
});

test('a file with a mistake changes nothing, not even what is right in it', async (t) => {
    const {collector, reload} = await startWithFile(t, 'origins = https://a.example\n');
    const ask = async (origin) => (await collector.post('/e', batch(`o${Math.random()}`, 1, 1),
        {Origin: origin})).status;
    for (const [mistake, why] of [['orgins = x', /orgins/], ['spool-max = much', /spool-max/],
        ['trusted-proxies = 10.0.0.1/8', /trusted-proxies.*bits behind/]]) {
        const said = await reload(`origins = https://b.example\n${mistake}\n`,
            /nothing was changed/);
        assert.match(said, why);
    }
    assert.deepStrictEqual([await ask('https://a.example'), await ask('https://b.example')],
        [200, 403]);
});

test('limits that are lowered and raised again hold from the next request on', async (t) => {
    const {collector, reload} = await startWithFile(t, 'disk-reserve = 1MiB\n');
    assert.strictEqual((await collector.post('/e', batch('r', 1, 1))).status, 200);
    await reload('disk-reserve = 900TB\n', /disk-reserve/);
    const refused = await until('the disk is too full', async () => {
        const answer = await collector.post('/e', batch(`r${Math.random()}`, 1, 1));
        return answer.status === 503 && answer;
    });
    assert.ok(refused.headers.get('retry-after'));
    await reload('disk-reserve = 1MiB\n', /disk-reserve/);
    await until('it goes on', async () =>
        (await collector.post('/e', batch(`s${Math.random()}`, 1, 1))).status === 200);
});

test('a reload under load is seen by each request as a whole', async (t) => {
    const {collector, reload} = await startWithFile(t, 'origins = https://a.example\n');
    let isOver = false;
    const seen = [];
    const load = async () => {
        while (!isOver) {
            const answer = await collector.post('/e', batch(`w${Math.random()}`, 1, 1),
                {Origin: 'https://b.example'});
            const allowed = answer.headers.get('access-control-allow-origin');
            seen.push([answer.status, allowed]);
            await answer.arrayBuffer();
        }
    };
    const loads = [load(), load(), load(), load()];
    for (let i = 0; i < 20; i++) {
        await reload(i % 2 ? 'origins = https://a.example\n' : 'origins = https://b.example\n',
            /read again: 1 option changed/);
    }
    isOver = true;
    await Promise.all(loads);
    assert.ok(seen.length > 0);
    for (const [status, allowed] of seen) {
        assert.deepStrictEqual([status, allowed],
            status === 200 ? [200, 'https://b.example'] : [403, null]);
    }
});

test('pipes limits tells every ceiling as the options set it', () => {
    const text = execFileSync(BINARY, ['limits', '--body-max', '2MiB', '--site-requests-max', '7'],
        {encoding: 'utf8'});
    assert.match(text, /body, as sent and decompressed +body-max: 2 MiB +413/);
    assert.match(text, /requests a second of one site +site-requests-max: 7 +429/);
    assert.match(text, /all of it +[\d.]+ [MG]iB/);
});

test('a measurement that does not exist is refused with what there is', () => {
    assert.throws(() => execFileSync(BINARY, ['bench', 'everything'], {stdio: 'pipe'}),
        /say what to measure: pipes bench pipeline/);
});
