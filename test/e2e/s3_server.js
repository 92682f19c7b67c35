/**
 * A bucket server that believes nobody: it computes each request's Signature Version 4 anew, from
 * the AWS documentation ("Authenticating Requests: Using the Authorization Header"), and refuses
 * what is not signed with its key, what was signed at another time, and bytes other than those that
 * were signed.
 */
'use strict';
const http = require('node:http');
const crypto = require('node:crypto');

const KEY = 'AKIDEXAMPLE';
const SECRET = 'wJalr:XUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE';
const REGION = 'eu-central-1';
const SKEW_MS = 15 * 60 * 1000;

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** What is wrong with the request; empty when nothing is. */
function fault(request, body, token) {
    const authorization = new RegExp(['^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/s3/',
        'aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$'].join(''))
        .exec(request.headers.authorization || '');
    if (!authorization) {
        return 'AccessDenied';
    }
    const [, key, day, region, names, signature] = authorization;
    const date = request.headers['x-amz-date'] || '';
    const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    if (key !== KEY || region !== REGION || !date.startsWith(day) ||
        !(Math.abs(Date.now() - at) < SKEW_MS)) {
        return 'RequestTimeTooSkewed';
    }
    if (request.headers['x-amz-content-sha256'] !== sha256(body)) {
        return 'XAmzContentSHA256Mismatch';
    }
    if (token && request.headers['x-amz-security-token'] !== token) {
        return 'InvalidToken';
    }
    const signed = names.split(';');
    const must = ['host', ...Object.keys(request.headers).filter((name) =>
        name.startsWith('x-amz-'))];
    if (must.some((name) => !signed.includes(name)) ||
        signed.join() !== [...signed].sort().join()) {
        return 'SignatureDoesNotMatch';
    }
    const [where, query = ''] = request.url.split('?');
    const canonical = [request.method, where, query,
        ...signed.map((name) =>
            `${name}:${(request.headers[name] || '').trim().replace(/ +/g, ' ')}`), '', names,
        request.headers['x-amz-content-sha256']].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
    const secret = [day, region, 's3', 'aws4_request'].reduce(hmac, 'AWS4' + SECRET);
    return hmac(secret, text).toString('hex') === signature ? '' : 'SignatureDoesNotMatch';
}

/** {url, objects: path -> {bytes, headers}, puts: names in order, close()}. */
async function startS3(token) {
    const objects = new Map();
    const puts = [];
    const server = http.createServer((request, response) => {
        const pieces = [];
        request.on('data', (piece) => pieces.push(piece));
        request.on('end', () => {
            const body = Buffer.concat(pieces);
            const code = fault(request, body, token);
            if (code) {
                response.writeHead(403);
                response.end(`<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`);
            } else if (request.method === 'PUT') {
                objects.set(request.url, {bytes: body, headers: request.headers});
                puts.push(request.url);
                response.writeHead(200).end();
            } else if (objects.has(request.url)) {
                response.writeHead(200).end(objects.get(request.url).bytes);
            } else {
                response.writeHead(404).end('<Error><Message>none</Message></Error>');
            }
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {url: `http://127.0.0.1:${server.address().port}`, objects, puts,
        close: () => new Promise((resolve) => server.close(resolve))};
}

module.exports = {startS3, KEY, SECRET, REGION};
