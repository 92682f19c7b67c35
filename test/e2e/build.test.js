/**
 * `pipes build`: the same files anywhere, into folders and buckets, and never one site's over
 * another's by mistake.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const {execFile} = require('node:child_process');
const {promisify} = require('node:util');
const {atEnd, temporaryFolder, until, BINARY} = require('./collector');
const {startS3, KEY, SECRET, REGION} = require('./s3_server');

/** Runs it beside this process, whose server has to answer. */
function build(folder, words, env = {}) {
    return new Promise((resolve) => {
        execFile(BINARY, ['build', ...words], {cwd: folder, env: {...process.env, ...env}},
            (error, stdout, stderr) => resolve({status: error ? error.code : 0, stdout, stderr}));
    });
}

function files(folder) {
    return Object.fromEntries(fs.readdirSync(folder).sort().map((name) =>
        [name, fs.readFileSync(path.join(folder, name))]));
}

/** Machines differ in all of this; `as` of one that is root. */
const MACHINES = [
    {as: [], mask: '022', env: {LANG: 'C', TZ: 'UTC'}},
    {as: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'], mask: '077',
        env: {LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Apia', USER: 'nobody',
            HOSTNAME: 'elsewhere', COLUMNS: '40', SOURCE_DATE_EPOCH: '1', TMPDIR: '/nonexistent'}},
];

test('the same input gives the same bytes for any user, place, time, locale and mask of files',
    async (t) => {
        const own = path.join(temporaryFolder(t), 'own.js');
        fs.writeFileSync(own, 'function own() { return {start: function () {}}; }\n');
        const made = [];
        for (const {as, mask, env} of MACHINES) {
            const folder = fs.realpathSync(temporaryFolder(t));
            fs.chmodSync(folder, 0o777);
            fs.copyFileSync(BINARY, path.join(folder, 'renamed'));
            fs.copyFileSync(own, path.join(folder, 'own.js'));
            fs.chmodSync(path.join(folder, 'own.js'), 0o644);
            const second = Math.floor(Date.now() / 1000);
            await until('another second', () => Math.floor(Date.now() / 1000) > second);
            await promisify(execFile)('sh', ['-c', `umask ${mask}; exec "$@"`, 'sh',
                ...(process.getuid() === 0 ? as : []), './renamed', 'build', '--site', 'shop',
                '--modules', 'all', '--module', './own.js', '--environment', 'staging',
                '--out', 'dist'],
            {cwd: folder, env: {PATH: process.env.PATH, ...env}});
            made.push(files(path.join(folder, 'dist')));
            for (const name of Object.keys(made[0])) {
                assert.strictEqual(fs.statSync(path.join(folder, 'dist', name)).mode & 0o777,
                    0o644, `a web server reads ${name}`);
            }
            assert.strictEqual(fs.statSync(path.join(folder, 'dist')).mode & 0o777, 0o755);
        }
        assert.ok(made[0]['pipes.js'].includes('function own()'));
        assert.strictEqual(Object.keys(made[0]).length, 9);
        assert.deepStrictEqual(made[0], made[1]);
    });

test('the manifest tells of each file what is true of it', async (t) => {
    const folder = temporaryFolder(t);
    await build(folder, ['--site', 'shop', '--environment', 'staging', '--out', '.']);
    const there = files(folder);
    const manifest = JSON.parse(there['manifest.json']);
    assert.strictEqual(manifest.site, 'shop');
    assert.strictEqual(manifest.environment, 'staging');
    assert.ok(manifest.modules.includes('page_view'));
    assert.ok(there['pipes.js'].includes(`"bundle":"${manifest.hash}"`));
    assert.ok(there['pipes.js'].includes('"environment":"staging"'));
    assert.deepStrictEqual(manifest.files.map((file) => file.name).sort(),
        Object.keys(there).filter((name) => name !== 'manifest.json'));
    for (const {name, bytes, sha384} of manifest.files) {
        assert.strictEqual(bytes, there[name].length, name);
        assert.strictEqual(sha384,
            'sha384-' + crypto.createHash('sha384').update(there[name]).digest('base64'), name);
    }
});

test('files and tags take another name', async (t) => {
    const folder = temporaryFolder(t);
    const made = await build(folder, ['--out', '.', '--script-name', 'main']);
    assert.match(made.stdout, /<script async src="\/main\.js"><\/script>/);
    const there = files(folder);
    const {hash} = JSON.parse(there['manifest.json']);
    assert.deepStrictEqual(Object.keys(there).filter((name) => name.startsWith('pipes')), []);
    assert.ok(there['main.js'] && there['main-stub.js'] && there[`main.${hash}.js.br`]);
    const tags = there['tag.html'].toString();
    assert.ok(tags.includes(`src="/main.${hash}.js"`) && tags.includes('src="/main-stub.js"'));
    for (const name of ['', 'a b', '../x', 'x.js', '-x', 'a"b', 'x'.repeat(33)]) {
        const refused = await build(folder, ['--out', '.', '--script-name', name]);
        assert.strictEqual(refused.status, 1, name);
        assert.match(refused.stderr, /script-name is of up to 32 letters/);
    }
});

test('a folder of another site or environment is left alone unless it is told', async (t) => {
    const folder = temporaryFolder(t);
    const production = ['--site', 'shop', '--out', '.'];
    assert.strictEqual((await build(folder, production)).status, 0);
    const before = files(folder);
    for (const other of [['--environment', 'staging'], ['--site', 'blog']]) {
        const refused = await build(folder, [...production, ...other]);
        assert.strictEqual(refused.status, 1);
        assert.match(refused.stderr, /the tracker of site "shop", environment "production", /);
        assert.match(refused.stderr, /--replace overwrites it/);
        assert.deepStrictEqual(files(folder), before);
    }
    assert.strictEqual((await build(folder, [...production, '--modules', 'core'])).status, 0);
    const told = [...production, '--environment', 'staging', '--replace'];
    assert.strictEqual((await build(folder, told)).status, 0);
    assert.strictEqual(JSON.parse(files(folder)['manifest.json']).environment, 'staging');
});

test('a module whose file is not there is named', async (t) => {
    const refused = await build(temporaryFolder(t), ['--module', '/no/such/file.js']);
    assert.notStrictEqual(refused.status, 0);
    assert.match(refused.stderr, /\/no\/such\/file\.js/);
});

async function startBucket(t, token) {
    const s3 = await startS3(token);
    atEnd(t, () => s3.close());
    const env = {AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET, AWS_REGION: REGION,
        AWS_SESSION_TOKEN: token || ''};
    return {s3, env, words: ['--out', 's3://bucket/js/v1', '--s3-endpoint', s3.url]};
}

test('a bucket gets the files of a folder, with types, caching and codings, the manifest last',
    async (t) => {
        const folder = temporaryFolder(t);
        const {s3, env, words} = await startBucket(t, 'session/token+=');
        const made = await build(folder, words, env);
        assert.strictEqual(made.status, 0, made.stderr);
        await build(folder, ['--out', 'same']);
        const same = files(path.join(folder, 'same'));
        assert.deepStrictEqual([...s3.objects.keys()].sort(),
            Object.keys(same).map((name) => `/bucket/js/v1/${name}`));
        for (const [name, bytes] of Object.entries(same)) {
            const {bytes: sent, headers} = s3.objects.get(`/bucket/js/v1/${name}`);
            assert.ok(sent.equals(bytes), name);
            const coding = {'.gz': 'gzip', '.br': 'br'}[path.extname(name)];
            assert.strictEqual(headers['content-encoding'], coding, name);
            const type = /\.js(\.gz|\.br)?$/.test(name) ? /^text\/javascript/
                : name === 'tag.html' ? /^text\/plain/ : /^application\/json$/;
            assert.match(headers['content-type'], type, name);
            assert.match(headers['cache-control'], /^pipes\.[0-9a-f]{16}\.js/.test(name)
                ? /^public, max-age=31536000, immutable$/
                : /^pipes/.test(name) ? /max-age=300/ : /^no-cache$/, name);
        }
        const packed = s3.objects.get('/bucket/js/v1/pipes.js.br').bytes;
        assert.ok(zlib.brotliDecompressSync(packed).equals(same['pipes.js']));
        assert.match(s3.puts[s3.puts.length - 1], /manifest\.json$/);
        assert.ok(s3.puts.findIndex((name) => /[0-9a-f]{16}\.js$/.test(name)) <
            s3.puts.indexOf('/bucket/js/v1/pipes.js'));
    });

test('a bucket of another environment is left alone unless it is told', async (t) => {
    const folder = temporaryFolder(t);
    const {s3, env, words} = await startBucket(t);
    assert.strictEqual((await build(folder, words, env)).status, 0);
    const puts = s3.puts.length;
    const refused = await build(folder, [...words, '--environment', 'staging'], env);
    assert.strictEqual(refused.status, 1);
    assert.match(refused.stderr, /s3:\/\/bucket\/js\/v1 holds the tracker of .*"production"/);
    assert.strictEqual(s3.puts.length, puts);
    assert.strictEqual(
        (await build(folder, [...words, '--environment', 'staging', '--replace'], env)).status, 0);
});

test('what a bucket refuses is said with its own reason, and no secret', async (t) => {
    const folder = temporaryFolder(t);
    const {s3, env, words} = await startBucket(t);
    const cases = [
        [{AWS_SECRET_ACCESS_KEY: 'another'}, /answers 403: SignatureDoesNotMatch it is/],
        [{AWS_REGION: 'us-west-2'}, /answers 403/],
        [{AWS_ACCESS_KEY_ID: ''}, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be in the env/],
    ];
    for (const [changed, expected] of cases) {
        const refused = await build(folder, words, {...env, ...changed});
        assert.strictEqual(refused.status, 1);
        assert.match(refused.stderr, expected);
        assert.ok(!refused.stderr.includes('another') && !refused.stderr.includes(SECRET));
    }
    assert.strictEqual(s3.objects.size, 0);
    for (const target of ['s3://', 's3://ab', 's3://bucket/../x', 's3://bucket/a b']) {
        const refused = await build(folder, ['--out', target, '--s3-endpoint', s3.url], env);
        assert.match(refused.stderr, /--out s3:\/\/BUCKET\/PREFIX is of letters/, target);
    }
});
