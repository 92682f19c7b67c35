'use strict';
/** What `make install` puts into a system: program, manual, completion, service unit. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const {execFileSync, spawn, spawnSync} = require('node:child_process');
const {startCollector, atEnd, temporaryFolder, until, batch, ROOT, BINARY} = require('./collector');

function has(command) {
    return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-installed-'));
const usr = path.join(folder, 'usr');

test.before(() => {
    const duckdb = path.join(folder, 'duckdb');
    fs.writeFileSync(duckdb, 'a library');
    execFileSync(path.join(ROOT, 'tools/install'), [folder, '/usr', BINARY, duckdb]);
});
test.after(() => fs.rmSync(folder, {recursive: true, force: true}));

function commands() {
    return execFileSync(BINARY, ['help'], {encoding: 'utf8'}).split('\n')
        .map((line) => (/^ {2}([a-z]+) /.exec(line) || [])[1]).filter(Boolean);
}

function optionsOf(command) {
    const help = execFileSync(BINARY, [command, '--help'], {encoding: 'utf8'});
    return (help.match(/^ {2}--[a-z0-9.-]+/gm) || []).map((text) => text.trim());
}

test('every command has a page with all of its options, and groff has no complaint', () => {
    const names = commands();
    assert.ok(names.includes('serve') && names.includes('deploy'), names);
    for (const name of names) {
        const file = path.join(usr, 'share/man/man1', `pipes-${name}.1.gz`);
        const text = zlib.gunzipSync(fs.readFileSync(file)).toString();
        for (const option of optionsOf(name)) {
            assert.ok(text.includes(`\\fB${option.replaceAll('-', '\\-')}\\fR`),
                `${name} ${option}`);
        }
        if (has('groff')) {
            const made = spawnSync('groff', ['-ww', '-man', '-Tutf8', '-z'],
                {input: text, encoding: 'utf8'});
            assert.deepStrictEqual([made.status, made.stderr], [0, ''], name);
        }
    }
    const all = zlib.gunzipSync(fs.readFileSync(path.join(usr, 'share/man/man1/pipes.1.gz')))
        .toString();
    for (const name of names) {
        assert.ok(all.includes(`.BR pipes\\-${name} (1)`), name);
    }
});

/** What bash offers for the words, the last of which is being written. */
function completed(script, ...words) {
    return execFileSync('bash', ['--norc', '-c', `source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pipes; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash', script, 'pipes', ...words], {encoding: 'utf8'}).split('\n').filter(Boolean);
}

test('bash completes commands, flags, and the values of choices', () => {
    const script = path.join(usr, 'share/bash-completion/completions/pipes');
    assert.deepStrictEqual(completed(script, 'ser'), ['serve']);
    assert.deepStrictEqual(completed(script, 'serve', '--syn'), ['--sync', '--sync-interval']);
    assert.deepStrictEqual(completed(script, 'serve', '--sync', ''), ['durable', 'interval', 'os']);
    assert.deepStrictEqual(completed(script, 'serve', '--sync', '=', 'i'), ['interval']);
    assert.deepStrictEqual(completed(script, 'serve', '--sync', '='),
        ['durable', 'interval', 'os']);
    assert.deepStrictEqual(completed(script, 'query', '--format', 'p'), ['parquet']);
    assert.deepStrictEqual(completed(script, 'deploy', 'con'), ['container']);
    assert.deepStrictEqual(completed(script, 'serve', '--data', ''), [], 'left to bash: files');
    assert.deepStrictEqual(new Set(completed(script, '')),
        new Set([...commands(), '--help', '--version']));
});

test('an installed program finds DuckDB in its lib/pipes', async (t) => {
    const {data} = await startCollector(t);
    const failed = spawnSync(path.join(usr, 'bin/pipes'), ['query', 'select 1', '--data', data],
        {encoding: 'utf8'});
    assert.match(failed.stderr,
        /usr\/bin\/\.\.\/lib\/pipes\/libduckdb\.so: (file too short|invalid)/,
        'it tried the file that was put there');
});

test('the service\'s user runs commands in a folder that is closed to it, as sudo does', {
    skip: process.getuid() !== 0 && 'becoming another user needs root',
}, async (t) => {
    const collector = await startCollector(t);
    await collector.stop();
    const folder = temporaryFolder(t);
    const closed = path.join(folder, 'closed');
    fs.chmodSync(folder, 0o755);
    fs.copyFileSync(BINARY, path.join(folder, 'pipes'));
    fs.mkdirSync(closed, {mode: 0o700});
    fs.writeFileSync(path.join(closed, 'pipes.ini'), 'no such option\n');
    execFileSync('chown', ['-R', '65534:65534', collector.data]);
    const verify = (...words) => spawnSync('setpriv', ['--reuid=65534', '--regid=65534',
        '--clear-groups', '../pipes', 'verify', '--data', collector.data, ...words],
    {cwd: closed, encoding: 'utf8'});
    const made = verify();
    assert.deepStrictEqual([made.status, made.stderr], [0, '']);
    assert.match(verify('--config', path.join(closed, 'pipes.ini')).stderr, /Permission denied/);
});

test('the unit is understood to the last line and leaves little open', {
    skip: !has('systemd-analyze') && 'systemd-analyze is not here',
}, (t) => {
    const unit = path.join(temporaryFolder(t), 'pipes.service');
    const text = fs.readFileSync(path.join(usr, 'lib/systemd/system/pipes.service'), 'utf8');
    assert.match(text, /^ExecStart=\/usr\/bin\/pipes serve --config \/etc\/pipes\/pipes\.ini$/m);
    for (const [name, extra] of [['as it is', ''], ['low ports',
        fs.readFileSync(path.join(ROOT, 'deploy/systemd/ports.conf'), 'utf8')]]) {
        fs.writeFileSync(unit, text.replaceAll('/usr/bin/pipes', BINARY) + extra);
        const verified = spawnSync('systemd-analyze', ['verify', unit], {encoding: 'utf8'});
        assert.deepStrictEqual([verified.status, verified.stdout, verified.stderr], [0, '', ''],
            name);
        const scored = spawnSync('systemd-analyze',
            ['security', '--offline=true', '--threshold=20', unit], {encoding: 'utf8'});
        const level = Number(/exposure level for \S+: ([\d.]+)/.exec(scored.stdout)[1]);
        assert.ok(level <= (extra ? 1.7 : 1.5), `${name}: ${level}`);
    }
});

/** Hears what a service tells its manager, line by line. */
async function manager(t) {
    const socket = path.join(temporaryFolder(t), 'notify');
    const listener = spawn('perl', ['-MSocket', '-e', `
        $| = 1; socket(my $s, PF_UNIX, SOCK_DGRAM, 0); bind($s, sockaddr_un($ARGV[0])) or die $!;
        print "listening\\n";
        while (1) { my $text; defined(recv($s, $text, 4096, 0)) or die $!; print "$text\\n"; }
    `, socket], {stdio: ['ignore', 'pipe', 'inherit']});
    const heard = {socket, lines: []};
    let rest = '';
    listener.stdout.on('data', (data) => {
        const lines = (rest + data).split('\n');
        rest = lines.pop();
        heard.lines.push(...lines);
    });
    atEnd(t, () => listener.kill('SIGKILL'));
    await until('the manager listens', () => heard.lines.includes('listening'));
    return heard;
}

test('a service manager hears when it is ready, who is it after a hand-over, when it stops',
    async (t) => {
        const heard = await manager(t);
        const options = path.join(temporaryFolder(t), 'pipes.ini');
        fs.writeFileSync(options, 'site = one\n');
        process.env.NOTIFY_SOCKET = heard.socket;
        const collector = await startCollector(t, ['--config', options]);
        delete process.env.NOTIFY_SOCKET;
        await until('it is ready', () => heard.lines.includes('READY=1'));
        fs.writeFileSync(options, 'no-such-option = 1\n');
        collector.child.kill('SIGUSR2');
        await until('it says that none took over', () => heard.lines.some(
            (line) => /^STATUS=hand-over failed at \d+: the new process ended/.test(line)));
        fs.writeFileSync(options, 'site = two\n');
        collector.child.kill('SIGUSR2');
        const told = await until('another is the service now',
            () => heard.lines.find((line) => line.startsWith('MAINPID=')));
        const pid = Number(told.slice('MAINPID='.length));
        atEnd(t, () => {
            try {
                process.kill(pid, 'SIGKILL');
            } catch (error) {
                // It has ended.
            }
        });
        await until('the new one runs', () => {
            const file = path.join(collector.data, 'RUNNING');
            return fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes(`"pid":${pid},`);
        });
        assert.strictEqual(await collector.ended, 0);
        assert.ok(!heard.lines.includes('STOPPING=1'), 'the service goes on');
        await until('it is ready, too',
            () => heard.lines.filter((line) => line === 'READY=1').length === 2);
        assert.strictEqual((await collector.post('/e', batch('told', 1, 1))).status, 200);
        process.kill(pid, 'SIGTERM');
        await until('it says that it stops', () => heard.lines.includes('STOPPING=1'));
    });
