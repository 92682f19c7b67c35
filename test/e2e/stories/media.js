/** Stories of what is played: how far, to the end, paused, and past a jump. */
'use strict';
const assert = require('node:assert');
const {openSite} = require('../module_site');

const RATE = 8000;
const LONG_SEC = 20;

/** A sound of a quiet tone: 8 bits, one channel. */
function wav(seconds) {
    const data = Buffer.from({length: RATE * seconds}, (_, i) => i)
        .map((_, i) => 128 + 8 * Math.sin(i / 3));
    const head = Buffer.alloc(44);
    head.write('RIFF', 0);
    head.writeUInt32LE(36 + data.length, 4);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(1, 20);
    head.writeUInt16LE(1, 22);
    head.writeUInt32LE(RATE, 24);
    head.writeUInt32LE(RATE, 28);
    head.writeUInt16LE(1, 32);
    head.writeUInt16LE(8, 34);
    head.write('data', 36);
    head.writeUInt32LE(data.length, 40);
    return Buffer.concat([head, data]);
}

/** Answers a part of the file, without which a player cannot jump. */
function sendSound(file) {
    return (request, response) => {
        const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.range) || [];
        const begin = +first || 0;
        const end = last ? Math.min(+last, file.length - 1) : file.length - 1;
        response.writeHead(first ? 206 : 200, {'content-type': 'audio/wav',
            'accept-ranges': 'bytes', 'content-length': end + 1 - begin,
            ...(first && {'content-range': `bytes ${begin}-${end}/${file.length}`})});
        response.end(file.subarray(begin, end + 1));
    };
}

const PAGES = {
    '/': `<title>Sounds</title><audio muted id="whole" src="/short.wav?token=secret"></audio>
        <video muted id="jumped" src="/long.wav"></video>
        <div data-pipes-ignore><audio muted id="ignored" src="/short.wav"></audio></div>`,
    '/short.wav': sendSound(wav(2)), '/long.wav': sendSound(wav(LONG_SEC)),
};

async function playToEnd(page, id) {
    await page.evaluate((id) => { document.getElementById(id).play(); }, id);
    await page.waitFor((id) => document.getElementById(id).ended, id);
}

/** Jumps as soon as it plays, plays on for a while and pauses; where that was, in seconds. */
async function playJumpPause(page, id) {
    await page.evaluate((id) => { document.getElementById(id).play(); }, id);
    await page.waitFor((id) => document.getElementById(id).currentTime > 0, id);
    await page.evaluate((id) => {
        const node = document.getElementById(id);
        node.ontimeupdate = () => node.currentTime > 15.4 && node.pause();
        node.onpause = () => { window.pausedAt = node.currentTime; };
        node.currentTime = 14.8;
    }, id);
    await page.waitFor(() => window.pausedAt > 0);
    return page.evaluate(() => window.pausedAt);
}

/** An engine may have played for a moment before it says that it plays. */
function isBegin({position_ms: position, duration_ms: duration, percent}) {
    return position < 300 && Math.abs(percent - position / duration * 100) <= 1;
}

module.exports = [{
    name: 'what is played tells how far: to the end, paused, and past a jump',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, left} = await openSite(t, browser, 'media', PAGES);
        await page.goto(site.url);
        await playToEnd(page, 'ignored');
        await playToEnd(page, 'whole');
        const paused = await playJumpPause(page, 'jumped');
        const events = await left(/media/, 9);
        const said = (kind) => events.filter((row) => row.properties.kind === kind)
            .map(({name, properties}) => isBegin(properties) ? name :
                `${name} ${properties.percent}`);
        assert.deepStrictEqual(said('audio'), ['media_play', 'media_progress 25',
            'media_progress 50', 'media_progress 75', 'media_progress 90', 'media_end 100']);
        assert.deepStrictEqual(said('video'), ['media_play', 'media_progress 75',
            `media_pause ${Math.round(paused / LONG_SEC * 100)}`]);
        const {position_ms: end, ...others} = events[5].properties;
        assert.deepStrictEqual([end, others], [2000, {kind: 'audio', duration_ms: 2000,
            percent: 100, src: `${site.url}/short.wav`}]);
        assert.deepStrictEqual(page.errors, []);
    },
}];
