/**
 * What stands between browser and collector in a test: passes requests on, counts the events that
 * were posted, and fails when told to.
 *
 *     const wire = await startWire(t, collector);
 *     wire.faults.push('503', '503');   for the next two posts of what the test told
 *     wire.fault = 'cut';               for all until it is undefined again
 */
'use strict';
const http = require('node:http');
const zlib = require('node:zlib');
const {atEnd} = require('./collector');

const FAULTS = {
    /** The connection ends, as if nothing had come. */
    cut: {instead: (wire, request) => request.socket.destroy()},
    503: {instead: (wire, request, response, events) => {
        wire.posted.push(...events);
        response.writeHead(503,
            {'Access-Control-Allow-Origin': request.headers.origin || '*'}).end();
    }},
    /** The collector takes the events, and the answer is lost. */
    unanswered: {answer: (request) => request.socket.destroy()},
};

const sumOf = (counts) => Object.values(counts || {}).reduce((sum, n) => sum + n, 0);

/** A batch as it was told, whether it came packed or not; an opt-out has none. */
function batchOf(body) {
    const isPacked = body[0] === 0x1f;
    return body.length ? JSON.parse(isPacked ? zlib.gunzipSync(body) : body) : {events: []};
}

/** The events of a batch: id, type, and the name that the test gave. */
function eventsOf(body) {
    const {load_id, events} = batchOf(body);
    return events.map(({seq, type, properties}) =>
        ({id: `${load_id}-${seq}`, type, told: (properties || {}).told}));
}

class Wire {
    constructor(collector) {
        this.collector = collector;
        this.requests = [];
        /** Events that somebody answered for, as often as they came. */
        this.posted = [];
        /** What the collector said yes to: name or id, and type. */
        this.taken = new Map();
        /** How many events a load told to be lost, by load. */
        this.lost = new Map();
        this.faults = [];
        this.sockets = new Set();
        this.server = this.makeServer();
    }

    makeServer() {
        const server = http.createServer((request, response) => this.handle(request, response));
        server.on('connection', (socket) => {
            this.sockets.add(socket);
            socket.on('close', () => this.sockets.delete(socket));
        });
        return server;
    }

    async listen(port) {
        await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}`;
        return this;
    }

    /** How often the event of that name was posted. */
    times(name) {
        return this.posted.filter(({told}) => told === name).length;
    }

    /** Nobody listens any more, until `up`. */
    async down() {
        const closed = new Promise((resolve) => this.server.close(resolve));
        this.sockets.forEach((socket) => socket.destroy());
        await closed;
    }

    up() {
        this.server = this.makeServer();
        return this.listen(this.port);
    }

    handle(request, response) {
        this.requests.push({line: `${request.method} ${request.url}`, headers: request.headers});
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            const body = Buffer.concat(chunks);
            const events = request.method === 'POST' ? eventsOf(body) : [];
            const fault = this.faultFor(events);
            if (fault.instead) {
                fault.instead(this, request, response, events);
            } else {
                this.pass(request, response, body, events, fault.answer);
            }
        });
    }

    /** Only events that the test told meet the faults that were counted out. */
    faultFor(events) {
        const next = events.some(({told}) => told) && this.faults.shift();
        return events.length && FAULTS[next || this.fault] || {};
    }

    noteLosses(body) {
        const {load_id, dropped} = batchOf(body);
        this.lost.set(load_id, Math.max(sumOf(dropped), this.lost.get(load_id) || 0));
    }

    pass(request, response, body, events, answer) {
        const {hostname, port} = new URL(this.collector.url);
        const onward = http.request({hostname, port, path: request.url, method: request.method,
            headers: request.headers}, (reply) => {
            this.posted.push(...events);
            if (reply.statusCode < 300) {
                events.forEach(({id, type, told}) => this.taken.set(told || id, type));
                this.noteLosses(body);
            }
            if (answer) {
                answer(request);
                return;
            }
            response.writeHead(reply.statusCode, reply.headers);
            reply.pipe(response);
        });
        onward.on('error', () => request.socket.destroy());
        onward.end(body);
    }
}

async function startWire(t, collector) {
    const wire = await new Wire(collector).listen(0);
    atEnd(t, () => wire.server.listening && wire.down());
    return wire;
}

module.exports = {startWire};
