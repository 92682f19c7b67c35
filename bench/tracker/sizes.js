/*
 * What each part of the tracker weighs, found by leaving it out:
 *
 *     node bench/tracker/sizes.js                 the sets, each module within all of them, and
 *                                                 each file of the core
 *     node bench/tracker/sizes.js functions       each function of the core, emptied
 *     node bench/tracker/sizes.js functions clicks    of a module, within the default set
 *
 * Bytes are gzip -9 of a bundle as `pipes build` puts it together, with a configuration as short as
 * that of a site of its own. A module's cost is what the bundle loses without it, so what it shares
 * with others is not counted twice. An emptied function is one without its text, so that its calls
 * stay: what it costs with them is a little more.
 */
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const acorn = require('acorn');
const {build, buildUnit, SOURCES} = require('../../tracker/build.js');

const LIST = JSON.parse(fs.readFileSync(path.join(SOURCES, '..', 'modules.json'), 'utf8'));
const CONFIG = JSON.stringify({site: 'main', storage: 'cookie', bundle: '0123456789abcdef'});
const AIMS = {core: 4800, 'core,page_view': 4800, 'what the aim names': 7500, default: 7500,
    all: 14000};
/** Of the default set: what the aim of 7,500 bytes was set for, and what these need. */
const NAMED = ['elements', 'page_view', 'links', 'clicks', 'forms', 'scroll', 'engagement',
    'campaign'];
const FEW = 15;

const gzip = (text) => zlib.gzipSync(text, {level: 9}).length;

const bundle = (parts) => '//# allFunctionsCalledOnLoad\n' +
    '!function(pipesConfig){var pipesModules=[];' +
    parts.map((text) => `${text}\n`).join('') + `core(pipesConfig,pipesModules)}(${CONFIG});`;

/** Everything minified once: {core: text, links: text, ...}. */
async function minified() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-sizes-'));
    const log = console.log;
    console.log = () => {};
    await build(folder);
    console.log = log;
    const texts = {};
    for (const name of ['core', ...LIST.modules.map((one) => one.name), 'stub']) {
        texts[name] = fs.readFileSync(path.join(folder, `${name}.min.js`), 'utf8');
    }
    fs.rmSync(folder, {recursive: true});
    return texts;
}

const SETS = {
    core: [],
    'core,page_view': ['page_view'],
    'what the aim names': LIST.modules.map((one) => one.name)
        .filter((name) => NAMED.includes(name)),
    default: LIST.modules.filter((one) => one.default).map((one) => one.name),
    all: LIST.modules.map((one) => one.name),
};

function printSets(texts) {
    const sizeOf = (names) => gzip(bundle([texts.core, ...names.map((name) => texts[name])]));
    console.log(`tag's stub: ${gzip(texts.stub)}`);
    for (const [set, names] of Object.entries(SETS)) {
        console.log(`${set}: ${sizeOf(names)} (aim ${AIMS[set]})`);
    }
    console.log('\nmodule          alone  in all');
    const all = sizeOf(SETS.all);
    for (const {name, default: is_default} of LIST.modules) {
        const without = sizeOf(SETS.all.filter((other) => other !== name));
        console.log(name.padEnd(14), String(gzip(texts[name])).padStart(6),
            String(all - without).padStart(7), is_default ? ' default' : '');
    }
}

/** What the core loses without one of its files; its calls of that stay. */
async function printFiles(texts) {
    console.log('\nfile of the core');
    for (const file of LIST.core.files.filter((name) => name !== 'core')) {
        const bytes = gzip(texts.core) - gzip(await unitWith(file, ''));
        console.log(file.padEnd(14), String(bytes).padStart(6));
    }
}

/** Functions with their text's place and the name they go by, outer ones too. */
function functionsOf(code) {
    const found = [];
    const walk = (node, name, depth) => {
        if (!node || typeof node.type !== 'string') {
            return;
        }
        if (/^Function/.test(node.type)) {
            const called = (node.id && node.id.name) || name;
            found.push({name: called, depth, start: node.body.start + 1, end: node.body.end - 1});
            walk(node.body, called, depth + 1);
            return;
        }
        for (const key of Object.keys(node)) {
            const label = node.type === 'Property' ? node.key.name || node.key.value : name;
            [].concat(node[key]).forEach((part) => walk(part, label, depth));
        }
    };
    walk(acorn.parse(code, {ecmaVersion: 5}), '', 0);
    return found.filter((one) => one.end - one.start > FEW);
}

/** The unit of this file, with the file's text replaced. */
async function unitWith(file, code) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pipes-sizes-'));
    fs.cpSync(SOURCES, folder, {recursive: true});
    fs.writeFileSync(path.join(folder, `${file}.js`), code);
    const unit = await buildUnit(file, folder);
    fs.rmSync(folder, {recursive: true});
    return unit.code;
}

async function printFunctions(texts, name) {
    const others = name === 'core' ? [] : SETS.default.filter((other) => other !== name);
    const sizeOf = (text) => gzip(bundle([...name === 'core' ? [] : [texts.core],
        text, ...others.map((other) => texts[other])]));
    const whole = sizeOf(texts[name]);
    const rows = [];
    for (const file of name === 'core' ? LIST.core.files : [name]) {
        const code = fs.readFileSync(path.join(SOURCES, `${file}.js`), 'utf8');
        for (const one of functionsOf(code)) {
            const text = await unitWith(file, code.slice(0, one.start) + code.slice(one.end));
            rows.push({...one, file, bytes: whole - sizeOf(text)});
        }
    }
    rows.sort((a, b) => b.bytes - a.bytes);
    rows.filter((one) => one.depth > 0 && one.bytes >= FEW).forEach((one) =>
        console.log(String(one.bytes).padStart(6), `${one.file}: ${one.name}`));
}

async function main([what, name = 'core']) {
    const texts = await minified();
    if (what === 'functions') {
        await printFunctions(texts, name);
    } else {
        printSets(texts);
        await printFiles(texts);
    }
}

main(process.argv.slice(2));
