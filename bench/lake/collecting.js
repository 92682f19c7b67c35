/** A collector over a lake, and events sent to it. */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {spawn} = require('node:child_process');
const {PIPES} = require('./tools');

const PATIENCE_MS = 60000;

class Collecting {
    /** Resolves when it answers. */
    static async start(data, options = []) {
        const made = new Collecting();
        made.child = spawn(PIPES, ['serve', '--data', data, '--listen', '127.0.0.1:0',
            '--admin', '127.0.0.1:0', ...options], {stdio: ['ignore', 'ignore', 'pipe']});
        made.said = '';
        made.child.stderr.on('data', (text) => {
            made.said += text;
        });
        made.ended = new Promise((resolve) => made.child.on('exit', resolve));
        const running = path.join(data, 'RUNNING');
        const end = Date.now() + PATIENCE_MS;
        for (;;) {
            try {
                const found = JSON.parse(fs.readFileSync(running, 'utf8'));
                if (found.pid === made.child.pid) {
                    made.url = found.public_url.replace(/\/$/, '')
                        .replace('localhost', '127.0.0.1');
                    return made;
                }
            } catch (error) {
                if (Date.now() > end || made.child.exitCode !== null) {
                    throw new Error(`pipes serve does not answer: ${made.said}`);
                }
            }
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    /** Sends one event; resolves when it was accepted, to how many milliseconds that took. */
    async send(id, more = {}) {
        const begin = process.hrtime.bigint();
        const answer = await fetch(`${this.url}/e`, {method: 'POST', body: JSON.stringify({v: 1,
            site: 'shop', events: [{type: 'track', name: 'measured', event_id: id,
                created_at: Date.now(), ...more}]})});
        const {accepted} = await answer.json();
        if (answer.status !== 200 || accepted !== 1) {
            throw new Error(`an event was answered ${answer.status}`);
        }
        return Number(process.hrtime.bigint() - begin) / 1e6;
    }

    async stop() {
        this.child.kill('SIGINT');
        await this.ended;
    }
}

module.exports = {Collecting};
