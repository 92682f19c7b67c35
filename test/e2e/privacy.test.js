/**
 * What a policy does, asked of a real collector: signals and consent through every adapter, presets
 * and single options, sites with keys and origins, and what the program says of itself.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, rows, BINARY} = require('./collector');

/** One event through each adapter; `more` goes into it. */
const CLIENTS = {
    native: (collector, headers, more = {}) => collector.post('/e', JSON.stringify({v: 1,
        events: [{type: 'track', name: 'tested', anonymous_id: 'a', ...more}]}), headers),
    ancestor: (collector, headers, more = {}) => collector.post('/', JSON.stringify(
        {type: 'track', event: 'tested', anonymousId: 'a', ...more}), headers),
    pixel: (collector, headers, more = {}) => {
        const query = new URLSearchParams({type: 'track', name: 'tested', anonymous_id: 'a'});
        Object.entries(more).forEach(([name, value]) =>
            query.set(name, typeof value === 'string' ? value : JSON.stringify(value)));
        return fetch(`${collector.url}/p.gif?${query}`, {headers});
    },
};

const front = async (collector) => (await collector.counts()).front;

/** Workers write files of their own. */
const inOrder = (all) => all.sort((a, b) => a.ingest_seq - b.ingest_seq);

async function storedRows(collector, count) {
    await until(`${count} rows`, () => rows(collector.data).length >= count);
    return inOrder(rows(collector.data));
}

const SIGNALS = [
    ['dropped_gpc', {'Sec-GPC': '1'}],
    ['dropped_dnt', {DNT: '1'}],
    ['dropped_opt_out', {Cookie: 'x=1; pipes_disabled=1'}],
];

test('whoever says no is in no row, through any adapter, and the counter says why', async (t) => {
    const collector = await startCollector(t);
    for (const [name, send] of Object.entries(CLIENTS)) {
        for (const [counter, headers] of SIGNALS) {
            const before = await front(collector);
            assert.strictEqual((await send(collector, headers)).status, 200, `${name} ${counter}`);
            const after = await front(collector);
            assert.strictEqual(after[counter] - before[counter], 1, `${name} ${counter}`);
            assert.strictEqual(after.dropped_signal - before.dropped_signal, 1);
            assert.strictEqual(after.received - before.received, 1);
            assert.strictEqual(after.accepted, before.accepted);
        }
        const before = await front(collector);
        const denied = await send(collector, {}, {consent: {state: 'denied'}});
        assert.strictEqual(denied.status, 200);
        const after = await front(collector);
        assert.strictEqual(after.dropped_denied - before.dropped_denied, 1, name);
        assert.strictEqual((await send(collector, {})).status, 200);
    }
    assert.strictEqual((await front(collector)).dropped_signal, 4 * 3);
    await collector.stop();
    const kept = rows(collector.data);
    assert.deepStrictEqual(kept.map((row) => row.adapter).sort(), ['ancestor', 'native', 'pixel']);
    const ledger = JSON.parse(collector.run('ledger', '--format', 'json'));
    assert.ok(JSON.stringify(ledger).includes('dropped_signal'));
});

test('of one batch what was agreed to is kept, and what was refused is not', async (t) => {
    const collector = await startCollector(t);
    const answer = await collector.post('/e', JSON.stringify({v: 1, load_id: 'l', events: [
        {type: 'track', name: 'one', seq: 1, consent: {state: 'granted'}},
        {type: 'track', name: 'two', seq: 2, consent: {state: 'denied'}},
        {type: 'track', name: 'three', seq: 3},
        {nothing: 'understood'},
    ]}));
    assert.deepStrictEqual(await answer.json(), {accepted: 2, rejected: 1, dropped: 1});
    const counts = await front(collector);
    assert.deepStrictEqual([counts.received, counts.accepted, counts.quarantined,
        counts.dropped_signal], [4, 2, 1, 1]);
    await collector.stop();
    assert.deepStrictEqual(rows(collector.data).map((row) => row.name), ['one', 'three']);
    const ledger = JSON.parse(collector.run('ledger', '--format', 'json'));
    assert.match(JSON.stringify(ledger), /"dropped_signal":1/);
});

test('gpc and dnt may be ignored where that is lawful, an opt-out never', async (t) => {
    const collector = await startCollector(t, ['--gpc', 'ignore', '--dnt', 'ignore']);
    for (const [, headers] of SIGNALS) {
        await CLIENTS.native(collector, headers);
    }
    const counts = await front(collector);
    assert.deepStrictEqual([counts.accepted, counts.dropped_opt_out], [2, 1]);
    const statement = await fetch(`${collector.url}/.well-known/gpc.json`);
    assert.strictEqual((await statement.json()).gpc, false);
    const tracker = await (await fetch(`${collector.url}/pipes.js`)).text();
    assert.match(tracker, /"dnt":"ignore","gpc":"ignore"/);
});

test('the tracker of a site ignores the signals that this site ignores', (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, 'pipes.ini');
    fs.writeFileSync(file, 'gpc = ignore\n[site shop]\ndnt = ignore\ngpc = honour\n');
    for (const [site, signals] of [['shop', ['dnt']], ['blog', ['gpc']]]) {
        const out = path.join(folder, site);
        execFileSync(BINARY, ['build', '--config', file, '--site', site, '--out', out]);
        const text = fs.readFileSync(path.join(out, 'pipes.js'), 'utf8');
        assert.deepStrictEqual(['dnt', 'gpc'].filter((one) => text.includes(`"${one}":"ignore"`)),
            signals, site);
    }
});

test('the site says that it knows Global Privacy Control', async (t) => {
    const collector = await startCollector(t);
    const answer = await fetch(`${collector.url}/.well-known/gpc.json`);
    assert.strictEqual(answer.headers.get('content-type'), 'application/json');
    const statement = await answer.json();
    assert.strictEqual(statement.gpc, true);
    assert.match(statement.lastUpdate, /^20\d\d-\d\d-\d\d$/);
});

const IDENTIFY = {type: 'identify', anonymous_id: 'a', user_id: 'marked-user',
    user_properties: {plan: 'marked-plan', paid: true}};

test('by itself no id of the site\'s users is stored, and identify still says that it happened',
    async (t) => {
        const collector = await startCollector(t);
        await CLIENTS.native(collector, {}, {...IDENTIFY, group_id: 'marked-group'});
        await CLIENTS.native(collector, {}, {type: 'alias', user_id: 'marked-user',
            previous_id: 'marked-before', traits: {plan: 'marked-plan'}});
        const [identify, alias] = await storedRows(collector, 2);
        assert.strictEqual(identify.type, 'identify');
        assert.strictEqual(identify.anonymous_id, 'a');
        for (const row of [identify, alias]) {
            assert.doesNotMatch(JSON.stringify(row), /marked/);
        }
    });

test('with learn nothing is stored without consent, and users are keyed hashes that join',
    async (t) => {
        const collector = await startCollector(t, ['--privacy', 'learn']);
        await CLIENTS.native(collector, {}, IDENTIFY);
        assert.strictEqual((await front(collector)).dropped_no_consent, 1);
        const granted = {consent: {state: 'granted', source: 'test', version: '7'}};
        await CLIENTS.native(collector, {}, {...IDENTIFY, ...granted});
        await CLIENTS.ancestor(collector, {}, {userId: 'marked-user', ...granted});
        await CLIENTS.native(collector, {}, {type: 'alias', user_id: 'new', ...granted,
            previous_id: 'marked-user'});
        const [identify, track, alias] = await storedRows(collector, 3);
        assert.match(identify.user_id, /^[0-9a-f]{32}$/);
        assert.strictEqual(track.user_id, identify.user_id);
        assert.strictEqual(alias.previous_id, identify.user_id);
        assert.match(identify.user_properties.plan, /^[0-9a-f]{32}$/);
        assert.strictEqual(identify.user_properties.paid, true);
        assert.strictEqual(identify.consent.version, '7');
        await collector.stop();
        const key = path.join(collector.data, 'IDENTITY_KEY');
        assert.strictEqual(fs.statSync(key).mode & 0o777, 0o600);
        await collector.start();
        await CLIENTS.native(collector, {}, {...IDENTIFY, ...granted});
        const after = await storedRows(collector, 4);
        assert.strictEqual(after[3].user_id, identify.user_id, 'a restart changes no hash');
    });

test('with strict rows have a load in common and nothing else', async (t) => {
    const collector = await startCollector(t, ['--privacy', 'strict']);
    await CLIENTS.native(collector, {}, {...IDENTIFY, session_id: 's', session_index: 3,
        tab_id: 't', load_id: 'l', page_view_id: 'p'});
    const [row] = await storedRows(collector, 1);
    for (const gone of ['anonymous_id', 'user_id', 'session_id', 'session_index', 'tab_id',
        'user_properties']) {
        assert.ok(!(gone in row), gone);
    }
    assert.strictEqual(row.load_id, 'l');
});

test('without cookies a visitor is one for a day, whatever id the client sends', async (t) => {
    const collector = await startCollector(t, ['--anonymous-id', 'daily',
        '--trusted-proxies', '127.0.0.1']);
    const from = (address, agent) => CLIENTS.native(collector,
        {'X-Forwarded-For': address, 'User-Agent': agent}, {anonymous_id: `${Math.random()}`});
    await from('203.0.113.7', 'One/1');
    await from('203.0.99.9', 'One/1');
    await from('198.51.100.9', 'One/1');
    await from('203.0.113.7', 'Two/2');
    await collector.stop();
    await collector.start();
    await from('203.0.113.8', 'One/1');
    const ids = (await storedRows(collector, 5)).map((row) => row.anonymous_id);
    assert.match(ids[0], /^[0-9a-f]{32}$/);
    assert.deepStrictEqual([ids[1], ids[4]], [ids[0], ids[0]],
        'of one network and agent, also after a restart');
    assert.strictEqual(new Set(ids).size, 3);
});

test('the tracker is built as the preset says, and a single option overrules it', async (t) => {
    const out = path.join(temporaryFolder(t), 'dist');
    const build = (...words) => {
        execFileSync(BINARY, ['build', '--out', out, ...words], {stdio: 'pipe'});
        return fs.readFileSync(path.join(out, 'pipes.js'), 'utf8');
    };
    assert.doesNotMatch(build(), /consent:"pending"|"consent":"pending"|"storage"/);
    assert.match(build('--privacy', 'learn'), /"consent":"pending"/);
    assert.match(build('--privacy', 'strict'), /"storage":"none"/);
    assert.doesNotMatch(build('--privacy', 'learn', '--consent', 'none'), /"consent":"pending"/);
    assert.throws(() => build('--modules', 'cross_domain'), /cross-domain = on/);
    assert.doesNotMatch(build('--modules', 'all'), /pipes_id/);
    assert.match(build('--modules', 'all', '--cross-domain', 'on'), /pipes_id/);
});

test('a site\'s own preset holds for its tracker, too, and is explained', async (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, 'sites.ini');
    fs.writeFileSync(file, 'privacy = learn\n[site shop]\nprivacy = strict\n[site blog]\n' +
        'privacy = measure\n[site news]\nuser-id = drop\n');
    const build = (...words) => {
        execFileSync(BINARY, ['build', '--out', path.join(folder, 'dist'), '--config', file,
            '--replace', ...words], {stdio: 'pipe'});
        const text = fs.readFileSync(path.join(folder, 'dist', 'pipes.js'), 'utf8');
        return ['"consent":"pending"', '"storage":"none"'].map((part) => text.includes(part));
    };
    assert.deepStrictEqual(build('--site', 'shop'), [false, true]);
    assert.deepStrictEqual(build('--site', 'blog'), [false, false]);
    assert.deepStrictEqual(build('--site', 'news'), [true, false]);
    assert.deepStrictEqual(build('--site', 'shop', '--storage', 'local'), [false, false]);
    const explained = execFileSync(BINARY, ['config', '--config', file, '--site', 'blog',
        '--explain', 'privacy'], {encoding: 'utf8'});
    assert.match(explained, /Site shop: .*\n- storage = none: .*\n- consent = none/);
    assert.match(explained, /Site blog: .*\n- storage = cookie: .*\n- consent = none/);
    assert.match(explained, /Site news: .*\n- storage = cookie: .*\n- consent = pending/);
    /* What a running collector left of its options says the same. */
    const collector = await startCollector(t, ['--config', file, '--site', 'blog']);
    assert.match(collector.run('privacy', 'report'),
        /Site shop: .*\n- storage = none: .*\n- consent = none/);
});

/** A collector with a configuration file; `write` changes it and waits until it is read again. */
async function startSites(t, ini) {
    const file = path.join(temporaryFolder(t), 'sites.ini');
    fs.writeFileSync(file, ini);
    const collector = await startCollector(t, ['--config', file]);
    let times = 0;
    collector.write = async (text) => {
        fs.writeFileSync(file, text);
        collector.child.kill('SIGHUP');
        times++;
        await until('the options were read again', () =>
            collector.output.split('read again').length > times);
    };
    return collector;
}

const SITES = `
[site shop]
key = k-shop
origins = https://shop.example
[site blog]
origins = https://blog.example
user-id = keep
`;

const sendFor = (collector, site, headers = {}, more = {}, query = '') => collector.post(
    `/e${query}`, JSON.stringify({v: 1, site, ...more,
        events: [{type: 'track', name: 'tested', user_id: 'u'}]}), headers);

test('events of a site come from its pages or with its key; all others are refused and counted',
    async (t) => {
        const collector = await startSites(t, SITES);
        const origin = {Origin: 'https://shop.example'};
        const basic = {Authorization: `Basic ${Buffer.from('k-shop:').toString('base64')}`};
        const status = async (...words) => (await sendFor(collector, ...words)).status;
        assert.strictEqual(await status('shop', origin), 200);
        assert.strictEqual(await status('shop', {}, {key: 'k-shop'}), 200);
        assert.strictEqual(await status('shop', {}, {}, '?key=k-shop'), 200);
        assert.strictEqual(await status('shop', basic), 200);
        assert.strictEqual(await status(undefined, basic), 200);
        assert.strictEqual(await status('blog', {Origin: 'https://blog.example'}), 200);
        assert.strictEqual(await status('shop', {}), 403);
        assert.strictEqual(await status('shop', {}, {key: 'k-wrong'}), 403);
        assert.strictEqual(await status('shop', {Origin: 'https://blog.example'}), 403);
        assert.strictEqual(await status('shop', {Origin: 'https://evil.example'}), 403);
        assert.strictEqual(await status('other', origin), 403);
        const counts = await front(collector);
        assert.deepStrictEqual([counts.accepted, counts.refused_key, counts.refused_origin,
            counts.refused_site_unknown], [6, 2, 2, 1]);
        const kept = await storedRows(collector, 6);
        assert.deepStrictEqual(kept.map((row) => row.site),
            ['shop', 'shop', 'shop', 'shop', 'shop', 'blog']);
        assert.deepStrictEqual(kept.map((row) => row.user_id).filter(Boolean), ['u'],
            'each site has its own policy');
        await collector.stop();
        assert.match(collector.run('ledger', '--format', 'json'), /refused_stranger/);
    });

test('strangers may go to the quarantine, whole and with the reason', async (t) => {
    const collector = await startSites(t, `unknown-site = quarantine\n${SITES}`);
    for (const [site, more, headers] of [['other', {}, {}], ['shop', {key: 'k-wrong'}, {}],
        ['shop', {}, {Origin: 'https://evil.example'}]]) {
        const answer = await sendFor(collector, site, headers, more);
        assert.deepStrictEqual(await answer.json(), {accepted: 0, rejected: 1});
    }
    await until('they are in quarantine', () => rows(collector.data, 'quarantine').length === 3);
    assert.deepStrictEqual(inOrder(rows(collector.data, 'quarantine')).map((row) => row.reason),
        ['unknown site', 'unknown key', 'unknown origin']);
    assert.strictEqual(rows(collector.data).length, 0);
});

test('sites come and go with SIGHUP, and a wrong section changes nothing', async (t) => {
    const collector = await startSites(t, '');
    assert.strictEqual((await sendFor(collector, 'any')).status, 200);
    await collector.write(SITES);
    assert.strictEqual((await sendFor(collector, 'any')).status, 403);
    assert.strictEqual((await sendFor(collector, 'shop', {}, {key: 'k-shop'})).status, 200);
    await collector.write('');
    assert.strictEqual((await sendFor(collector, 'any')).status, 200);
});

test('one source cannot flood a site, whoever else sends for it', async (t) => {
    const collector = await startSites(t, 'trusted-proxies = 127.0.0.1\n[site shop]\n' +
        'source-requests-max = 2\n[site blog]\nsource-requests-max = 0\n');
    const from = async (address, site) => (await sendFor(collector, site,
        {'X-Forwarded-For': address})).status;
    const seen = [];
    for (let i = 0; i < 12; i++) {
        seen.push(await from('203.0.113.7', 'shop'));
    }
    assert.ok(seen.includes(429), `${seen}`);
    assert.ok(seen.slice(0, 4).every((status) => status === 200), 'twice as many at once');
    assert.strictEqual(await from('198.51.100.7', 'shop'), 200, 'another source');
    assert.strictEqual(await from('203.0.113.7', 'blog'), 200, 'another site');
});

test('the program says in plain words what it does, and never that a law is kept', async (t) => {
    const explain = (...words) => execFileSync(BINARY, ['config', '--explain', 'privacy', ...words],
        {encoding: 'utf8'});
    const measure = explain();
    assert.match(measure, /user ids: not stored/);
    assert.match(measure, /all events: 395 days/);
    assert.match(explain('--user-id', 'keep'), /user ids: stored as the site sends them/);
    assert.match(explain('--privacy', 'learn'), /basis of consent/);
    assert.match(explain('--privacy', 'strict'), /visitor: none/);
    for (const preset of ['measure', 'learn', 'strict']) {
        assert.doesNotMatch(explain('--privacy', preset), /complian|conform|anonymous data/i);
    }
});

test('the report is made of the options that hold and of the data that is there', async (t) => {
    const collector = await startSites(t, '[site shop]\nkey = k-secret\nuser-id = hash\n' +
        '[site blog]\norigins = https://blog.example\n');
    for (let i = 0; i < 3; i++) {
        const answer = await sendFor(collector, 'shop', {}, {key: 'k-secret', load_id: `l${i}`,
            context: {locale: i === 0 ? 'de-AT' : 'en-GB', screen_width: 1920}});
        assert.strictEqual(answer.status, 200);
    }
    const text = collector.run('privacy', 'report');
    assert.match(text, /record of processing/i);
    assert.match(text, /the options with which the collector runs/);
    assert.match(text, /Site shop: events come from its origins, or with its key/);
    assert.match(text, /\| shop \| track \| 3 \| 20\d\d-/);
    assert.match(text, /\| user_id \| 3 \| 100.0 \|/);
    assert.doesNotMatch(text, /\| user_properties \|/, 'columns of which there is nothing');
    assert.match(text, /\| locale, timezone \| 3 \| 2 \| 1 \| 1 \| 3 \|/,
        'three loads in two groups, one of them alone, all in groups below 20');
    assert.doesNotMatch(text, /complian|k-secret/i);
    const file = path.join(temporaryFolder(t), 'report.md');
    collector.run('privacy', 'report', '--out', file);
    assert.match(fs.readFileSync(file, 'utf8'), /Impact assessment/);
    await collector.stop();
    assert.ok(!fs.existsSync(path.join(collector.data, 'OPTIONS')));
    assert.match(collector.run('privacy', 'uniqueness'), /\| locale, timezone \| 3 \| 2 \|/);
});

test('a record of consent is kept, also of one that was taken back, and can be asked for',
    async (t) => {
        const collector = await startCollector(t);
        const record = (state) => CLIENTS.native(collector, {}, {type: 'consent', name: undefined,
            anonymous_id: 'a', url: 'https://shop.example/private', properties: {x: 1},
            consent: {state, source: 'banner', version: '7', purposes: ['measure']}});
        await record('granted');
        await record('denied');
        const found = await storedRows(collector, 2);
        assert.deepStrictEqual(found.map((row) => [row.anonymous_id, row.consent.state,
            row.consent.version, row.consent.source, 'url' in row, 'properties' in row]),
        [['a', 'granted', '7', 'banner', false, false],
            ['a', 'denied', '7', 'banner', false, false]]);
    });
