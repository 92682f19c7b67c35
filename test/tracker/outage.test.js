/**
 * A day with the collector down (outage.js checks at each step that our part of the storage has its
 * bounds and the site's is the site's), and then it is there again. PIPES_OUTAGE_HOURS=24 for all
 * of it.
 */
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {Day, LEFT_MAX} = require('./outage.js');

/** Bursts are cut, and what the dead leave is too much for the device. */
const REASONS = ['adopted_full', 'too_many'];
const HOURS = +process.env.PIPES_OUTAGE_HOURS || 3;
const LASTING = ['cookie', 'local'];
const FLEETING = ['memory', 'none'];

async function dayOf(t, options) {
    const day = new Day(options);
    await day.live(HOURS);
    const seconds = await day.comeBack();
    const {device, loads, made, delivered, lost} = day;
    t.diagnostic(JSON.stringify({hours: HOURS, ...options, loads, made, delivered: delivered.size,
        dropped: lost, unknown: made - delivered.size - lost, seconds, most_chars: device.most,
        most_keys: device.most_keys, least_free: device.least_free, refusals: device.refusals}));
    return day;
}

/** What arrived did so once, and what a load lost is told. */
function assertHonest(day) {
    assert.deepEqual([...day.delivered].filter(([, times]) => times !== 1), []);
    assert.deepEqual([...day.owed].filter(([load, count]) => day.dropped.get(load) < count), []);
    assert.ok(day.made >= day.delivered.size + day.lost);
    assert.equal(day.isWaiting(), false);
}

for (const storage of LASTING) {
    test(`storage ${storage}: all that was made arrives once or is told as lost`, async (t) => {
        const day = await dayOf(t, {storage});
        assertHonest(day);
        assert.equal(day.delivered.size + day.lost, day.made);
        assert.deepEqual([...day.owed].filter(([load, count]) => day.first.get(load) < count), [],
            'the first batch of a load tells what it lost');
        assert.ok(day.device.most > LEFT_MAX / 2, 'the day was long enough');
        assert.ok(REASONS.every((one) => day.reasons.has(one)), [...day.reasons].join());
    });
}

test('a site that needs all the room has it', async (t) => {
    const day = await dayOf(t, {storage: 'cookie', quota: 2.5e5, burst: 8, sleeps: false});
    assertHonest(day);
    assert.ok(day.device.refusals > 0, 'the site came to its limit');
});

test('writes that fail and pages that die send nothing twice', async (t) => {
    assertHonest(await dayOf(t, {storage: 'local', failing: 0.01, has_crashes: true}));
});

for (const storage of FLEETING) {
    test(`storage ${storage}: nothing is stored, what an open page has arrives once`, async (t) => {
        const day = await dayOf(t, {storage});
        assertHonest(day);
        assert.deepEqual([day.device.ours, day.device.most, day.device.map.size],
            [0, 0, day.device.site.size]);
        assert.ok(day.delivered.size > 0);
    });
}
