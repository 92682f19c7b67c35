'use strict';
/**
 * system_calls.js UNIT TRACE...: fails when a trace of strace holds a system call that the unit's
 * filter refuses. The sets are those of this machine's systemd.
 */
const fs = require('node:fs');
const {execFileSync} = require('node:child_process');

const [unit, ...traces] = process.argv.slice(2);

/** The calls of a set, "@name", with those of the sets in it; a name alone is one. */
function callsOf(name) {
    if (!name.startsWith('@')) {
        return [name];
    }
    const words = ['syscall-filter', '--no-pager', name];
    return execFileSync('systemd-analyze', words, {encoding: 'utf8'}).split('\n').slice(1)
        .map((line) => line.trim()).filter((line) => line && !line.startsWith('#'))
        .flatMap(callsOf);
}

const allowed = new Set();
for (const [, line] of fs.readFileSync(unit, 'utf8').matchAll(/^SystemCallFilter=(.*)$/gm)) {
    const isRefused = line.startsWith('~');
    for (const call of line.replace('~', '').trim().split(/ +/).flatMap(callsOf)) {
        if (isRefused) {
            allowed.delete(call);
        } else {
            allowed.add(call);
        }
    }
}

const made = new Set();
for (const trace of traces) {
    for (const [, call] of fs.readFileSync(trace, 'latin1').matchAll(/^\d+ +([a-z_0-9]+)\(/gm)) {
        made.add(call);
    }
}
const refused = [...made].filter((call) => !allowed.has(call));
console.log(`${made.size} system calls are made, ${allowed.size} are allowed`);
if (made.size < 50 || refused.length > 0) {
    console.error(`refused: ${refused.join(' ')}`);
    process.exit(1);
}
