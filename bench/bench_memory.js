/**
 * Resident memory of the collector: idle, after 100,000 events, and after the lake has closed its
 * files. `node bench/bench_memory.js`, after `make`.
 */
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {Collector, batch} = require('../test/e2e/collector');

const SENDERS = 16;
const REQUESTS = 125;
const EVENTS = 50;

function memory(collector) {
    const status = fs.readFileSync(`/proc/${collector.child.pid}/status`, 'utf8');
    const of = (name) => {
        const [, kilobytes] = new RegExp(`${name}:\\s+(\\d+)`).exec(status);
        return `${(Number(kilobytes) / 1024).toFixed(1)} MiB`;
    };
    return `resident ${of('VmRSS')}, of it anonymous ${of('RssAnon')}, peak ${of('VmHWM')}`;
}

async function send(collector, sender) {
    for (let request = 0; request < REQUESTS; request++) {
        const answer = await collector.post('/e', batch(`m${sender}-${request}`, 1, EVENTS));
        if (answer.status !== 200) {
            throw new Error(`answered ${answer.status}`);
        }
        await answer.text();
    }
}

async function main() {
    const data = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-bench-'));
    const collector = new Collector(data, ['--lake-roll', '1s']);
    await collector.start();
    console.log(`idle:                ${memory(collector)}`);
    await Promise.all([...Array(SENDERS).keys()].map((sender) => send(collector, sender)));
    console.log(`100,000 events:      ${memory(collector)}`);
    while ((await collector.counts()).lake.stored < SENDERS * REQUESTS * EVENTS) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(`all in the lake:     ${memory(collector)}`);
    await collector.stop();
    console.log(collector.run('verify').trim());
    fs.rmSync(data, {recursive: true});
}

main();
