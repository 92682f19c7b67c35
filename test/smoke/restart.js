'use strict';
/**
 * restart.js BINARY NEXT: 200 connections, a quarter of them HTTP/2 over TLS, 1,000 requests a
 * second for a minute, and ten graceful restarts meanwhile, the fifth of them to the program NEXT,
 * which takes BINARY's place. Fails when a request failed, an event is lost or stored twice, or
 * another program than NEXT runs at the end.
 *
 * CONNECTIONS, RATE, SECONDS and RESTARTS in the environment are others than these.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {Collector, freePort, rows} = require('../e2e/collector');
const {certificate} = require('../e2e/certificate');
const {SteadyLoad} = require('../e2e/steady_load');

const [binary, next] = process.argv.slice(2);
const given = (name, otherwise) => Number(process.env[name] || otherwise);
const connections = given('CONNECTIONS', 200);
const rate = given('RATE', 1000);
const seconds = given('SECONDS', 60);
const restarts = given('RESTARTS', 10);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ask = (program, ...words) => execFileSync(program, words, {encoding: 'utf8'}).trim();

/** As a package puts it there. */
function install(from, program) {
    fs.copyFileSync(from, `${program}.new`);
    fs.renameSync(`${program}.new`, program);
}

/** Evenly over the time; how long the longest of them took. */
async function restart(collector, program) {
    const begin = Date.now();
    let longestMs = 0;
    for (let i = 1; i <= restarts; i++) {
        await sleep(begin + 1000 * seconds * i / (restarts + 1) - Date.now());
        if (i === Math.ceil(restarts / 2)) {
            install(next, program);
        }
        const before = Date.now();
        await collector.handOver();
        longestMs = Math.max(longestMs, Date.now() - before);
    }
    await sleep(begin + 1000 * seconds - Date.now());
    return longestMs;
}

/** Of each event: as often as it was answered 200, which is once. */
function check(collector, loads) {
    const taken = loads.flatMap((load) => load.accepted);
    const failures = loads.flatMap((load) => load.failures);
    const counts = new Map();
    for (const {event_id: id} of rows(collector.data)) {
        counts.set(id, (counts.get(id) || 0) + 1);
    }
    const lost = taken.filter((id) => !counts.has(id)).length;
    const twice = [...counts.values()].filter((count) => count > 1).length;
    const accepted = new Set(taken);
    const unknown = [...counts.keys()].filter((id) => !accepted.has(id)).length;
    console.log(`${taken.length} accepted (${loads[1].accepted.length} of HTTP/2), ` +
        `${failures.length} failed, ${lost} lost, ${twice} stored twice, ` +
        `${unknown} stored and not accepted`);
    assert.deepStrictEqual(failures, []);
    assert.deepStrictEqual([lost, twice, unknown], [0, 0, 0]);
    assert.ok(taken.length > 0.9 * rate * seconds, 'the load was what it was to be');
    /* Nor did the lake have to tell two of one event apart; and all that was counted adds up. */
    const ledger = JSON.parse(collector.run('ledger', '--format', 'json'));
    const sum = (name) => ledger.rows.reduce((total, row) => total + row[name], 0);
    assert.deepStrictEqual(ledger.problems, []);
    assert.deepStrictEqual(['answered', 'stored', 'duplicate', 'in_flight'].map(sum),
        [taken.length, taken.length, 0, 0]);
    collector.run('verify');
}

async function main() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-restart-'));
    const program = path.join(folder, 'pipes');
    assert.notStrictEqual(ask(binary, 'version'), ask(next, 'version'));
    install(binary, program);
    const {cert, key} = certificate(folder, 'localhost');
    const [port, tlsPort] = [await freePort(), await freePort()];
    const collector = new Collector(path.join(folder, 'data'),
        ['--workers', '2', '--compact=false', '--lake-roll', '1s', '--tls-certificate', cert,
            '--tls-key', key, '--listen', `127.0.0.1:${port},127.0.0.1:${tlsPort} tls`], program);
    try {
        await collector.start();
        const loads = [
            new SteadyLoad(port, {connections: connections * 3 / 4, rate: rate * 3 / 4}),
            new SteadyLoad(tlsPort, {connections: connections / 4, rate: rate / 4,
                ca: fs.readFileSync(cert)}),
        ];
        loads.forEach((load) => load.start());
        const longestMs = await restart(collector, program);
        const metrics = await (await fetch(`${collector.admin}/metrics`)).text();
        await Promise.all(loads.map((load) => load.stop()));
        await collector.stop();
        check(collector, loads);
        const [, version] = /pipes_build_info\{version="([^"]*)"/.exec(metrics);
        assert.strictEqual(`pipes ${version}`, ask(next, 'version'));
        const sum = (name) => loads.reduce((total, load) => total + load[name], 0);
        console.log(`${restarts} restarts, one to ${version}; the longest until the new process ` +
            `runs took ${longestMs} ms, the slowest request ` +
            `${Math.max(...loads.map((load) => load.slowestMs))} ms, ` +
            `${sum('connected')} connections were made, ${sum('refused')} streams of HTTP/2 ` +
            'begun again');
    } finally {
        await collector.kill();
        fs.rmSync(folder, {recursive: true, force: true});
    }
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
