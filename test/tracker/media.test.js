'use strict';
const test = require('node:test');
const assert = require('node:assert');
const {openPage, element} = require('./page.js');

function open() {
    const page = openPage({modules: ['elements', 'media']});
    /** Plays from second to second, or jumps there. */
    page.tell = (node, type, seconds = node.currentTime) => {
        node.currentTime = seconds;
        page.doc.fire(type, {target: node});
    };
    page.run = (node, from, to) => {
        for (let s = from; s <= to; s++) { page.tell(node, 'timeupdate', s); }
    };
    page.jump = (node, to) => {
        node.seeking = true;
        page.tell(node, 'seeking', to);
        page.tell(node, 'timeupdate', to);
        node.seeking = false;
        page.tell(node, 'timeupdate', to);
        page.tell(node, 'seeked', to);
    };
    page.sent = async () => {
        page.pipes.flush();
        await page.settle();
        return page.requests.flatMap((one) => one.body.events);
    };
    page.said = async () => (await page.sent()).map(({name, properties: p}) =>
        name.slice(6) + (p.percent === undefined ? '' : ` ${p.percent}`));
    return page;
}

const video = (more = {}) => Object.assign(element('video'), {currentTime: 0, duration: 40,
    currentSrc: 'https://cdn.example/a.mp4?token=SECRET#t=3', seeking: false, ended: false,
    autoplay: false, loop: false, ...more});

test('a film that is seen to its end', async () => {
    const page = open();
    const node = video();
    page.tell(node, 'play');
    page.run(node, 0, 40);
    node.ended = true;
    page.tell(node, 'pause');
    page.tell(node, 'ended');
    assert.deepEqual(await page.said(), ['play 0', 'progress 25', 'progress 50', 'progress 75',
        'progress 90', 'end 100']);
    const [first] = await page.sent();
    assert.deepEqual([first.type, first.properties], ['track', {kind: 'video', position_ms: 0,
        duration_ms: 40000, percent: 0, src: 'https://cdn.example/a.mp4'}]);
});

test('a pause says where', async () => {
    const page = open();
    const node = video({duration: 60});
    page.tell(node, 'play');
    page.run(node, 0, 7);
    page.tell(node, 'pause', 7.4567);
    const [, pause] = await page.sent();
    assert.deepEqual([pause.name, pause.properties.position_ms, pause.properties.percent],
        ['media_pause', 7457, 12]);
});

test('playing on from where it stood is progress, by the mark that was passed', async () => {
    const page = open();
    const node = video();
    page.tell(node, 'play', 9);
    page.tell(node, 'timeupdate', 11);
    assert.deepEqual(await page.said(), ['play 23', 'progress 25']);
});

test('a jump is none, however little is told of it, nor is a mark passed by beginning on it',
    async () => {
        const page = open();
        const node = video();
        page.tell(node, 'play');
        page.run(node, 0, 4);
        page.tell(node, 'seeking', 20);
        page.run(node, 20, 24);
        page.jump(node, 10);
        page.run(node, 10, 14);
        assert.deepEqual(await page.said(), ['play 0']);
    });

test('seeking is no progress, playing on from there is', async () => {
    const page = open();
    const node = video();
    page.tell(node, 'play');
    page.run(node, 0, 4);
    page.jump(node, 32);
    page.run(node, 32, 38);
    page.jump(node, 9);
    page.run(node, 9, 11);
    page.jump(node, 9);
    page.run(node, 9, 11);
    assert.deepEqual(await page.said(), ['play 0', 'progress 90', 'progress 25']);
});

test('a film that is seen again counts again', async () => {
    const page = open();
    const node = video();
    for (let i = 0; i < 2; i++) {
        page.tell(node, 'play', 0);
        page.run(node, 0, 12);
        page.tell(node, 'ended');
    }
    assert.deepEqual((await page.said()).filter((one) => one === 'progress 25').length, 2);
});

test('another film in the same element counts for itself', async () => {
    const page = open();
    const node = video();
    page.tell(node, 'play');
    page.run(node, 0, 12);
    node.currentSrc = 'https://cdn.example/b.mp4';
    page.tell(node, 'play', 0);
    page.run(node, 0, 12);
    assert.deepEqual(await page.said(), ['play 0', 'progress 25', 'play 0', 'progress 25']);
});

test('a loop that plays by itself counts once, also when the browser pauses it', async () => {
    const page = open();
    const node = video({autoplay: true, loop: true});
    for (let i = 0; i < 3; i++) {
        page.tell(node, 'play', 0);
        page.run(node, 0, 40);
        page.jump(node, 0);
        page.run(node, 0, 12);
        page.tell(node, 'pause', 12);
    }
    assert.deepEqual(await page.said(), ['play 0', 'progress 25', 'progress 50', 'progress 75',
        'progress 90', 'pause 30']);
});

test('whoever plays and pauses by hand is told each time', async () => {
    for (const how of [{}, {autoplay: true}, {loop: true}]) {
        const page = open();
        const node = video(how);
        for (const type of ['play', 'pause', 'play', 'pause']) { page.tell(node, type); }
        assert.deepEqual(await page.said(), ['play 0', 'pause 0', 'play 0', 'pause 0']);
    }
});

test('a live stream and one without metadata have no percent', async () => {
    const page = open();
    const node = video({duration: Infinity, currentSrc: 'blob:https://www.shop.example/1'});
    page.tell(node, 'play', 3);
    page.run(node, 3, 90);
    page.tell(video({duration: NaN}), 'play');
    const [live, unknown, ...others] = await page.sent();
    assert.deepEqual(live.properties, {kind: 'video', position_ms: 3000});
    assert.deepEqual(unknown.properties, {kind: 'video', position_ms: 0,
        src: 'https://cdn.example/a.mp4'});
    assert.equal(others.length, 0);
});

test('what is to be ignored is not heard, nor what only looks like media', async () => {
    const page = open();
    const box = element('div', {'data-pipes-ignore': ''});
    const node = video();
    node.parentNode = box;
    page.tell(node, 'play');
    page.tell(element('x-video'), 'play', 0);
    page.doc.fire('play', {});
    page.tell(video(), 'play');
    assert.equal((await page.sent()).length, 1);
});

test('after disable() nothing is heard', async () => {
    const page = open();
    page.pipes.disable();
    assert.ok(!page.doc.listeners.some(([type]) => /play|pause|timeupdate/.test(type)));
});
