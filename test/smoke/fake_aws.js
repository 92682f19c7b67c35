'use strict';
/**
 * fake_aws.js PORT DEV: what an instance asks of its metadata, of EC2 and of CloudFormation. A disk
 * that is attached appears below DEV. Each action is a line of output. What is not asked as AWS
 * wants it (no session of the metadata, another signature than that of the keys it gave) is
 * refused.
 */
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const [port, dev] = process.argv.slice(2);
const KEYS = {AccessKeyId: 'AKIDSMOKE', SecretAccessKey: 'testing', Token: 'session-1'};

function hmac(key, text) {
    return crypto.createHmac('sha256', key).update(text).digest();
}

function sha256(text) {
    return crypto.createHash('sha256').update(text).digest('hex');
}

/** Signature Version 4 of a POST to "/", made again from what came. */
function isSigned(request, body) {
    const found = new RegExp('^AWS4-HMAC-SHA256 ' +
        'Credential=(.+?)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, ?' +
        'SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$')
        .exec(request.headers.authorization || '');
    if (!found || found[1] !== KEYS.AccessKeyId ||
        request.headers['x-amz-security-token'] !== KEYS.Token) {
        return false;
    }
    const [, , day, region, service, signed, signature] = found;
    const canonical = [request.method, '/', '', ...signed.split(';').map((name) =>
        `${name}:${request.headers[name].trim().replace(/ +/g, ' ')}`), '', signed, sha256(body)]
        .join('\n');
    const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'],
        `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
    const key = [region, service, 'aws4_request']
        .reduce(hmac, hmac('AWS4' + KEYS.SecretAccessKey, day));
    return hmac(key, text).toString('hex') === signature;
}

function metadata(request, response) {
    const name = request.url.slice('/latest/'.length);
    const answers = {
        'meta-data/iam/security-credentials/': 'collector\n',
        'meta-data/iam/security-credentials/collector': JSON.stringify(KEYS, null, 2),
        'meta-data/instance-id': 'i-0abc',
    };
    if (name === 'api/token' && request.method === 'PUT') {
        response.end('token-1');
    } else if (request.headers['x-aws-ec2-metadata-token'] !== 'token-1') {
        response.writeHead(401).end();
    } else {
        response.writeHead(name in answers ? 200 : 404).end(answers[name]);
    }
}

let attempts = 0;

function act(query, response) {
    const action = query.get('Action');
    const detail = {
        AttachVolume: () => `${query.get('VolumeId')} to ${query.get('InstanceId')}`,
        AssociateAddress: () => query.get('AllocationId'),
        SignalResource: () => ['Status', 'StackName', 'UniqueId']
            .map((name) => query.get(name)).join(' '),
    }[action];
    if (!detail) {
        response.writeHead(400).end('<Error>no such action</Error>');
        return;
    }
    if (action === 'AttachVolume' && ++attempts === 1) {
        // The instance before this one still has it.
        response.writeHead(400).end('<Error><Code>VolumeInUse</Code></Error>');
        return;
    }
    if (action === 'AttachVolume') {
        const name = `nvme-Amazon_Elastic_Block_Store_${query.get('VolumeId').replace(/-/g, '')}`;
        fs.symlinkSync('../../data', path.join(dev, 'disk/by-id', name));
    }
    console.log(`${action} ${detail()}`);
    response.end('<Response/>');
}

http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (request.url.startsWith('/latest/')) {
            metadata(request, response);
        } else if (!isSigned(request, body)) {
            console.log(`not signed: ${request.url} ${request.headers.authorization}`);
            response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
        } else {
            act(new URLSearchParams(body), response);
        }
    });
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
