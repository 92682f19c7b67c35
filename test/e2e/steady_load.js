'use strict';
/**
 * Many clients that each send one event after another at times of their own, whatever the collector
 * does meanwhile, over connections that they keep; and what became of each event. No request is
 * repeated: one that fails is a failure, whyever. A stream of HTTP/2 that was refused because its
 * session was told to go is none (RFC 9113, 8.7): it is begun in the next one, and counted.
 *
 *     const load = new SteadyLoad(port, {connections: 200, rate: 1000, path: '/e'});
 *     new SteadyLoad(port, {connections: 50, rate: 250, ca})      HTTP/2 over TLS
 *     load.start();
 *     ...
 *     await load.stop();
 *     load.failures      [] when none failed
 *     load.accepted      the ids that were answered 200 and counted as taken
 *     load.refused       streams that were begun again
 */
const crypto = require('node:crypto');
const http = require('node:http');
const http2 = require('node:http2');

/** Some clients are quick and some come so seldom that a stop meets them idle. */
const PACES = [0.2, 0.5, 1, 1, 1, 1, 1.5, 1.8];

class SteadyLoad {
    constructor(port, {connections, rate, path = '/e', ca}) {
        this.port = port;
        this.path = path;
        this.ca = ca;
        this.meanMs = 1000 * connections / rate;
        this.clients = Array.from({length: connections}, (_, i) => ({
            pace: PACES[i % PACES.length],
            agent: new http.Agent({keepAlive: true, maxSockets: 1}),
        }));
        this.accepted = [];
        this.failures = [];
        this.refused = 0;
        this.slowestMs = 0;
        this.connected = 0;
    }

    start() {
        this.isOver = false;
        this.running = Promise.all(this.clients.map((client) => this._run(client)));
    }

    /** Waits for the answers to what was sent. */
    async stop() {
        this.isOver = true;
        await this.running;
        this.clients.forEach(({agent, session}) => {
            agent.destroy();
            session?.close();
        });
    }

    /** When one is late, because it waited for an answer, the next one follows at once. */
    async _run(client) {
        let due = Date.now() + Math.random() * this.meanMs;
        while (!this.isOver) {
            const waitMs = due - Date.now();
            if (waitMs > 0) {
                await new Promise((resolve) => setTimeout(resolve, waitMs));
            }
            due += this.meanMs / client.pace * (0.5 + Math.random());
            await this._send(client);
        }
    }

    async _send(client) {
        const id = crypto.randomUUID();
        const begin = Date.now();
        try {
            const {status, text} = await this._post(client, JSON.stringify({v: 1, events: [
                {type: 'track', name: 'steady', event_id: id, created_at: begin}]}));
            if (status === 200 && JSON.parse(text).accepted === 1) {
                this.accepted.push(id);
            } else {
                this.failures.push(`${status} ${text}`);
            }
        } catch (error) {
            this.failures.push(`${error.code} ${error.message}`);
        }
        this.slowestMs = Math.max(this.slowestMs, Date.now() - begin);
    }

    _post(client, body) {
        return this.ca ? this._postStream(client, body) : this._postAlone(client, body);
    }

    /** A session that was told to go takes no more; the next request opens another. */
    _session(client) {
        if (!client.session || client.session.closed || client.session.destroyed) {
            const session = http2.connect(`https://localhost:${this.port}`, {ca: this.ca});
            session.on('error', () => {}); // each of its streams says it, too
            session.on('goaway', () => session.close());
            client.session = session;
            this.connected++;
        }
        return client.session;
    }

    async _postStream(client, body) {
        const session = this._session(client);
        try {
            return await this._stream(session, body);
        } catch (error) {
            if (!session.closed || !/NGHTTP2_REFUSED_STREAM/.test(error.message)) {
                throw error;
            }
            this.refused++;
            return this._stream(this._session(client), body);
        }
    }

    _stream(session, body) {
        return new Promise((resolve, reject) => {
            const stream = session.request({':method': 'POST', ':path': this.path});
            let status = 0;
            let text = '';
            stream.on('response', (head) => {
                status = head[':status'];
            });
            stream.on('data', (piece) => {
                text += piece;
            });
            stream.on('error', reject);
            stream.on('close', () => resolve({status, text}));
            stream.end(body);
        });
    }

    _postAlone({agent}, body) {
        return new Promise((resolve, reject) => {
            const request = http.request({host: '127.0.0.1', port: this.port, method: 'POST',
                path: this.path, agent, headers: {'Content-Length': Buffer.byteLength(body)}},
            (response) => {
                let text = '';
                response.on('data', (piece) => {
                    text += piece;
                });
                response.on('error', reject);
                response.on('end', () => resolve({status: response.statusCode, text}));
            });
            request.on('socket', (socket) => {
                this.connected += socket.connecting ? 1 : 0;
            });
            request.on('error', reject);
            request.end(body);
        });
    }
}

module.exports = {SteadyLoad};
