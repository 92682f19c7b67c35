/*
 * node tracker/build.js OUT: minifies tracker/src into OUT/core.min.js, OUT/<module>.min.js and
 * OUT/stub.min.js, and copies modules.json. How they are put together is in README.md. Needs
 * terser; fails when a size budget is broken.
 */
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const {minify} = require('terser');

const LIST = JSON.parse(fs.readFileSync(path.join(__dirname, 'modules.json'), 'utf8'));
const MODULES = LIST.modules.map((one) => one.name);
const BUDGET_GZIP_BYTES = Object.fromEntries([['core', LIST.core.gzip_max],
    ['stub', LIST.stub.gzip_max], ...LIST.modules.map((one) => [one.name, one.gzip_max])]);
/** What the page may call before the tracker is there. */
const CALLS = [...new Set([...LIST.core.calls, ...LIST.modules.flatMap((one) => one.calls)])];
const SOURCES = path.join(__dirname, 'src');
const source = (name, folder) => fs.readFileSync(path.join(folder, `${name}.js`), 'utf8');

async function shrink(code, more) {
    const result = await minify(code, {
        ecma: 5, ie8: false,
        compress: {passes: 6, ...more.compress},
        mangle: {toplevel: true, properties: {regex: /^_(?!_)/}, ...more.mangle},
        format: {comments: false, ascii_only: true}
    });
    return result.code;
}

/** The names of rules/scrub.json as a part of a regular expression. */
function scrubNames() {
    const rules = JSON.parse(fs.readFileSync(path.join(__dirname, 'rules', 'scrub.json'), 'utf8'));
    const those = (match) => rules.names.filter((one) => one.match === match && one.by !== 'collector')
        .map((one) => one.name.replace(/_/g, '_?-?')).join('|');
    return `[\\w-]{0,40}(?:${those('part')})[\\w-]{0,40}|(?:\\d+[a-f]?)?(?:${those('whole')})`;
}

/** One unit: its private members are mangled together; only `core` is seen from outside. */
const buildCore = (folder) => shrink(LIST.core.files.map((name) => source(name, folder)).join('\n')
    .replace('PIPES_SCRUB_NAMES', () => scrubNames()), {
    compress: {toplevel: true, top_retain: ['core']},
    mangle: {reserved: ['core']}
});

const buildModule = (name, folder) => shrink(`!function(){${source(name, folder)}}();`, {});

/** A statement that stands inline in the page. */
const buildStub = (folder) => shrink(`!${source('stub', folder).replace(/^\/\*\*[^]*?\*\//, '')
    .replace('PIPES_CALLS', CALLS.join(' ')).trim()}();`, {});

/** The unit that a file of the sources is part of, and its minified text. */
async function buildUnit(file, folder = SOURCES) {
    const name = LIST.core.files.includes(file) ? 'core' : file;
    const code = name === 'core' ? buildCore(folder) :
        name === 'stub' ? buildStub(folder) : buildModule(name, folder);
    return {name, code: await code};
}

function write(out, {name, code}) {
    const gzip_bytes = zlib.gzipSync(code, {level: 9}).length;
    fs.writeFileSync(path.join(out, `${name}.min.js`), code);
    console.log(`${name}.min.js ${Buffer.byteLength(code)} bytes, gzip ${gzip_bytes}`);
    if (gzip_bytes > (BUDGET_GZIP_BYTES[name] || Infinity)) {
        console.error(`${name}.min.js is over its budget of ${BUDGET_GZIP_BYTES[name]} bytes`);
        process.exitCode = 1;
    }
}

async function build(out) {
    fs.mkdirSync(out, {recursive: true});
    for (const name of ['core', ...MODULES, 'stub']) {
        write(out, await buildUnit(name));
    }
    fs.copyFileSync(path.join(__dirname, 'modules.json'), path.join(out, 'modules.json'));
}

module.exports = {build, buildUnit, SOURCES};

if (require.main === module) {
    if (!process.argv[2]) {
        console.error('usage: node tracker/build.js OUT');
        process.exit(2);
    }
    build(process.argv[2]).catch((fault) => {
        console.error(fault.message);
        process.exit(1);
    });
}
