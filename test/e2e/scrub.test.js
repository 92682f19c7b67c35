/** What nobody wanted to send never comes to rest: not in the lake, not in the quarantine. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {execFileSync, spawnSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {startCollector, until, rows, BINARY} = require('./collector');

const ADDRESS = 'ann.secret@example.com';
const CARD = '4111 1111 1111 1111';
const HASH = /^hashed_[a-p]{24}$/;
/** So that what the scrubber leaves alone is there to be seen. */
const KEPT = ['--user-id', 'keep', '--traits', 'keep'];

const batch = (event) => JSON.stringify({site: 'shop', load_id: 'l1',
    events: [{type: 'track', name: 'bought', seq: 1, ...event}]});

/** The rows of a tree once there are so many. */
const rowsOf = (collector, count, tree = 'raw') =>
    until(`${count} rows in ${tree}`, () => {
        const found = rows(collector.data, tree);
        return found.length >= count && found;
    });

/** Whether any file below the folder has these bytes, packed files unpacked. */
function stands(folder, text) {
    return fs.readdirSync(folder, {recursive: true}).some((name) => {
        const file = path.join(folder, name);
        if (!fs.statSync(file).isFile()) {
            return false;
        }
        const bytes = name.endsWith('.zst') ?
            execFileSync('zstd', ['-dcq', file], {maxBuffer: 1 << 28}) : fs.readFileSync(file);
        return bytes.includes(text);
    });
}

test('an event is written without what nobody wanted to send, wherever it stood', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '50ms', ...KEPT]);
    await collector.post('/e', batch({
        url: `https://shop.example/a?u=${ADDRESS}&utm_term=${encodeURIComponent(ADDRESS)}`,
        referrer: 'https://ann:s3cr3tpw@shop.example/', title: `for ${ADDRESS}`,
        properties: {note: `card ${CARD}`, deep: [{password: 's3cr3tpw', n: 1.50}]},
        user_properties: {phone: 436641234567}, other: `call +43 664 7654321`, user_id: 'u-17'
    }));
    const [row] = await rowsOf(collector, 1);
    assert.equal(row.url, 'https://shop.example/a?u=redacted&utm_term=redacted');
    assert.equal(row.path, '/a');
    assert.equal(row.campaign_term, 'redacted');
    assert.equal(row.referrer, 'https://shop.example/');
    assert.equal(row.title, 'for redacted');
    assert.deepEqual(row.properties,
        {note: 'card redacted', deep: [{password: 'redacted', n: 1.5}]});
    assert.deepEqual(row.user_properties, {phone: null});
    assert.deepEqual(row.context, {other: 'call redacted'});
    assert.equal(row.user_id, 'u-17');
    const counts = await collector.counts();
    assert.equal(counts.front.events_scrubbed, 1);
    await collector.stop(); // or files come and go while they are read
    for (const secret of [ADDRESS, CARD, 's3cr3tpw', '7654321', '436641234567']) {
        assert.ok(!stands(collector.data, secret), secret);
    }
});

test('what was not understood is scrubbed before it is put aside', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '50ms', ...KEPT]);
    await collector.post('/e', JSON.stringify({site: 'shop', load_id: 'l1', sent_at: 1.7e12,
        events: [{kind: 'later', seq: 1, name: `of ${ADDRESS}`, properties: {card: CARD},
            user_id: 'u-1'}]}));
    const [row] = await rowsOf(collector, 1, 'quarantine');
    assert.deepEqual(JSON.parse(row.raw), {kind: 'later', seq: 1, name: 'of redacted',
        properties: {card: 'redacted'}, user_id: 'u-1'});
    await collector.stop();
    assert.ok(!stands(collector.data, ADDRESS));
    assert.ok(!stands(collector.data, CARD));
});

test('what a rule finds is masked, dropped or hashed; what is on the list stays', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '50ms', '--scrub-hash', 'email,key',
        '--scrub-drop', 'card', '--scrub-allow', 'bought.properties.ref,*.title']);
    for (const seq of [1, 2]) {
        await collector.post('/e', batch({seq, title: ADDRESS, properties: {
            a: ADDRESS.toUpperCase(), b: ADDRESS, c: CARD, d: `to ${CARD}!`, ref: ADDRESS,
            e: '+43 664 1234567'}}));
    }
    const [first, second] = await rowsOf(collector, 2);
    assert.match(first.properties.a, HASH);
    assert.equal(first.properties.b, first.properties.a);
    assert.deepEqual(second.properties, first.properties);
    assert.equal(first.properties.c, null);
    assert.equal(first.properties.d, 'to !');
    assert.equal(first.properties.e, 'redacted');
    assert.equal(first.properties.ref, ADDRESS);
    assert.equal(first.title, ADDRESS);
    const key = path.join(collector.data, 'SCRUB_KEY');
    assert.equal(fs.statSync(key).mode & 0o777, 0o600);
    /* The same key after a restart, another one when its period is over. */
    await collector.stop();
    await collector.start();
    await collector.post('/e', batch({seq: 3, properties: {a: ADDRESS}}));
    const later = await rowsOf(collector, 3);
    assert.equal(later.find(({seq}) => seq === 3).properties.a, first.properties.a);
    await collector.stop();
    const old = fs.readFileSync(key, 'utf8');
    fs.writeFileSync(key, old.replace(/^\d+/, '1700000000000'));
    await collector.start();
    await collector.post('/e', batch({seq: 4, properties: {a: ADDRESS}}));
    const last = (await rowsOf(collector, 4)).find(({seq}) => seq === 4);
    assert.match(last.properties.a, HASH);
    assert.notEqual(last.properties.a, first.properties.a);
    await collector.stop();
    assert.ok(!stands(collector.data, old.split(' ')[1].trim()), 'the old key is gone');
});

test('nothing is scrubbed when that is asked for, and a reload changes it', async (t) => {
    const collector = await startCollector(t, ['--lake-roll', '50ms']);
    fs.writeFileSync(path.join(collector.data, 'pipes.ini'), 'scrub = false\n');
    await collector.stop();
    collector.options.push('--config', path.join(collector.data, 'pipes.ini'));
    await collector.start();
    await collector.post('/e', batch({title: ADDRESS}));
    assert.equal((await rowsOf(collector, 1))[0].title, ADDRESS);
    fs.writeFileSync(path.join(collector.data, 'pipes.ini'), 'scrub = true\n');
    collector.child.kill('SIGHUP');
    await until('it was read again', () => collector.output.includes('read again: 1 option'));
    await collector.post('/e', batch({seq: 2, title: ADDRESS}));
    const [, second] = (await rowsOf(collector, 2)).sort((a, b) => a.seq - b.seq);
    assert.equal(second.title, 'redacted');
});

test('a list that cannot be is refused with what can', () => {
    const cases = [
        [['--scrub-hash', 'mail'], /scrub-hash: 'mail' is no rule; the rules are parameter, user/],
        [['--scrub-drop', 'card', '--scrub-hash', 'card'], /a rule has one action/],
        [['--scrub-allow', 'bought.user_id'], /scrub-allow: 'bought.user_id' is not EVENT.FIELD/]
    ];
    for (const [options, message] of cases) {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-scrub-'));
        const {status, stderr} = spawnSync(BINARY, ['serve', '--data', path.join(folder, 'data'),
            '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', ...options],
        {encoding: 'utf8', timeout: 20000});
        fs.rmSync(folder, {recursive: true, force: true});
        assert.equal(status, 1, stderr);
        assert.match(stderr, message);
    }
});
