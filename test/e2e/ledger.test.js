/** What each stage counted adds up, whoever was killed when; what does not is named. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {execFileSync, spawnSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {startCollector, until, rows, parts, batch, BINARY} = require('./collector');

const ROUNDS = +(process.env.PIPES_LEDGER_ROUNDS || 5);

/** The ledger as JSON, with whether it adds up by the command's own word. */
function ledger(data) {
    const {status, stdout} = spawnSync(BINARY, ['ledger', '--format', 'json', '--data', data],
        {encoding: 'utf8'});
    return {...JSON.parse(stdout), addsUp: status === 0};
}

function mustAddUp(data) {
    const found = ledger(data);
    assert.deepStrictEqual(found.problems, []);
    assert.ok(found.addsUp);
    return found;
}

/** One count over all hours, of a site or of all. */
const sum = (found, name, site) => found.rows
    .filter((row) => site === undefined || row.site === site)
    .reduce((total, row) => total + row[name], 0);

test('each request and event ends in exactly one place, while it runs and then', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('l1', 1, 3));
    await collector.post('/e', batch('l1', 3, 2, {site: 'shop'}));
    await collector.post('/e', batch('l1', 1, 3));
    await collector.post('/e', '{"events":[{"no":"type"},{"type":"page","site":"a b"}]}');
    await collector.post('/e', 'no JSON');
    await collector.post('/e', batch('l2', 1, 4), {DNT: '1'});
    await collector.post('/e', batch('l3', 1, 1), {origin: 'https://x.example'});
    const check = (found) => {
        assert.strictEqual(sum(found, 'requests'), 7);
        assert.strictEqual(sum(found, 'answered'), 6);
        assert.strictEqual(sum(found, 'refused_not_json'), 1);
        assert.deepStrictEqual(['received', 'stored', 'duplicate', 'dropped_signal'].map((name) =>
            sum(found, name, 'main')), [11, 4, 3, 4]);
        assert.strictEqual(sum(found, 'stored', 'shop'), 2);
        assert.strictEqual(sum(found, 'stored', '(other)'), 1);
        assert.strictEqual(sum(found, 'quarantined', ''), 1);
    };
    await until('all of it is counted', () => {
        const found = mustAddUp(collector.data);
        return sum(found, 'requests') === 7 && sum(found, 'stored') === 7;
    });
    check(mustAddUp(collector.data));
    assert.strictEqual(await collector.stop(), 0);
    check(mustAddUp(collector.data));
    assert.strictEqual(rows(collector.data).length, 7);
});

/** Posts until told to stop; how many events were acknowledged. */
function startSender(collector, round, sender) {
    const state = {acknowledged: 0, answered: 0, isOver: false};
    state.ended = (async () => {
        for (let i = 0; !state.isOver; i++) {
            const [load, headers] = [`r${round}s${sender}`, i % 7 === 6 ? {DNT: '1'} : {}];
            const site = i % 3 ? 'shop' : 'blog';
            const body = i % 5 === 4 ? '{"events":[{"no":1}]}' : batch(load, i * 2, 3, {site});
            try {
                const answer = await (await collector.post('/e', body, headers)).json();
                state.acknowledged += answer.accepted + answer.rejected;
                state.answered++;
            } catch (error) {
                return;
            }
        }
    })();
    return state;
}

test(`killed ${ROUNDS} times at random instants, it adds up and holds what was acknowledged`,
    async (t) => {
        const collector = await startCollector(t, ['--lake-roll', '30ms']);
        let acknowledged = 0;
        for (let round = 0; round < ROUNDS; round++) {
            const senders = [0, 1, 2, 3].map((i) => startSender(collector, round, i));
            const enough = Math.floor(Math.random() * 150);
            await until('some were answered', () =>
                senders.reduce((total, one) => total + one.answered, 0) >= enough);
            await collector.kill();
            senders.forEach((one) => {
                one.isOver = true;
            });
            await Promise.all(senders.map((one) => one.ended));
            acknowledged += senders.reduce((total, one) => total + one.acknowledged, 0);
            const found = mustAddUp(collector.data);
            assert.ok(sum(found, 'taken') + sum(found, 'in_flight') + sum(found, 'uncounted') >=
                acknowledged);
            await collector.start();
        }
        assert.strictEqual(await collector.stop(), 0);
        const found = mustAddUp(collector.data);
        assert.strictEqual(sum(found, 'in_flight'), 0);
        assert.strictEqual(sum(found, 'stored'), rows(collector.data).length);
        assert.strictEqual(sum(found, 'quarantined'), rows(collector.data, 'quarantine').length);
        const crashes = found.hours.reduce((total, one) => total + one.crashes, 0);
        assert.strictEqual(crashes, ROUNDS);
    });

/** A stopped collector's data with some rows in it. */
async function startAndStop(t) {
    const collector = await startCollector(t);
    await collector.post('/e', batch('l1', 1, 30));
    await until('there is a part', () => parts(collector.data).length === 1);
    await collector.post('/e', batch('l2', 1, 20));
    await collector.post('/e', batch('l2', 1, 20));
    await collector.post('/e', '{"events":[{"no":"type"}]}');
    assert.strictEqual(await collector.stop(), 0);
    mustAddUp(collector.data);
    return collector.data;
}

const hourFiles = (data) => fs.readdirSync(path.join(data, 'ledger'))
    .filter((name) => /^\d/.test(name)).map((name) => path.join(data, 'ledger', name));

/** Changes one count of an hour. */
function edit(data, name, by) {
    const line = new RegExp(`${name} (\\d+) `);
    const file = hourFiles(data).find((one) => line.test(fs.readFileSync(one, 'utf8')));
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8')
        .replace(line, (_, number) => `${name} ${+number + by} `));
}

const DAMAGES = {
    'a part that was removed': [(data) => fs.unlinkSync(parts(data)[0]),
        /part-\d+-\d+-\d+\.ndjson\.zst is gone, and \d+ rows with it/],
    'a part of the quarantine that was removed': [
        (data) => fs.unlinkSync(parts(data, 'quarantine')[0]),
        /quarantine\/.*is gone, and 1 rows with it/],
    'a part that lost a row': [(data) => {
        const [file] = parts(data);
        const text = execFileSync('zstd', ['-dcq', file], {encoding: 'utf8'});
        fs.writeFileSync(file, execFileSync('zstd', ['-cq'],
            {input: text.slice(text.indexOf('\n') + 1)}));
    }, /it has \d+ rows, and had \d+ when it was closed/],
    'a part that somebody added': [(data) => {
        const [file] = parts(data);
        fs.copyFileSync(file, path.join(path.dirname(file), 'part-99-1000-1001.ndjson.zst'));
    }, /of which the ledger knows nothing/],
    'a count of what was acknowledged': [(data) => edit(data, 'accepted', 1),
        /events that were acknowledged, and what journal and lake had of them: \d+ and \d+/],
    'a count of what was received': [(data) => edit(data, 'received', 2),
        /events received and not dropped, and what journal and lake had of them: \d+ and \d+/],
    'a count of the lake': [(data) => edit(data, 'duplicate', 1),
        /main: events taken from the journal, and what became of them: \d+ and \d+/],
    'a count of what was stored': [(data) => {
        edit(data, 'stored', 1);
        edit(data, 'duplicate', -1);
    }, /main: rows stored and still to be there, and rows found: \d+ and \d+/],
    'a count of requests': [(data) => edit(data, 'answered', -1),
        /requests, and what became of them: \d+ and \d+/],
    'an hour of the ledger that was removed': [
        (data) => hourFiles(data).forEach((file) => fs.unlinkSync(file)),
        /of which the ledger knows nothing/],
};

test('what does not add up is named', async (t) => {
    for (const [name, [damage, sentence]] of Object.entries(DAMAGES)) {
        await t.test(name, async (one) => {
            const data = await startAndStop(one);
            damage(data);
            const found = ledger(data);
            assert.ok(!found.addsUp);
            assert.match(found.problems.join('\n'), sentence);
        });
    }
});

test('an acknowledged event that the journal lost is missed', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '1h', '--segment-size', '1MiB']);
    await collector.post('/e', batch('l1', 1, 30));
    await until('the front door has kept its count', () =>
        sum(ledger(collector.data), 'accepted') === 30);
    await collector.kill();
    assert.strictEqual(sum(mustAddUp(collector.data), 'in_flight'), 30);
    const journal = path.join(collector.data, 'journal');
    for (const stream of fs.readdirSync(journal).filter((name) => /^\d{20}$/.test(name))) {
        fs.rmSync(path.join(journal, stream), {recursive: true});
    }
    assert.match(ledger(collector.data).problems.join('\n'),
        /main: events that were acknowledged, and what journal and lake had of them: 30 and 0/);
});

test('what pages made and never arrived is told by library, with the reasons that they told',
    async (t) => {
        const collector = await startCollector(t);
        const context = {library: 'pipes.js', library_version: '0.1.0'};
        await collector.post('/e', batch('l1', 1, 3, {context}));
        await collector.post('/e', batch('l1', 7, 2, {context, dropped: {queue_full: 2}}));
        await collector.post('/e', batch('l1', 9, 1, {context, dropped: {queue_full: 2, hook: 4}}));
        await collector.post('/e', batch('l2', 1, 2, {context}));
        await collector.post('/e', batch('l2', 4, 0, {context, dropped: {http_400: 1}}));
        await collector.post('/e', batch('l2', 4, 0, {context, dropped: {http_400: 1}}));
        await collector.post('/e', batch('l3', 1, 2));
        const found = await until('all of it is there', () => {
            const {stdout} = spawnSync(BINARY, ['ledger', '--losses', '--format', 'json',
                '--data', collector.data], {encoding: 'utf8'});
            const {losses} = JSON.parse(stdout);
            return losses.reduce((total, row) => total + row.arrived, 0) === 10 && losses;
        });
        assert.deepStrictEqual(found, [
            {browser: '-', library: 'pipes.js 0.1.0', loads: 2, made: 15, arrived: 8,
                unexplained: 0, dropped: {queue_full: 2, hook: 4, http_400: 1}},
            {browser: '-', library: '-', loads: 1, made: 2, arrived: 2, unexplained: 0,
                dropped: {}}]);
    });
