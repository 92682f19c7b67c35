/*
 * node tracker/npm/build.js TRACKER OUT: makes the npm package in OUT from what tracker/build.js
 * wrote to TRACKER.
 */
'use strict';
const fs = require('fs');
const path = require('path');

const HERE = __dirname;

/** A module as a value; a bundler may drop it, for nothing outside sees it being made. */
function moduleExport(one, text) {
    const needs = one.needs.join(', ');
    return `export const ${one.name} = /*#__PURE__*/ (function () {
    var pipesModules = [];
    ${text}
    pipesModules[0].needs = [${needs}];
    return pipesModules[0];
})();
`;
}

/** Those that are needed stand first: a constant must be there before it is used. */
function sorted(modules) {
    const done = [];
    const visit = (one) => {
        if (!done.includes(one)) {
            one.needs.forEach((name) => visit(modules.find((other) => other.name === name)));
            done.push(one);
        }
    };
    modules.forEach(visit);
    return done;
}

const createSource = (calls) => `
var CALLS = ${JSON.stringify(calls)};

function withNeeds(modules, all) {
    modules.forEach(function (module) {
        withNeeds(module && module.needs || [], all);
        if (module && all.indexOf(module) < 0) {
            all.push(module);
        }
    });
    return all;
}

function silent() {
    var api = {get: function () {}, create: silent};
    CALLS.forEach(function (name) { api[name] = function () {}; });
    api.on = function () { return function () {}; };
    return api;
}

var others = {};

/* The page's own is window.pipes, where its tag and other scripts find it. */
function place(site) {
    var first = window.pipes = window.pipes || {};
    return !first.version || first.get('site') === site ? first :
        others[site] = others[site] || {};
}

/* What a module needs comes along with use(), too. */
function useWithNeeds(api) {
    var use = api.use;
    var another = api.create;
    api.use = function (module) {
        try {
            withNeeds([module], []).forEach(function (one) { use(one); });
        } catch (e) {}
    };
    api.create = function (options) {
        var other = another(options);
        return other ? useWithNeeds(other) : silent();
    };
    return api;
}

function begin(options) {
    var config = Object.assign({}, options.moduleOptions, options);
    var api = place(options.site);
    if (!api.begun) {
        delete config.modules;
        delete config.moduleOptions;
        CALLS.forEach(function (name) { api[name] = api[name] || function () {}; });
        core(config, withNeeds(options.modules || [], []), api);
        api.ready(useWithNeeds);
    }
    return api;
}

export function create(options) {
    if (typeof window === 'undefined' || !window.document) {
        return silent();
    }
    try {
        return begin(options || {});
    } catch (e) {
        return silent();
    }
}
`;

function build(tracker, out) {
    const list = JSON.parse(fs.readFileSync(path.join(tracker, 'modules.json'), 'utf8'));
    const text = (name) => fs.readFileSync(path.join(tracker, `${name}.min.js`), 'utf8');
    const makefile = fs.readFileSync(path.join(HERE, '..', '..', 'Makefile'), 'utf8');
    const calls = [...new Set([...list.core.calls, ...list.modules.flatMap((one) => one.calls)])];
    const modules = sorted(list.modules);
    const write = (name, content) => fs.writeFileSync(path.join(out, name), content);
    fs.mkdirSync(out, {recursive: true});
    write('index.js', text('core') + '\n' + createSource(calls) +
        modules.map((one) => moduleExport(one, text(one.name))).join(''));
    write('index.d.ts', fs.readFileSync(path.join(HERE, 'index.d.ts'), 'utf8') +
        modules.map((one) => `export const ${one.name}: Module;\n`).join(''));
    fs.copyFileSync(path.join(HERE, '..', '..', 'LICENSE'), path.join(out, 'LICENSE'));
    write('package.json', JSON.stringify({
        name: 'pipes-tracker',
        version: /^VERSION := (.*)$/m.exec(makefile)[1],
        description: 'The browser tracker of Pipes, self-hosted web analytics',
        license: 'Apache-2.0',
        type: 'module',
        sideEffects: false,
        exports: {'.': {types: './index.d.ts', default: './index.js'}},
        types: './index.d.ts',
        files: ['index.js', 'index.d.ts'],
    }, null, 2) + '\n');
}

if (process.argv.length !== 4) {
    console.error('usage: node tracker/npm/build.js TRACKER OUT');
    process.exit(2);
}
build(process.argv[2], process.argv[3]);
