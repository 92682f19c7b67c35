/** `pipes query` beside a running collector: what it sees, how it answers, what it may not do. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {startCollector, temporaryFolder, until, batch, parts, ROOT} = require('./collector');
const {begin, run, ask, putIntoParquet} = require('./asking');

const ENDLESS = 'select count(*) from range(100000000000) a, range(100000000) b';

/** As no JSON.stringify writes it: 12.50. */
async function post(collector, events) {
    const answer = await collector.post('/e', JSON.stringify(
        {v: 1, site: 'shop', load_id: 'l1', sent_at: Date.now(), events}).replace('12.5', '12.50'));
    assert.strictEqual(answer.status, 200);
}

/** Names, sizes and bytes of all files but those that a running collector writes. */
function stateOf(folder) {
    return execFileSync('sh', ['-c', 'find . -type f -exec md5sum {} + | sort'],
        {cwd: folder, encoding: 'utf8'});
}

test('an event that was accepted is in the next answer, wherever it is by then', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '1h']);
    const count = async () =>
        (await ask(t, collector.data, 'select count(*) as n from events'))[0].n;
    assert.strictEqual(await count(), 0);
    await collector.post('/e', batch('a', 1, 5));
    assert.strictEqual(await count(), 5, 'in the journal only');
    assert.deepStrictEqual(parts(collector.data), []);
    await collector.stop();
    assert.strictEqual(parts(collector.data).length > 0, true);
    assert.strictEqual(await count(), 5, 'in a closed part, with no collector running');
    await collector.start();
    await collector.post('/e', batch('b', 1, 2));
    await collector.post('/e', batch('a', 4, 2));
    assert.strictEqual(await count(), 7, 'in both, and what was sent again counts once');
});

test('while events come in and parts are closed each answer holds every acknowledged event once',
    async (t) => {
        const collector = await startCollector(t);
        let acknowledged = 0;
        let isStreaming = true;
        const stream = async (name) => {
            for (let i = 0; isStreaming; i++) {
                const answer = await collector.post('/e', batch(`${name}${i}`, 1, 5));
                acknowledged += answer.status === 200 ? 5 : 0;
            }
        };
        const streams = [stream('x'), stream('y')];
        for (let i = 0; i < 12; i++) {
            const before = acknowledged;
            const [row] = await ask(t, collector.data,
                'select count(*) as n, count(distinct event_id) as ids from events');
            assert.strictEqual(row.n, row.ids, 'none twice');
            assert.ok(row.n >= before, `${row.n} of ${before} that were acknowledged`);
        }
        isStreaming = false;
        await Promise.all(streams);
        const [row] = await ask(t, collector.data, 'select count(*) as n from events');
        assert.strictEqual(row.n, acknowledged);
        assert.ok(parts(collector.data).length > 1, 'parts were closed meanwhile');
    });

/** The process that works for another, once it runs SQL: then somebody watches the clock. */
async function workerOf(pid) {
    const read = (file) => {
        try {
            return fs.readFileSync(file, 'utf8');
        } catch {
            return '';
        }
    };
    let child = '';
    await until('it runs SQL', () => {
        child = read(`/proc/${pid}/task/${pid}/children`).trim();
        const status = read(`/proc/${child}/status`);
        /* It took its snapshot and gave up its rights before. */
        return /^Seccomp:\s+2$/m.test(status) && /^Threads:\s+2$/m.test(status);
    });
    return child;
}

test('a file that is replaced while a query runs is read as it was', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('a', 1, 3));
    const file = await putIntoParquet(t, collector.data);
    const before = (await ask(t, collector.data, 'select count(*) as n from events'))[0].n;
    const query = begin(t, collector.data, ['query', '--workers', '1', '--format', 'json',
        'select max(a.range + b.range) from range(40000) a, range(40000) b;' +
        'select count(*) as n from events']);
    await workerOf(query.pid);
    fs.writeFileSync(`${file}.new`, 'another file');
    fs.renameSync(`${file}.new`, file);
    const {code, out, err} = await query.done;
    assert.strictEqual(code, 0, err);
    assert.deepStrictEqual(JSON.parse(out), [{n: before}]);
});

/** Hours of long ago in closed parts, as a collector would have left them. */
function writeOldParts(data, hours, partsAnHour, rowsAPart) {
    let seq = 1;
    fs.mkdirSync(data, {recursive: true});
    fs.writeFileSync(path.join(data, 'FORMAT'), 'read 2\nwrite 2\n');
    for (let hour = 0; hour < hours; hour++) {
        const name = String(hour).padStart(2, '0');
        const folder = path.join(data, 'lake', 'raw', 'date=2026-03-02', `hour=${name}`);
        fs.mkdirSync(folder, {recursive: true});
        for (let part = 0; part < partsAnHour; part++) {
            const first = seq;
            let text = '';
            for (; seq < first + rowsAPart; seq++) {
                text += `{"event_id":"e${seq}","type":"track","anonymous_id":"v${seq % 7}",` +
                    `"time":"2026-03-02T${name}:00:00.000Z","received_at":"2026-03-02T${name}` +
                    `:00:00.000Z","site":"shop","ingest_seq":${seq}}\n`;
            }
            execFileSync('zstd', ['-q', '--check', '-o',
                path.join(folder, `part-7-${first}-${seq - 1}.ndjson.zst`)], {input: text});
        }
    }
    return seq - 1;
}

test('the same answer while compaction puts the rows elsewhere', async (t) => {
    const data = path.join(temporaryFolder(t), 'data');
    const count = writeOldParts(data, 12, 4, 50);
    const truth = [{n: count, ids: count, sum: count * (count + 1) / 2}];
    const sql = 'select count(*) as n, count(distinct event_id) as ids, ' +
        'sum(ingest_seq)::bigint as sum from events';
    assert.deepStrictEqual(await ask(t, data, sql), truth);
    const compaction = begin(t, data, ['compact']);
    let isOver = false;
    compaction.done.then(() => {
        isOver = true;
    });
    /* Two at a time: even the slowest program has them ask while it compacts. */
    const keepAsking = async () => {
        while (!isOver) {
            assert.deepStrictEqual(await ask(t, data, sql), truth);
        }
    };
    await Promise.all([keepAsking(), keepAsking()]);
    const {code, err} = await compaction.done;
    assert.strictEqual(code, 0, err);
    assert.deepStrictEqual(parts(data), [], 'all of them were taken');
    assert.deepStrictEqual(await ask(t, data, sql), truth);
});

test('each format holds the same rows', async (t) => {
    const collector = await startCollector(t);
    await post(collector, [
        {type: 'track', name: 'a,"b"\n', seq: 1, properties: {price: 12.5, tags: ['x']}},
        {type: 'track', name: '\u001b[31mred', seq: 2},
    ]);
    const sql = 'select name, properties, seq, seq * 1.5::double as half, seq = 1 as is_first, ' +
        'time, date \'2026-11-24\' as day, [seq, null] as list from events order by seq';
    const as = async (format, ...words) =>
        (await run(t, collector.data, ['query', '--format', format, ...words, sql])).out;
    const json = JSON.parse(await as('json'));
    assert.strictEqual(json.length, 2);
    assert.strictEqual(json[0].name, 'a,"b"\n');
    assert.deepStrictEqual(json[0].properties, {price: 12.5, tags: ['x']});
    assert.deepStrictEqual(json[0].list, [1, null]);
    assert.strictEqual(json[0].half, 1.5);
    assert.strictEqual(json[0].is_first, true);
    assert.strictEqual(json[0].day, '2026-11-24');
    assert.match(json[0].time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.strictEqual(json[1].properties, null);
    const ndjson = (await as('ndjson')).toString();
    assert.deepStrictEqual(ndjson.trim().split('\n').map((line) => JSON.parse(line)), json);
    assert.match(ndjson, /"price":12\.50/, 'numbers are what was sent, byte for byte');

    const csv = (await as('csv')).toString();
    assert.match(csv, /^name,properties,seq,half,is_first,time,day,list\r\n"a,""b""\n",/);
    const table = (await as('table')).toString();
    assert.match(table, /\(2 rows\)/);
    assert.match(table, /\\x1b\[31mred/, 'nothing that a terminal would act on');
    assert.ok(!table.includes('\u001b'));

    const {tableFromIPC} = require('apache-arrow');
    const arrow = tableFromIPC(await as('arrow'));
    assert.strictEqual(arrow.numRows, 2);
    assert.deepStrictEqual(arrow.schema.fields.map((field) => `${field.name} ${field.type}`), [
        'name Utf8', 'properties Utf8', 'seq Int64', 'half Float64', 'is_first Bool',
        'time Timestamp<MICROSECOND, UTC>', 'day Date32<DAY>', 'list Utf8']);
    const rows = arrow.toArray().map((row) => row.toJSON());
    assert.strictEqual(rows[0].name, 'a,"b"\n');
    assert.strictEqual(rows[1].seq, 2n);
    assert.strictEqual(rows[1].half, 3);
    assert.strictEqual(rows[1].is_first, false);
    assert.strictEqual(rows[1].properties, null);
    assert.strictEqual(new Date(Number(rows[0].time)).toISOString(), json[0].time);

    const parquet = await as('parquet');
    assert.strictEqual(parquet.subarray(0, 4).toString(), 'PAR1');
    await putIntoParquet(t, collector.data,
        'select * replace (\'copy-\' || event_id as event_id) from events_all');
    assert.strictEqual((await ask(t, collector.data, 'from events')).length, 4);
});

test('many rows come through whole in each format', async (t) => {
    const collector = await startCollector(t);
    const sql = 'select range as n, case when range % 3 > 0 then md5(range::varchar) end as text ' +
        'from range(10000)';
    const sums = (rows) => rows.reduce((sum, row) => sum + Number(row.n), 0);
    const answer = async (format) =>
        (await run(t, collector.data, ['query', '--format', format, sql])).out;
    assert.strictEqual(sums(JSON.parse(await answer('json'))), 49995000);
    const {tableFromIPC} = require('apache-arrow');
    const arrow = tableFromIPC(await answer('arrow')).toArray();
    assert.strictEqual(arrow.length, 10000);
    assert.strictEqual(sums(arrow), 49995000);
    assert.strictEqual(arrow.filter((row) => row.text === null).length, 3334);
    assert.strictEqual((await answer('csv')).toString().split('\r\n').length, 10002);
    assert.match((await answer('table')).toString(), /\(10000 rows\)\n$/);
});

test('Ctrl-C ends it at once and leaves nothing behind', async (t) => {
    const collector = await startCollector(t);
    const child = begin(t, collector.data, ['query', ENDLESS]);
    await until('it has a folder of its own', () => fs.readdirSync(child.temp).length === 1);
    const listed = `/proc/${child.pid}/task/${child.pid}/children`;
    const childrenOf = () => fs.readFileSync(listed, 'utf8').trim().split(' ').filter(Boolean);
    const worker = await until('its child is there', () => childrenOf()[0]);
    const begun = Date.now();
    child.kill('SIGINT');
    const {code} = await child.done;
    assert.strictEqual(code, 130);
    assert.ok(Date.now() - begun < 5000);
    assert.deepStrictEqual(fs.readdirSync(child.temp), []);
    assert.ok(!fs.existsSync(`/proc/${worker}`), 'the child is gone, too');
});

test('a folder that a killed query left goes with the next query, one that is in use stays',
    async (t) => {
        const collector = await startCollector(t);
        const killed = begin(t, collector.data, ['query', ENDLESS]);
        const temp = killed.temp;
        /* A sanitizer may have files there, too. */
        const folders = () => fs.readdirSync(temp).filter((name) => name.startsWith('pipes-'));
        await until('it has a folder of its own', () => folders().length === 1);
        const [left] = folders();
        fs.writeFileSync(path.join(temp, left, 'spilled'), 'x');
        killed.kill('SIGKILL');
        await killed.done;
        assert.deepStrictEqual(folders(), [left]);
        const used = begin(t, collector.data, ['query', ENDLESS], {temp});
        const own = await until('the next one has a folder, and the old one is gone', () => {
            const names = folders();
            return names.length === 1 && names[0] !== left && names[0];
        });
        const {code} = await run(t, collector.data, ['query', 'select 1'], {temp});
        assert.strictEqual(code, 0);
        assert.deepStrictEqual(folders(), [own]);
        used.kill('SIGINT');
        await used.done;
        assert.deepStrictEqual(folders(), []);
    });

test('limits end a query with a sentence that says what to do', async (t) => {
    const collector = await startCollector(t);
    const late = await run(t, collector.data, ['query', '--limit-time', '300ms', ENDLESS]);
    assert.strictEqual(late.code, 1);
    assert.match(late.err, /stopped after --limit-time/);
    const large = await run(t, collector.data, ['query', '--limit-memory', '32MB',
        'select max(len(l)) from (select list(md5(range::varchar)) as l from range(3000000))']);
    assert.strictEqual(large.code, 1);
    assert.match(large.err, /Give it more with --limit-memory/);
});

test('mistakes are answered with what helps', async (t) => {
    const collector = await startCollector(t);
    const said = async (...words) => {
        const {code, err} = await run(t, collector.data, ['query', ...words]);
        assert.notStrictEqual(code, 0);
        return err;
    };
    assert.match(await said('select * from evnts'), /There are: events, events_all, sessions/);
    assert.match(await said('select pirce from events'), /properties ->> '\$\.price'/);
    assert.match(await said(), /pipes query "select count\(\*\) from events"/);
    assert.match(await said(' -- nothing'), /no statement/);
    assert.match(await said('--from', 'yesterday', 'select 1'), /--from yesterday is no moment/);
    assert.match(await said('--format', 'xml', 'select 1'), /table/);
    const {code, err} = await run(t, path.join(collector.data, 'none'), ['query', 'select 1']);
    assert.strictEqual(code, 1);
    assert.match(err, /none/);
});

test('the place of a mistake is shown below the sentence, its caret below the word', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('c', 1, 3));
    const placeOf = async (sql, format = 'table') => {
        const {code, err} =
            await run(t, collector.data, ['query', '--format', format, '-'], {input: sql});
        assert.strictEqual(code, 1);
        assert.match(err, /^pipes: [^\n]+\n/);
        const [line, caret] = err.split('\n').slice(-3, -1);
        const [, number, word] = line.match(/^ {2}LINE (\d+): (.*)/) || [];
        assert.match(caret, /^ +\^$/);
        return {line: Number(number), sql: word, at: line.slice(caret.length - 1)};
    };
    assert.deepStrictEqual(await placeOf('select 1;\n\nselect seq,\n  pirce from events'),
        {line: 4, sql: '  pirce from events', at: 'pirce from events'});
    assert.deepStrictEqual(await placeOf('select 1;\nselect from where'),
        {line: 2, sql: 'select from where', at: 'where'});
    // Only seen while it runs: by then it stands within a statement of ours.
    for (const format of ['table', 'parquet']) {
        const found = await placeOf('select 1;\nselect seq, site::integer as n from events',
            format);
        assert.strictEqual(found.line, 2, format);
        assert.strictEqual(found.sql, 'select seq, site::integer as n from events', format);
    }
});

test('a script is read from standard input, and its last statement answers', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('s', 1, 3));
    const input = 'create temp table mine as select seq from events; -- it\'s; mine\n' +
        'select sum(seq)::bigint as ";" from mine /* ; */;\n';
    const {code, out, err} =
        await run(t, collector.data, ['query', '--format', 'csv', '-'], {input});
    assert.strictEqual(err, '');
    assert.strictEqual(code, 0);
    assert.strictEqual(out.toString(), ';\r\n6\r\n');
});

test('a query changes nothing, whatever it says', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('h', 1, 3));
    await collector.stop();
    const parquet = await putIntoParquet(t, collector.data);
    const outside = temporaryFolder(t);
    const before = stateOf(collector.data);
    const hostile = [
        `copy (select 1) to '${outside}/x.csv'`,
        `copy (select 1) to '${parquet}'`,
        `copy (select 1) to '${path.dirname(parquet)}/more.parquet' (format parquet)`,
        `copy (select 1) to '${collector.data}/lake/raw/x.csv'`,
        `attach '${outside}/x.db'`,
        `export database '${outside}/all'`,
        'install httpfs',
        'load httpfs',
        'load \'/tmp/x.so\'',
        'select * from read_text(\'/etc/passwd\')',
        'select * from read_csv(\'/etc/passwd\')',
        'select * from read_text(\'/proc/self/environ\')',
        `select * from read_blob('${collector.data}/SEED')`,
        `select * from read_text('${collector.data}/lake/CURSOR')`,
        'select * from glob(\'/etc/*\')',
        `set temp_directory = '${outside}'`,
        'set enable_external_access = true',
        `set allowed_directories = ['${outside}']`,
        'set lock_configuration = false',
        'set memory_limit = \'100GB\'; select 1',
        'select 1) to \'/tmp/x\'; copy (select 1',
    ];
    for (const sql of hostile) {
        const {code, err} = await run(t, collector.data, ['query', sql]);
        assert.strictEqual(code, 1, sql);
        assert.match(err, /^pipes: /, sql);
    }
    // The lake's own files are what SQL may name: here only the process's rights are in the way.
    // Which number a file has, is another one each time: it is opened while the library is loaded.
    const refusesAny = async (how) => {
        let has_refused = false;
        for (let fd = 3; fd < 12; fd++) {
            const {code, err} = await run(t, collector.data,
                ['query', `copy (select 1) to '/proc/self/fd/${fd}' (format csv${how})`]);
            assert.strictEqual(code, 1);
            has_refused = has_refused || /Permission denied/.test(err);
        }
        return has_refused;
    };
    await refusesAny('');
    let rounds = 1;
    while (rounds < 20 && !await refusesAny(', use_tmp_file false')) {
        rounds++;
    }
    assert.ok(rounds < 20, 'DuckDB tried and the kernel refused');
    assert.deepStrictEqual(fs.readdirSync(outside), []);
    assert.strictEqual(stateOf(collector.data), before);
});

test('a reader that goes away ends it quietly', async (t) => {
    const collector = await startCollector(t);
    const child = begin(t, collector.data, ['query', '--format', 'csv', 'from range(10000000000)']);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    const {err} = await child.done;
    assert.strictEqual(err, '');
});

test('the examples of docs/query.md run', async (t) => {
    const collector = await startCollector(t);
    await collector.post('/e', batch('d', 1, 3));
    const text = fs.readFileSync(path.join(ROOT, 'docs', 'query.md'), 'utf8');
    const examples = [...text.matchAll(/```sql\n([^`]*)```/g)].map((match) => match[1]);
    assert.ok(examples.length > 8);
    for (const example of examples) {
        const {code, err} = await run(t, collector.data, ['query', '-'], {input: example});
        assert.strictEqual(code, 0, `${example}${err}`);
    }
});
