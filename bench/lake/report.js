/**
 * A report: lines as they come, and a table of figures with what each one has to reach.
 */
'use strict';

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];

class Report {
    constructor() {
        this.lines = [];
        this.failures = 0;
    }

    say(line) {
        this.lines.push(line);
        console.log(line);
    }

    head() {
        this.say(`\n${'what'.padEnd(52)}${'median'.padStart(10)}${'least'.padStart(10)}` +
            `${'most'.padStart(10)}  ${'unit'.padEnd(16)}reach`);
    }

    /**
     * A figure of several rounds. `reach`: {least} or {most} that its median must be; none for what
     * is only told.
     */
    figure(what, numbers, unit, reach = {}) {
        const digits = median(numbers) < 10 ? 3 : median(numbers) < 1000 ? 1 : 0;
        const cells = [median(numbers), Math.min(...numbers), Math.max(...numbers)]
            .map((number) => number.toFixed(digits).padStart(10)).join('');
        const isMet = (reach.least === undefined || median(numbers) >= reach.least) &&
            (reach.most === undefined || median(numbers) <= reach.most);
        const bound = reach.least !== undefined ? `>= ${reach.least}`
            : reach.most !== undefined ? `<= ${reach.most}` : '';
        this.failures += !isMet;
        this.say(`${what.padEnd(52)}${cells}  ${unit.padEnd(16)}${bound}` +
            `${bound ? isMet ? '  yes' : '  NO' : ''}`);
    }

    /** What has to be true besides. */
    fact(what, isTrue) {
        this.failures += !isTrue;
        this.say(`${what.padEnd(52)}${(isTrue ? 'yes' : 'NO').padStart(10)}`);
    }

    isGood() {
        return this.failures === 0;
    }

    text() {
        return this.lines.join('\n') + '\n\n';
    }
}

module.exports = {Report, median};
