/**
 * A person is forgotten: whatever file of the data folder is decoded afterwards, the id is in none;
 * everybody else's rows are all there; and those who collect notice nothing.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFile, execFileSync} = require('node:child_process');
const {promisify} = require('node:util');
const {startCollector, temporaryFolder, until, BINARY} = require('./collector');

/** Sites that keep their own ids of users. */
const KEEP = ['--user-id', 'keep', '--traits', 'keep'];

const run = promisify(execFile);
const SUBJECT = 'subject-5f0c7a52e4b14f9c';
const USER = 'user-of-subject-77';

function event(load, seq, more) {
    return {type: 'track', name: 'tested', seq, event_id: `${load}-${seq}`,
        created_at: Date.now(), ...more};
}

/** Three events: one of `who`, whose id stands wherever a site may put it; one of somebody else who
 * mentions the subject; one identify. */
async function send(collector, load, who, more = {}) {
    const events = [
        event(load, 1, {anonymous_id: who, name: `seen by ${who}`,
            properties: {price: 3, of: load, [`liked by ${who}`]: 1},
            url: `https://shop.example/u/${who}`, ...more}),
        event(load, 2, {anonymous_id: 'bystander', properties: {by: who, url: `/u/${who}/x`}}),
        event(load, 3, {type: 'identify', name: undefined, anonymous_id: who,
            user_id: who === SUBJECT ? USER : `user-of-${who}`}),
    ];
    const answer = await collector.post('/e', JSON.stringify({v: 1, load_id: load, events}));
    assert.strictEqual(answer.status, 200);
    return answer;
}

function files(folder) {
    return fs.readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? files(full) : [full];
    });
}

/** One that was not finished gives what is in it by now. */
function unpack(file) {
    try {
        return execFileSync('zstd', ['-dcq', file], {maxBuffer: 1 << 28, stdio: 'pipe'});
    } catch (error) {
        assert.ok(path.basename(file).startsWith('_'), `${file} does not unpack`);
        return error.stdout;
    }
}

/** Statistics of properties: a header, and a body that is packed. */
function unpackStatistics(bytes) {
    return execFileSync('zstd', ['-dcq'], {input: bytes.subarray(64), maxBuffer: 1 << 28});
}

/** Files in which one of the ids stands: as they are, unpacked, and as rows of Parquet. */
function holders(data, ids) {
    const found = [];
    const look = (name, bytes) => {
        if (ids.some((id) => bytes.includes(id))) {
            found.push(name);
        }
    };
    for (const file of files(data)) {
        let bytes;
        try {
            bytes = fs.readFileSync(file);
        } catch (error) {
            continue; /* a spare segment that was named meanwhile */
        }
        look(file, bytes);
        if (file.endsWith('.zst')) {
            look(file, unpack(file));
        }
        if (file.endsWith('.stats')) {
            look(file, unpackStatistics(bytes));
        }
    }
    look('what a query sees', execFileSync(BINARY, ['query', '--data', data, '--format', 'ndjson',
        'select * from events_all'], {maxBuffer: 1 << 28}));
    return found;
}

function ask(data, sql) {
    return JSON.parse(execFileSync(BINARY, ['query', '--data', data, '--format', 'json', sql],
        {encoding: 'utf8', maxBuffer: 1 << 28}));
}

function eventIds(data) {
    return ask(data, 'select event_id from events order by 1').map((row) => row.event_id);
}

async function forget(data, ...words) {
    const {stdout} = await run(BINARY, ['forget', '--data', data, '--format', 'json', ...words],
        {timeout: 60000});
    return JSON.parse(stdout);
}

function token(data) {
    return fs.readFileSync(path.join(data, 'ADMIN_TOKEN'), 'utf8');
}

/** The ledger knows of so many rows that were erased, and its sum is zero all the same. */
function mustAddUp(collector, erased) {
    const found = JSON.parse(collector.run('ledger', '--format', 'json'));
    assert.strictEqual(found.rows.reduce((sum, row) => sum + row.erased +
        row.erased_early + row.dropped_forgotten, 0), erased);
}

/** Raw parts, a Parquet file, the journal, the quarantine: something of the subject in each. */
async function fill(collector) {
    const expected = [];
    for (let i = 0; i < 6; i++) {
        for (const who of [SUBJECT, 'carl', 'dora']) {
            const load = `${who === SUBJECT ? 's' : who}${i}`;
            await send(collector, load, who);
            expected.push(`${load}-2`);
            if (who !== SUBJECT) {
                expected.push(`${load}-1`, `${load}-3`);
            }
        }
        if (i === 2) {
            await until('parts are closed', async () => (await collector.counts()).lake.parts > 0 &&
                (await collector.counts()).lake.lag_ms === 0);
            execFileSync(BINARY, ['compact', '--data', collector.data, '--open']);
        }
        if (i === 3) {
            /* Not understood: its context is too large. */
            await collector.post('/e', JSON.stringify({v: 1, load_id: 'q', events: [
                event('q', 1, {anonymous_id: SUBJECT, context: {big: 'x'.repeat(70000)}})]}));
        }
    }
    return expected.sort();
}

/** As a killed compaction does, and a program that replaced a Parquet file without them. */
function leaveStatistics(data) {
    const folder = path.join(data, 'lake', 'schema');
    const [name] = fs.readdirSync(folder, {recursive: true})
        .filter((one) => one.endsWith('.stats'));
    const unfinished = path.join(path.dirname(name), `_${path.basename(name)}`);
    for (const copy of [unfinished, name.replace(/hour=../, 'hour=99'),
        name.replace(/hour=(..)/, (_, hour) => `hour=${hour === '00' ? '01' : '00'}`)]) {
        fs.copyFileSync(path.join(folder, name), path.join(folder, copy));
    }
}

test('after a person was forgotten no file holds the id and all others are there', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '300ms', ...KEEP]);
    const expected = await fill(collector);
    await until('the quarantine has it', async () =>
        (await collector.counts()).lake.quarantined === 1);
    await until('it is in files of every kind', () => {
        const names = holders(collector.data, [SUBJECT]);
        return [/raw.*\.zst$/, /quarantine.*\.zst$/, /\.parquet$/, /\.stats$/, /\.seg$/]
            .every((kind) => names.some((name) => kind.test(name)));
    });
    leaveStatistics(collector.data);
    let isLoading = true;
    let answered = 0;
    const load = async () => {
        while (isLoading) {
            const id = `load${answered++}`;
            await send(collector, id, 'erna');
            expected.push(`${id}-1`, `${id}-2`, `${id}-3`);
        }
    };
    const loading = load();
    const receipt = await forget(collector.data, SUBJECT, USER);
    isLoading = false;
    await loading;
    assert.ok(answered > 0, 'it was collected meanwhile');
    assert.deepStrictEqual(holders(collector.data, [SUBJECT, USER]), []);
    assert.deepStrictEqual(eventIds(collector.data), expected.sort());
    assert.strictEqual(receipt.journal.rows + receipt.raw.rows + receipt.parquet.rows, 12);
    assert.ok(receipt.parquet.rows > 0);
    assert.strictEqual(receipt.raw.rows_redacted + receipt.parquet.rows_redacted, 6);
    assert.strictEqual(receipt.quarantine.rows, 1);
    assert.strictEqual(receipt.tombstones.length, 2);
    assert.match(receipt.not_reached.join(), /backups.*sinks/s);
    /* What comes late is counted and dropped, and is in no journal. */
    await send(collector, 'late', SUBJECT);
    assert.strictEqual((await collector.counts()).front.dropped_forgotten, 2);
    await until('it is nowhere', () => holders(collector.data, [USER]).length === 0);
    assert.strictEqual(await collector.stop(), 0);
    assert.match(collector.run('verify'), /is sound/);
    mustAddUp(collector, 14); /* and two that came late */
    assert.deepStrictEqual(ask(collector.data,
        `select count(*) n from events where anonymous_id = '${SUBJECT}'`), [{n: 0}]);
});

test('an id of digits leaves numbers, texts and columns made of properties', async (t) => {
    const id = '4711000123';
    const collector = await startCollector(t, ['--lake-roll', '300ms', ...KEEP]);
    const events = Array.from({length: 60}, (_, i) => event('n', i + 1, {
        anonymous_id: i === 7 ? id : 'bystander',
        properties: {ref: i === 9 ? Number(id) : i, note: i === 11 ? `of ${id}.` : 'nothing'}}));
    await collector.post('/e', JSON.stringify({v: 1, load_id: 'n', events}));
    await until('the part is closed', async () => (await collector.counts()).lake.parts > 0 &&
        (await collector.counts()).lake.lag_ms === 0);
    execFileSync(BINARY, ['compact', '--data', collector.data, '--open', '--variant']);
    const seen = () => ask(collector.data, `select event_id, properties, p_ref, p_note from events
        where event_id in ('n-8', 'n-9', 'n-10', 'n-12') order by 1`);
    assert.ok(seen().some((row) => row.p_ref === Number(id)), 'it is a number in a column');
    const receipt = await forget(collector.data, id);
    assert.deepStrictEqual([receipt.parquet.rows, receipt.parquet.rows_redacted], [1, 2]);
    assert.deepStrictEqual(seen(), [
        {event_id: 'n-10', properties: {ref: 0, note: 'nothing'}, p_ref: 0, p_note: 'nothing'},
        {event_id: 'n-12', properties: {ref: 11, note: 'of 0.'}, p_ref: 11, p_note: 'of 0.'},
        {event_id: 'n-9', properties: {ref: 8, note: 'nothing'}, p_ref: 8, p_note: 'nothing'}]);
    assert.deepStrictEqual(holders(collector.data, [id]), []);
    assert.strictEqual(await collector.stop(), 0);
    assert.match(collector.run('verify'), /is sound/);
});

test('whois tells what is held, also of ids that belong together', async (t) => {
    const collector = await startCollector(t, KEEP);
    await fill(collector);
    const held = JSON.parse(collector.run('whois', '--format', 'json', SUBJECT));
    assert.strictEqual(held.rows, 12);
    assert.strictEqual(held.mentions, 6);
    assert.deepStrictEqual(held.linked, [USER]);
    assert.deepStrictEqual(held.groups.map((group) => [group.site, group.type, group.rows]),
        [['main', 'identify', 6], ['main', 'track', 6]]);
    assert.strictEqual(held.files.reduce((sum, file) => sum + file.rows, 0), 12);
    assert.ok(held.files.some((file) => file.file.endsWith('.parquet')));
    const both = JSON.parse(collector.run('whois', '--format', 'json', '--linked', USER));
    assert.deepStrictEqual(both.ids.sort(), [SUBJECT, USER]);
    assert.strictEqual(both.rows, 12);
    /* A portable copy is all of it, and of nobody else. */
    const copied = collector.run('export', '--subject', USER, '--linked').trim().split('\n')
        .map((line) => JSON.parse(line));
    assert.strictEqual(copied.length, 12);
    assert.ok(copied.every((row) => row.anonymous_id === SUBJECT));
    assert.strictEqual(collector.run('export', '--subject', USER).trim().split('\n').length, 6);
    /* A dry run says the same and changes nothing. */
    const dry = JSON.parse(collector.run('forget', '--dry-run', '--format', 'json', SUBJECT));
    assert.strictEqual(dry.rows, 12);
    assert.ok(holders(collector.data, [SUBJECT]).length > 0);
    assert.ok(!fs.existsSync(path.join(collector.data, 'lake', 'TOMBSTONES')));
});

test('one site forgets, another does not', async (t) => {
    const collector = await startCollector(t, KEEP);
    for (const site of ['shop', 'blog']) {
        const events = [event(site, 1, {anonymous_id: SUBJECT})];
        await collector.post('/e', JSON.stringify({v: 1, site, load_id: site, events}));
    }
    const receipt = await forget(collector.data, '--site', 'shop', SUBJECT);
    assert.strictEqual(receipt.one_site, true);
    const left = ask(collector.data, 'select site from events');
    assert.deepStrictEqual(left, [{site: 'blog'}]);
});

test('who does not know the token forgets nobody', async (t) => {
    const collector = await startCollector(t, KEEP);
    const order = JSON.stringify({ids: [SUBJECT]});
    for (const headers of [{}, {authorization: 'Bearer 00'},
        {authorization: `Bearer ${'0'.repeat(32)}`}]) {
        const answer = await fetch(collector.admin + '/forget',
            {method: 'POST', body: order, headers});
        assert.strictEqual(answer.status, 401);
    }
    assert.strictEqual(fs.statSync(path.join(collector.data, 'ADMIN_TOKEN')).mode & 0o777, 0o600);
    const headers = {authorization: `Bearer ${token(collector.data)}`};
    for (const body of ['', '{}', '{"ids":[]}', '{"ids":[""]}', '{"ids":[1]}']) {
        const answer = await fetch(collector.admin + '/forget', {method: 'POST', body, headers});
        assert.strictEqual(answer.status, 400, body);
    }
    // At its start a collector looks whether one before it left anything undone.
    const told = await until('nothing is being erased', async () => {
        const answer = await fetch(collector.admin + '/forget', {headers});
        const state = await answer.json();
        return state.state !== 'working' && state;
    });
    assert.deepStrictEqual(told, {state: 'idle'});
    assert.strictEqual(await collector.stop(), 0);
    assert.ok(!fs.existsSync(path.join(collector.data, 'ADMIN_TOKEN')));
});

test('without a collector it is done all the same, with what a killed one left', async (t) => {
    const collector = await startCollector(t, [...KEEP, '--lake-roll', '1h']);
    const expected = [];
    for (let i = 0; i < 20; i++) {
        await send(collector, `a${i}`, i % 2 ? SUBJECT : 'carl');
        expected.push(...(i % 2 ? [`a${i}-2`] : [`a${i}-1`, `a${i}-2`, `a${i}-3`]));
    }
    await collector.kill();
    assert.ok(holders(collector.data, [SUBJECT]).length > 0);
    const receipt = await forget(collector.data, '--linked', USER);
    assert.strictEqual(receipt.ids, 2);
    assert.deepStrictEqual(holders(collector.data, [SUBJECT, USER]), []);
    assert.deepStrictEqual(eventIds(collector.data), expected.sort());
    assert.match(collector.run('verify'), /is sound/);
    collector.run('ledger');
});

test('killed again and again in the middle, it is done in the end', async (t) => {
    const collector = await startCollector(t, KEEP);
    const expected = await fill(collector);
    for (let round = 0; round < 8; round++) {
        const headers = {authorization: `Bearer ${token(collector.data)}`};
        const answer = await fetch(collector.admin + '/forget',
            {method: 'POST', body: JSON.stringify({ids: [SUBJECT, USER]}), headers});
        assert.ok(answer.status === 202 || answer.status === 409);
        await new Promise((resolve) => setTimeout(resolve, round * 40));
        await collector.kill();
        await collector.start();
    }
    await until('it is done', async () => {
        const answer = await fetch(collector.admin + '/forget',
            {headers: {authorization: `Bearer ${token(collector.data)}`}});
        const {state} = await answer.json();
        assert.notStrictEqual(state, 'failed');
        return state === 'done' || state === 'idle';
    }, 60000);
    assert.deepStrictEqual(holders(collector.data, [SUBJECT, USER]), []);
    assert.ok(!fs.existsSync(path.join(collector.data, 'lake', 'FORGETTING')));
    assert.deepStrictEqual(eventIds(collector.data), expected);
    assert.strictEqual(await collector.stop(), 0);
    assert.match(collector.run('verify'), /is sound/);
    mustAddUp(collector, 12);
});

test('a folder that is none is not made', async (t) => {
    const folder = path.join(temporaryFolder(t), 'nothing');
    await assert.rejects(forget(folder, SUBJECT), /folder/);
    assert.ok(!fs.existsSync(folder));
});

/** As a site of `learn` sends it: who agreed, and was identified. */
async function identify(collector, site, load, user) {
    const events = [{type: 'identify', event_id: load, created_at: Date.now(), site, user_id: user,
        anonymous_id: `browser-${load}`, consent: {state: 'granted'}}];
    const answer = await collector.post('/e', JSON.stringify({v: 1, load_id: load, events}));
    assert.strictEqual(answer.status, 200);
}

function whois(data, ...words) {
    return JSON.parse(execFileSync(BINARY,
        ['whois', '--data', data, '--format', 'json', ...words], {encoding: 'utf8'}));
}

test('where ids are stored as hashes a user is found and forgotten by the id that the site gave, ' +
    'as long as the key exists', async (t) => {
    const collector = await startCollector(t, ['--privacy', 'learn', '--lake-roll', '1s']);
    await identify(collector, 'shop', 'h1', USER);
    await identify(collector, 'blog', 'h2', USER);
    await identify(collector, 'shop', 'h3', 'somebody-else');
    await until('rows are in the lake', async () => (await collector.counts()).lake.lag_ms === 0);
    execFileSync(BINARY, ['compact', '--data', collector.data, '--open']);
    await identify(collector, 'shop', 'h4', USER);
    const held = whois(collector.data, USER);
    assert.deepStrictEqual([held.ids, held.rows, held.hashes.length], [[USER], 3, 2]);
    assert.strictEqual(whois(collector.data, '--site', 'blog', USER).rows, 1);
    assert.deepStrictEqual(holders(collector.data, [USER]), [], 'the id itself is nowhere');
    assert.strictEqual(JSON.parse(execFileSync(BINARY, ['forget', '--data', collector.data,
        '--format', 'json', '--dry-run', USER], {encoding: 'utf8'})).rows, 3);
    const receipt = await forget(collector.data, USER);
    assert.deepStrictEqual([receipt.ids, receipt.hashes, receipt.tombstones.length], [1, 2, 3]);
    assert.strictEqual(whois(collector.data, USER).rows, 0);
    assert.deepStrictEqual(holders(collector.data, held.hashes), []);
    assert.deepStrictEqual(eventIds(collector.data), ['h3']);
    await identify(collector, 'blog', 'h5', USER);
    assert.strictEqual((await collector.counts()).front.dropped_forgotten, 1);
    assert.strictEqual(whois(collector.data, 'somebody-else').rows, 1);
    await collector.stop();
    fs.unlinkSync(path.join(collector.data, 'IDENTITY_KEY'));
    assert.deepStrictEqual([whois(collector.data, 'somebody-else').rows,
        whois(collector.data, 'somebody-else').hashes], [0, []]);
    const empty = await forget(collector.data, 'somebody-else');
    assert.strictEqual(empty.hashes, 0);
    assert.ok(empty.not_reached.some((line) => /hashes .* key that was destroyed/.test(line)));
    assert.deepStrictEqual(eventIds(collector.data), ['h3']);
});

/** What comes of the id now is answered as ever, kept nowhere, and counted. */
async function mustStayForgotten(collector, event) {
    const before = (await collector.counts()).front;
    const answer = await collector.post('/e', JSON.stringify({v: 1, events: [
        {type: 'track', name: 'late', created_at: Date.now() - 5 * 86400000, ...event}]}));
    assert.deepStrictEqual(await answer.json(), {accepted: 1, rejected: 0});
    const after = (await collector.counts()).front;
    assert.deepStrictEqual([after.dropped_forgotten - before.dropped_forgotten,
        after.received - before.received, after.accepted - before.accepted], [1, 1, 0]);
}

const HASHED = ['--user-id', 'hash', '--anonymous-id', 'daily', '--lake-roll', '300ms'];

test('a forgotten id stays so, whatever hash a later key or another day makes of it', async (t) => {
    const collector = await startCollector(t, HASHED);
    const browser = 'browser-of-the-subject';
    const came = (event) => collector.post('/e', JSON.stringify({v: 1, events: [
        {type: 'identify', site: 'shop', ...event}]}));
    await came({event_id: 'a1', user_id: USER, anonymous_id: browser});
    await came({event_id: 'a2', user_id: 'somebody-else', anonymous_id: 'another'});
    await until('rows are in the lake', async () => (await collector.counts()).lake.lag_ms === 0);
    assert.strictEqual((await forget(collector.data, USER, browser)).hashes, 2);
    assert.deepStrictEqual(eventIds(collector.data), ['a2']);
    for (const round of ['the same keys', 'keys of later periods']) {
        for (const who of [{user_id: USER}, {previous_id: USER, user_id: 'new', type: 'alias'},
            {anonymous_id: browser}]) {
            await mustStayForgotten(collector, {event_id: round, site: 'shop', ...who});
            await mustStayForgotten(collector, {event_id: round, ...who});
        }
        assert.strictEqual(await collector.stop(), 0);
        for (const key of ['IDENTITY_KEY', 'DAILY_SALT']) {
            fs.rmSync(path.join(collector.data, key), {force: true});
        }
        await collector.start();
    }
    await came({event_id: 'a3', user_id: 'somebody-else', anonymous_id: 'another'});
    assert.strictEqual(await collector.stop(), 0);
    assert.deepStrictEqual(eventIds(collector.data), ['a2', 'a3']);
    mustAddUp(collector, 1 + 2 * 6);
});

test('in one batch the others\' events are kept, and of one site another one is not', async (t) => {
    const collector = await startCollector(t, HASHED);
    await identify(collector, 'shop', 'b1', USER);
    await until('rows are in the lake', async () => (await collector.counts()).lake.lag_ms === 0);
    await forget(collector.data, '--site', 'shop', USER);
    const of = (site, event_id, user_id) => ({type: 'track', name: 'n', site, event_id, user_id});
    await collector.post('/e', JSON.stringify({v: 1, events: [of('shop', 'b2', USER),
        of('shop', 'b3', 'somebody-else'), of('blog', 'b4', USER), of('shop', 'b5', USER)]}));
    await mustStayForgotten(collector, of('shop', 'b6', USER));
    assert.strictEqual((await collector.counts()).front.dropped_forgotten, 3);
    assert.strictEqual(await collector.stop(), 0);
    assert.deepStrictEqual(eventIds(collector.data), ['b3', 'b4']);
    mustAddUp(collector, 1 + 3);
});

test('requests that are kept as they came lose those in which a forgotten id stands', async (t) => {
    const collector = await startCollector(t, [...KEEP, '--keep-raw', '1h']);
    const raw = () => collector.run('raw');
    await send(collector, 'r1', SUBJECT);
    await send(collector, 'r2', 'carl');
    const identify = JSON.stringify({v: 1, events: [event('r3', 1, {user_id: 'u7'})]});
    assert.strictEqual((await collector.post('/e', identify)).status, 200);
    await until('they are written', async () => (await collector.counts()).front.raw_kept === 3);
    assert.ok(raw().includes(SUBJECT) && raw().includes('carl') && raw().includes('u7'));
    const receipt = await forget(collector.data, SUBJECT);
    assert.strictEqual(receipt.raw_requests, 1);
    assert.ok(!raw().includes(SUBJECT) && raw().includes('carl'));
    await collector.stop();
    const alone = await forget(collector.data, 'u7');
    assert.strictEqual(alone.raw_requests, 1);
    assert.ok(!raw().includes('u7') && raw().includes('carl'));
});
