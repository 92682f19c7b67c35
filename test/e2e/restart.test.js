/** Restarts and an upgrade while clients send: none fails, no event is lost or there twice. */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {Collector, atEnd, temporaryFolder, until, freePort, rows, BINARY} = require('./collector');
const {certificate} = require('./certificate');
const {SteadyLoad} = require('./steady_load');

const VERSION = execFileSync(BINARY, ['version'], {encoding: 'utf8'}).trim().split(' ')[1];
const NEXT = VERSION.replace(/\d+$/, (last) => String((Number(last) + 1) % 10));

/** The program with another version in it: what a build of the next release differs in at least. */
function nextRelease() {
    const bytes = fs.readFileSync(BINARY);
    let found = 0;
    for (let at = bytes.indexOf(VERSION); at >= 0; at = bytes.indexOf(VERSION, at + 1)) {
        bytes.write(NEXT, at, 'latin1');
        found++;
    }
    assert.ok(found > 0 && NEXT.length === VERSION.length && NEXT !== VERSION);
    return bytes;
}

/** As a package does it: the running program's file goes on to exist, under no name. */
function upgrade(program) {
    fs.writeFileSync(`${program}.new`, nextRelease(), {mode: 0o755});
    fs.renameSync(`${program}.new`, program);
}

test('restarts and an upgrade under load fail no request, lose no event and store none twice',
    async (t) => {
        const folder = temporaryFolder(t);
        const program = path.join(folder, 'pipes');
        fs.copyFileSync(BINARY, program);
        const {cert, key} = certificate(folder, 'localhost');
        const [port, tlsPort] = [await freePort(), await freePort()];
        const collector = new Collector(path.join(folder, 'data'),
            ['--workers', '2', '--compact=false', '--lake-roll', '200ms', '--tls-certificate', cert,
                '--tls-key', key, '--listen', `127.0.0.1:${port},127.0.0.1:${tlsPort} tls`],
            program);
        atEnd(t, () => collector.pid && collector.kill());
        await collector.start();
        const loads = [
            new SteadyLoad(port, {connections: 45, rate: 225}),
            new SteadyLoad(tlsPort, {connections: 15, rate: 75, ca: fs.readFileSync(cert)}),
        ];
        loads.forEach((load) => load.start());
        const failures = () => loads.map((load) => load.failures);
        const answered = (count) => {
            const before = loads.map((load) => load.accepted.length);
            return until(`${count} requests are answered; ${failures()}`,
                () => loads.every((load, i) => load.accepted.length > before[i] + count / 4));
        };
        await answered(100);
        await collector.handOver();
        await answered(100);
        upgrade(program);
        await collector.handOver();
        const metrics = await (await fetch(`${collector.admin}/metrics`)).text();
        await answered(100);
        await collector.handOver();
        await answered(100);
        await Promise.all(loads.map((load) => load.stop()));
        await collector.stop();
        assert.deepStrictEqual(failures(), [[], []]);
        assert.strictEqual(loads[0].connected, 45, 'connections without TLS move along');
        assert.deepStrictEqual(rows(collector.data).map((row) => row.event_id).sort(),
            loads.flatMap((load) => load.accepted).sort());
        const ledger = JSON.parse(collector.run('ledger', '--format', 'json'));
        assert.deepStrictEqual(ledger.problems, []);
        assert.strictEqual(ledger.rows.reduce((sum, row) => sum + row.duplicate, 0), 0);
        assert.match(metrics, new RegExp(`pipes_build_info\\{version="${NEXT}"`));
    });
