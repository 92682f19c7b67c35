'use strict';
/**
 * steady.js PORT: clients that send events to a collector of this machine until SIGTERM comes. Then
 * prints how many were taken; ends with 1 when a request failed.
 *
 * CONNECTIONS and RATE (a second) in the environment are others than 50 and 250.
 */
const {SteadyLoad} = require('../e2e/steady_load');

const given = (name, otherwise) => Number(process.env[name] || otherwise);
const load = new SteadyLoad(Number(process.argv[2]), {
    connections: given('CONNECTIONS', 50),
    rate: given('RATE', 250),
});

const PATIENCE_MS = 10000;

process.on('SIGTERM', async () => {
    setTimeout(() => process.exit(1), PATIENCE_MS).unref();
    await load.stop();
    console.log(load.accepted.length);
    if (load.failures.length > 0) {
        console.error(`${load.failures.length} requests failed: ${load.failures[0]}`);
    }
    process.exitCode = load.failures.length > 0 ? 1 : 0;
});
load.start();
