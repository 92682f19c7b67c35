/**
 * Copies of a lake to work on, and one that was compacted, made once for all who ask. Never of
 * hard links: forgetting somebody may blank bytes in place.
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const {PIPES} = require('./tools');

class LakeCopy {
    constructor(data) {
        this.data = path.resolve(data);
        this.folder = `${this.data}-measured-${process.pid}`;
        this.count = 0;
    }

    /** A new one, not compacted. */
    fresh() {
        fs.mkdirSync(this.folder, {recursive: true});
        const made = path.join(this.folder, `copy-${this.count++}`);
        execFileSync('cp', ['-a', '--reflink=auto', this.data, made]);
        return made;
    }

    /** The one that was compacted by default options. */
    compacted() {
        if (!this.done) {
            this.done = this.fresh();
            execFileSync(PIPES, ['compact', '--data', this.done], {stdio: 'pipe'});
        }
        return this.done;
    }

    /** Takes one that somebody compacted. */
    keep(made) {
        this.done = this.done || made;
    }

    remove() {
        fs.rmSync(this.folder, {recursive: true, force: true});
    }
}

module.exports = {LakeCopy};
