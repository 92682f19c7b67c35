/**
 * A real collector for a test: started from build/pipes on ports that the system chose, with a data
 * folder of its own. Nothing here waits a fixed time; it waits for a condition, with a bound.
 */
'use strict';
const {spawn, execFileSync} = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const BINARY = process.env.PIPES_BINARY || path.join(ROOT, 'build', 'pipes');

/** Asks again and again until `ask` gives something true; its value. */
async function until(what, ask, boundMs = 20000) {
    const end = Date.now() + boundMs;
    for (;;) {
        const value = await ask();
        if (value) {
            return value;
        }
        if (Date.now() > end) {
            throw new Error(`after ${boundMs} ms still not: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

/** One that nobody has just now. */
function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });
}

let hosts = 1;

/** An address of this machine for one site alone, which shares neither cookies nor storage. */
function ownAddress() {
    hosts++;
    return `127.0.${hosts >> 8}.${hosts & 255}`;
}

const endings = new WeakMap();

/**
 * What must be done when the test is over, last made first undone (Node 18 itself runs hooks in the
 * order they were given, which would remove a browser's profile from under the browser). Each one
 * runs even when another fails; the first failure is the test's.
 */
function atEnd(t, undo) {
    if (!endings.has(t)) {
        endings.set(t, []);
        t.after(async () => {
            let failure;
            for (const next of endings.get(t).reverse()) {
                try {
                    await next();
                } catch (error) {
                    failure = failure || error;
                }
            }
            if (failure) {
                throw failure;
            }
        });
    }
    endings.get(t).push(undo);
}

/** A new folder below the system's temporary one, removed when the test ends. */
function temporaryFolder(t) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-e2e-'));
    atEnd(t, () => fs.rmSync(folder, {recursive: true, force: true}));
    return folder;
}

function readRunning(data) {
    try {
        return JSON.parse(fs.readFileSync(path.join(data, 'RUNNING'), 'utf8'));
    } catch (error) {
        return null;
    }
}

class Collector {
    constructor(data, options, binary = BINARY, address = '127.0.0.1') {
        this.data = data;
        this.binary = binary;
        this.options = options;
        this.output = '';
        this.address = address;
        this.listen = `${address}:0`;
    }

    /** Starts it and waits until it answers. A second start takes the same port again. */
    async start() {
        const args = ['serve', '--data', this.data, '--listen', this.listen,
            '--admin', '127.0.0.1:0', ...this.options];
        this.child = spawn(this.binary, args, {stdio: ['ignore', 'pipe', 'pipe']});
        const child = this.child;
        this.pid = child.pid;
        this.ended = new Promise((resolve) => child.on('exit', (code, signal) => {
            child.hasEnded = true;
            resolve(signal || code);
        }));
        for (const stream of [child.stdout, child.stderr]) {
            stream.on('data', (text) => {
                this.output += text;
            });
        }
        this.running = await until('the collector is running', () => {
            if (child.hasEnded) {
                throw new Error(`pipes serve ended: ${this.output}`);
            }
            const running = readRunning(this.data);
            return running && running.pid === child.pid && running;
        });
        this.url = this.running.public_url.replace(/\/$/, '').replace('localhost', this.address);
        this.admin = this.running.admin_url.replace(/\/$/, '').replace('localhost', '127.0.0.1');
        this.listen = `${this.address}:${new URL(this.url).port}`;
        return this;
    }

    /** Another process of the program's file, as it is now, takes over; waits until it answers. */
    async handOver() {
        const before = this.pid;
        process.kill(before, 'SIGUSR2');
        const running = await until('another process runs', () => {
            const found = readRunning(this.data);
            return found && found.pid !== before && found;
        }, 60000);
        this.pid = running.pid;
    }

    /** Signals whichever process runs now; none that has ended. */
    async _end(signal) {
        const isThere = () => {
            try {
                return process.kill(this.pid, 0);
            } catch (error) {
                return false;
            }
        };
        if (this.pid === this.child.pid) {
            if (!this.child.hasEnded) {
                this.child.kill(signal);
            }
        } else if (isThere()) {
            process.kill(this.pid, signal);
            await until('the last process has ended', () => !isThere(), 60000);
        }
        return this.ended;
    }

    /** Ends it the hard way. */
    async kill() {
        await this._end('SIGKILL');
    }

    /** Ends it as Ctrl-C does; the exit status, after a hand-over that of the first process. */
    async stop() {
        return this.child && this._end('SIGINT');
    }

    async post(where, body, headers = {}) {
        return fetch(this.url + where, {method: 'POST', body, headers});
    }

    async counts() {
        return (await fetch(this.admin + '/counts')).json();
    }

    /** Runs another command of the same binary on the same data. */
    run(...args) {
        return execFileSync(BINARY, [...args, '--data', this.data],
            {encoding: 'utf8', timeout: 60000});
    }
}

/** Files of one tree of the lake. */
function parts(data, tree = 'raw') {
    const found = [];
    const walk = (folder) => {
        const entries = fs.existsSync(folder) ? fs.readdirSync(folder, {withFileTypes: true}) : [];
        for (const entry of entries) {
            const full = path.join(folder, entry.name);
            if (entry.isDirectory()) {
                walk(full);
            } else if (/^part-.*\.ndjson\.zst$/.test(entry.name)) {
                found.push(full);
            }
        }
    };
    walk(path.join(data, 'lake', tree));
    return found.sort();
}

/** All rows of the lake, read with the zstd that everybody has. */
function rows(data, tree = 'raw') {
    return parts(data, tree).flatMap((file) =>
        execFileSync('zstd', ['-dcq', file], {encoding: 'utf8', maxBuffer: 1 << 28})
            .split('\n').filter(Boolean).map((line) => JSON.parse(line)));
}

/** A started collector that is ended with the test; `address` is where it listens. */
async function startCollector(t, options = [], address = '127.0.0.1') {
    const collector = new Collector(temporaryFolder(t), ['--lake-roll', '200ms', ...options],
        BINARY, address);
    atEnd(t, async () => {
        if (collector.pid) {
            await collector.kill();
        }
    });
    return collector.start();
}

/** Bodies of the native protocol. */
function batch(load, firstSeq, count, extra = {}) {
    const events = [];
    for (let i = 0; i < count; i++) {
        events.push({type: 'track', name: 'tested', seq: firstSeq + i, created_at: Date.now(),
            properties: {n: firstSeq + i}});
    }
    return JSON.stringify({v: 1, load_id: load, sent_at: Date.now(), events, ...extra});
}

module.exports = {
    Collector, startCollector, atEnd, temporaryFolder, until, freePort, ownAddress, rows, parts,
    batch, ROOT, BINARY,
};
