/**
 * The live page: rows as the collector pushes them (server-sent events from /live), newest first.
 * Rows are shown as they came: the text is laid out again, numbers and strings are never parsed
 * into something else.
 */
(function () {
'use strict';

const ROWS_MAX = 500;
const MINUTE_MS = 60000;

const byId = (id) => document.getElementById(id);
const rows = byId('rows');
const hidden = new Set();
const counts = new Map();
let times = [];
let total = 0;
let isPaused = false;
let waiting = [];

/** An element with a class and a text; nothing is ever put in as markup. */
function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) {
        element.className = className;
    }
    if (text !== undefined) {
        element.textContent = text;
    }
    return element;
}

/** Pieces of JSON text: strings, numbers and words, punctuation. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}[\],:]/g;

/** Lays a row's text out in lines, every token byte for byte. */
function layOut(text, target) {
    let depth = 0;
    const line = () => target.append('\n' + '  '.repeat(depth));
    const tokens = text.match(TOKENS) || [];
    tokens.forEach((token, at) => {
        const next = tokens[at + 1];
        if (token === '{' || token === '[') {
            target.append(token);
            depth += 1;
            if (next !== '}' && next !== ']') {
                line();
            }
        } else if (token === '}' || token === ']') {
            depth -= 1;
            if (tokens[at - 1] !== '{' && tokens[at - 1] !== '[') {
                line();
            }
            target.append(token);
        } else if (token === ',') {
            target.append(token);
            line();
        } else if (token === ':') {
            target.append(': ');
        } else {
            const kind = token[0] !== '"' ? 'number' : next === ':' ? 'key' : 'string';
            target.append(make('span', kind, token));
        }
    });
}

/** A stable colour for each type. */
function hueOf(type) {
    let hue = 0;
    for (const letter of type) {
        hue = (hue * 31 + letter.codePointAt(0)) % 360;
    }
    return hue;
}

function isShown(item) {
    const wanted = byId('filter').value.trim().toLowerCase();
    return !hidden.has(item.dataset.type) && (!wanted || item.text.toLowerCase().includes(wanted));
}

function refilter() {
    for (const item of rows.children) {
        item.hidden = !isShown(item);
    }
}

/** A button per type that shows and hides its rows. */
function countType(type) {
    let entry = counts.get(type);
    if (!entry) {
        const button = make('button');
        button.type = 'button';
        button.setAttribute('aria-pressed', 'true');
        button.addEventListener('click', () => {
            const isOn = hidden.delete(type) || !hidden.add(type);
            button.setAttribute('aria-pressed', String(isOn));
            refilter();
        });
        byId('types').append(button);
        entry = {button, count: 0};
        counts.set(type, entry);
    }
    entry.count += 1;
    entry.button.textContent = `${type} ${entry.count}`;
}

/** What a row is called: its name, or its page's title. */
function nameOf(event) {
    return event.name || (event.type === 'page' ? event.title : '') || '';
}

function makeRow(text) {
    const event = JSON.parse(text);
    const type = String(event.type || '?');
    const item = make('li');
    item.dataset.type = type;
    item.text = text;
    const details = make('details', 'fresh');
    const summary = make('summary');
    const time = make('time', '', String(event.received_at || '').slice(11, 23));
    time.dateTime = event.received_at || '';
    const badge = make('span', 'type', type);
    badge.style.setProperty('--hue', hueOf(type));
    const session = event.session_id ? `session ${String(event.session_id).slice(0, 6)}` : '';
    const properties = event.properties ? JSON.stringify(event.properties).slice(0, 160) : '';
    const where = [event.path, session, properties].filter(Boolean).join('  \u00b7  ');
    summary.append(time, badge, make('span', 'name', nameOf(event)), make('span', 'where', where));
    details.append(summary);
    details.addEventListener('toggle', () => {
        if (details.open && !details.querySelector('pre')) {
            const pre = make('pre');
            layOut(text, pre);
            details.append(pre);
        }
    });
    item.append(details);
    return item;
}

function tick() {
    const since = Date.now() - MINUTE_MS;
    times = times.filter((time) => time > since);
    byId('minute').textContent = times.length;
}

function show(text) {
    let item;
    try {
        item = makeRow(text);
    } catch (error) {
        return; // no JSON: nothing that the collector sends
    }
    byId('empty').hidden = true;
    countType(item.dataset.type);
    item.hidden = !isShown(item);
    rows.prepend(item);
    while (rows.children.length > ROWS_MAX) {
        rows.lastElementChild.remove();
    }
}

function onRow(text) {
    total += 1;
    times.push(Date.now());
    byId('total').textContent = total;
    tick();
    if (!isPaused) {
        show(text);
        return;
    }
    waiting.push(text);
    waiting = waiting.slice(-ROWS_MAX);
    byId('pause').textContent = `Go on (${waiting.length})`;
}

function setState(state, text) {
    byId('state').dataset.state = state;
    byId('state').textContent = text;
}

/** The address under which this browser reaches the site: the host it used to get here. */
function siteUrl(publicUrl) {
    const url = new URL(publicUrl);
    if (url.hostname === 'localhost') {
        url.hostname = location.hostname;
    }
    return url.href;
}

function connect() {
    const source = new EventSource('/live');
    source.onopen = () => setState('open', 'live');
    source.onerror = () => setState('lost', 'no connection to the collector; trying again');
    source.onmessage = (message) => onRow(message.data);
    source.addEventListener('hello', (message) => {
        const hello = JSON.parse(message.data);
        byId('site').textContent = hello.site;
        byId('open').href = siteUrl(hello.public_url);
        byId('open').textContent = siteUrl(hello.public_url);
    });
    source.addEventListener('skipped', (message) => {
        byId('missed').hidden = false;
        byId('missed').textContent =
            `${JSON.parse(message.data).count} events came too fast to be shown here; ` +
            'they are in the lake.';
    });
}

byId('filter').addEventListener('input', refilter);
byId('pause').addEventListener('click', () => {
    isPaused = !isPaused;
    byId('pause').setAttribute('aria-pressed', String(isPaused));
    byId('pause').textContent = isPaused ? 'Go on' : 'Pause';
    waiting.forEach(show);
    waiting = [];
});
byId('clear').addEventListener('click', () => {
    rows.replaceChildren();
    byId('missed').hidden = true;
});
setInterval(tick, 1000);
connect();
}());
